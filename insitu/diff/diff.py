"""All that a change does to a use case, in one object, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from insitu.config import UseCase, parse
from insitu.diff import models, rows
from insitu.diff.models import Compared
from insitu.diff.rows import Column, Rows
from insitu.diff.states import State, branch, over, production
from insitu.errors import ConfigurationError, InsituError
from insitu.proof.project import checking
from insitu.proof.project.columns import of_warehouse
from insitu.proof.project.declarations import DeclarationError
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Warehouse

PROVED = "proved"


@dataclass(frozen=True)
class Diff:
    """What is different in a use case."""

    use_case: str
    features: Sequence[Column] = ()
    feature_rows: Rows | None = None  # None where the branch takes them from production
    training: Sequence[Column] = ()
    training_rows: Rows | None = None
    verdicts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # before and after, of what is not proved now
    compared: Compared | None = None

    @property
    def problems(self) -> list[str]:
        """Why this should not be merged as it is."""
        found = [f"`{name}` is {after}" for name, (before, after) in self.verdicts.items() if before != after]
        if self.compared is not None and self.compared.verdict.startswith("worse"):
            found.append(f"`{self.compared.candidate}` is {self.compared.verdict} than `{self.compared.champion}`")
        return found

    @property
    def is_none(self) -> bool:
        """Is nothing different?"""
        moved = [rows for rows in (self.feature_rows, self.training_rows) if rows and rows.n_entered + rows.n_left]
        return not (self.features or self.training or moved or self.verdicts or self.compared)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        verdict = {"compared": {**asdict(self.compared), "verdict": self.compared.verdict}} if self.compared else {}
        return {**asdict(self), **verdict, "problems": self.problems}


def diff(project: Project, state: Path, use_case: str | None = None) -> list[Diff]:
    """Of one use case, or of all that both have.

    Raises:
        ConfigurationError: production's manifest is not there, or there is no such use case.
    """
    with connect(project) as warehouse:
        old, new = production(state, warehouse), branch(project, warehouse)
        names = [name for name in new.use_cases if name in old.use_cases]
        if use_case is not None and use_case not in names:
            raise ConfigurationError(
                f"Production and the branch have no use case `{use_case}` in common (they have: "
                f"{', '.join(names) or 'none'})."
            )
        return [_diff(project, state, warehouse, old, new, name) for name in names if use_case in (None, name)]


def _diff(project: Project, state: Path, warehouse: Warehouse, old: State, new: State, use_case: str) -> Diff:
    config = parse(dict(new.use_cases[use_case]), use_case)

    def both(name: str) -> tuple[str, str] | None:
        """The relation of production and that of the branch, if it has one of its own."""
        one, other = (side.relations.get(f"{use_case}__{name}") for side in (old, new))
        return (one, other) if one and other and one != other else None

    features, training = both("features"), both("training_set")
    told = {config.label, "matured_at", "split"}  # the features are compared by themselves
    return Diff(
        use_case,
        rows.columns(warehouse, *features, config.key) if features else (),
        rows.rows(warehouse, *features, config.key) if features else None,
        [
            column
            for column in (rows.columns(warehouse, *training, config.key) if training else ())
            if column.name in told
        ],
        rows.rows(warehouse, *training, config.key) if training else None,
        _verdicts(project, state, warehouse, use_case),
        _compared(warehouse, old, new, use_case, config),
    )


def _compared(warehouse: Warehouse, old: State, new: State, use_case: str, config: UseCase) -> Compared | None:
    heldout = [side.relations.get(f"{use_case}__heldout_predictions") for side in (old, new)]
    ours, theirs = models.champion(warehouse, old, use_case), models.candidate(warehouse, new, use_case, config)
    if ours is None or theirs is None or None in heldout or heldout[0] == heldout[1]:
        return None
    return models.compare(warehouse, config, (ours, str(heldout[0])), (theirs, str(heldout[1])))


def _verdicts(project: Project, state: Path, warehouse: Warehouse, use_case: str) -> dict[str, tuple[str, str]]:
    """What the proof says of each model of features, before and after; those that are proved now are left out."""
    before = _proved(state, warehouse)
    with TemporaryDirectory() as folder:
        together = Path(folder) / "manifest.json"
        together.write_text(json.dumps(over(json.loads((state / "manifest.json").read_text()), project.manifest)))
        after = _proved(together.parent, warehouse)
    return {name: (before.get(name, "not there"), told) for name, told in after.items() if told != PROVED}


def _proved(folder: Path, warehouse: Warehouse) -> dict[str, str]:
    try:
        outcome = checking.check(folder, columns=lambda names: of_warehouse(warehouse.query, names), building=True)
    except DeclarationError:
        raise
    except InsituError:
        return {}  # of production there may be no more than a manifest
    found = {}
    for result in outcome.results:
        bad = [column.column for column in result.columns if column.status not in (PROVED, "waived")]
        found[result.name] = f"not proved: {', '.join(bad[:5])}" if bad else PROVED
    return found


# In Markdown


def markdown(found: Sequence[Diff]) -> str:
    """A comment on a pull request."""
    return "\n".join(line for each in found for line in _lines(each))


def _lines(found: Diff) -> list[str]:
    lines = [f"## `{found.use_case}`", ""]
    if found.is_none:
        return [*lines, "Nothing is different.", ""]
    lines += [f"- **{problem}**" for problem in found.problems] + ([""] if found.problems else [])
    if found.feature_rows is not None:
        lines += [f"### Features: {_rows(found.feature_rows)}", "", *_columns(found.features)]
    if found.training_rows is not None:
        lines += [f"### Training set: {_rows(found.training_rows)}", "", *_columns(found.training)]
    if found.verdicts:
        lines += ["### Point in time", "", "| model | before | after |", "|---|---|---|"]
        lines += [f"| `{name}` | {before} | {after} |" for name, (before, after) in found.verdicts.items()] + [""]
    if found.compared is not None:
        lines += _models(found.compared)
    return lines


def _rows(told: Rows) -> str:
    return f"{told.n_both:,} rows in both, {told.n_entered:,} entered, {told.n_left:,} left"


def _columns(columns: Sequence[Column]) -> list[str]:
    if not columns:
        return ["Every column that both have is the same.", ""]
    lines = ["| column | change | rows | largest difference | before | after |", "|---|---|---|---|---|---|"]
    for column in columns:
        n_rows = f"{column.n_different:,}" if column.change == "values" else ""
        largest = "" if column.largest_difference is None else f"{column.largest_difference:.5g}"
        told = (f"`{column.name}`", column.change, n_rows, largest, column.before, column.after)
        lines.append(f"| {' | '.join(told)} |")
    return [*lines, ""]


def _models(compared: Compared) -> list[str]:
    lines = [
        f"### Models: {compared.verdict}",
        "",
        f"| | `{compared.champion}` | `{compared.candidate}` |",
        "|---|---|---|",
    ]
    values = f"{compared.champion_value:.4f} | {compared.candidate_value:.4f}"
    lines.append(f"| {compared.metric}, {compared.n_rows:,} rows | {values} |")
    if compared.mean_difference is not None and compared.difference_error is not None:
        told = f"{compared.mean_difference:+.4f} ({compared.difference_error:.4f})"
        lines.append(f"| mean of the daily differences (standard error) | | {told} |")
    if compared.n_flips is not None:
        lines.append(f"| predictions with another action | | {compared.n_flips:,} |")
    if compared.flips_profit is not None:
        lines.append(f"| what these bring more, by the labels | | {compared.flips_profit:+,.0f} |")
    return [*lines, ""]
