"""`insitu check` as a function: read, prove, apply waivers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.proof.project import beside, freshness, manifest, report, waivers
from insitu.proof.project.manifest import ColumnReader
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.project.templates import Templates
from insitu.proof.project.verdicts import ModelResult, Ties

Witnesses = Callable[[Project, list[ModelResult]], None]


@dataclass(slots=True)
class Outcome:
    """What `insitu check` found."""

    project: Project
    results: list[ModelResult]
    problems: list[str]  # waivers that do not count

    @property
    def ok(self) -> bool:
        return report.ok(self.results, self.problems)

    def __str__(self) -> str:
        return report.text(self.project, self.results, self.problems)


def check(
    target: Path, *, columns: ColumnReader | None = None, select: list[str] | None = None, today: date | None = None,
    witnesses: Witnesses | None = None, building: bool = False, ties: Ties | None = None,
) -> Outcome:  # fmt: skip
    """Check the project compiled into `target`.

    Args:
        columns: asks the warehouse for column types that neither YAML nor catalog tell.
        select: names of models; all declared ones by default.
        today: for the expiry of waivers.
        witnesses: searches for rows that show each leak (`insitu.proof.rerun.witness.attach`); none by default.
        ties: how grave it is that rows tie; by default an error in what is stored, else a warning.
        building: dbt is at work: what it has compiled so far is on disk, and the manifest does not tell yet.

    Raises:
        ConfigurationError: nothing compiled, or not all, or not what the files say now, a wrong declaration, an
            unknown model.
    """
    contents = manifest.load(target)
    templates = Templates(contents)
    nodes, dialect = manifest.read(target, contents, columns, templates)
    if not building:
        freshness.check(target, contents, select)
    with _without_collector():
        outcome = _check(target, nodes, dialect, select, today, witnesses, ties)
    outcome.problems += beside.problems(target, contents, templates)
    return outcome


@contextmanager
def _without_collector() -> Iterator[None]:
    """Syntax trees are many small objects that all stay: looking for garbage among them costs a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check(
    target: Path,
    nodes: list[Node],
    dialect: str,
    select: list[str] | None,
    today: date | None,
    witnesses: Witnesses | None,
    ties: Ties | None,
) -> Outcome:
    project = Project(nodes, dialect)
    unknown = [name for name in select or [] if name not in project.nodes]
    if unknown:
        raise ConfigurationError(f"The project has no model `{unknown[0]}`. Run `dbt compile` if it was just added.")
    results, problems = [], []
    passed = waivers.evidence(target)
    for node in nodes:
        if node.sql is None or project.declaration(node) is None or (select and node.name not in select):
            continue
        result = project.check_model(node)
        result.ties = ties
        problems += waivers.apply(result, node, project.declaration(node), passed, today or datetime.now(UTC).date())
        results.append(result)
    if not results:
        raise ConfigurationError(
            "No model declares config.meta.point_in_time, so there is nothing to prove. Declare the models of features "
            "(`point_in_time: {kind: features, as_of: as_of}`) and what they read; see docs/point_in_time.md."
        )
    if witnesses is not None:
        witnesses(project, results)
    return Outcome(project, results, problems)
