"""The features of a few rows that are asked for, as one query: the models' own SQL over those rows.

Whatever else the models read (staging tables, views, seeds) is read where the warehouse has it, so the features are
as fresh as that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from insitu.config import UseCase
from insitu.errors import ConfigurationError
from insitu.scoring.compiled import ASKED, Model, relations_read
from insitu.scoring.instead import Place, read_instead
from insitu.scoring.row_by_row import may_be_given_rows


class NotByKey(ConfigurationError):
    """The features of a use case cannot be computed for some rows alone."""


@dataclass(frozen=True)
class ByKey:
    """How the features of rows are computed.

    Attributes:
        spines: ids of the spines whose rows are asked for; every other one is made from them.
        parts: names and queries of common table expressions, each over those of the spines (`spine_name`) and those
            before it.
        last: the name of the one that has the features.
        reads: ids of what they read in the warehouse.
    """

    spines: tuple[str, ...]
    parts: dict[str, str]
    last: str
    reads: tuple[str, ...]

    def over(self, spines: Mapping[str, str]) -> str:
        """The whole query.

        Args:
            spines: queries of rows of the spines, by the names of their common table expressions, and of what these
                are made of.
        """
        # A comment may end a model's file.
        ctes = ",\n\n".join(f"{name} as (\n{sql}\n)" for name, sql in {**spines, **self.parts}.items())
        return f"with {ctes}\n\nselect * from {self.last}"


def spine_name(number: int) -> str:
    """What stands for a spine's rows that are asked for, by its number in `ByKey.spines`."""
    return f"insitu_spine_{number}"


def by_key(
    use_case: str,
    config: UseCase,
    models: Mapping[str, Model],
    later: Mapping[str, Model],
    places: Mapping[str, Sequence[Place]],
    dialect: str,
) -> ByKey:
    """How the features of a use case are computed for a few rows.

    Args:
        models: above and with `<use_case>__features`, by id, upstream ones first; see `compiled`.
        later: the same, compiled for a later moment.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.

    Raises:
        NotByKey: a model cannot be computed for some rows, or for another moment.
    """
    features = next(model for model in models.values() if model.name == f"{use_case}__features")
    asked = _asked(features, models)
    spines = _first_spines(use_case, asked, models)
    names = {id_: spine_name(number) for number, id_ in enumerate(spines)}
    parts: dict[str, str] = {}
    made = [model for model in asked if model.id not in spines]
    for number, model in enumerate(made):
        _check(model, later[model.id], config, models, use_case, dialect)
        instead = {
            place: names[read.id]
            for read in relations_read(model, models)
            if read.id in names
            for place in places[read.name]
        }
        names[model.id] = f"insitu_part_{number}"
        parts[names[model.id]] = read_instead(model.sql, instead, dialect)
    reads = {id_ for model in made for id_ in _all_read(model, models)}
    return ByKey(spines, parts, names[features.id], tuple(sorted(reads - names.keys())))


def _asked(features: Model, models: Mapping[str, Model]) -> list[Model]:
    """The features and all above them that have a row for each row of a spine, upstream ones first."""
    found: dict[str, Model] = {}

    def visit(model: Model) -> None:
        for read in relations_read(model, models):
            if read.kind in ASKED and read.id not in found:
                visit(read)
        found[model.id] = model

    visit(features)
    return list(found.values())


def _first_spines(use_case: str, asked: Sequence[Model], models: Mapping[str, Model]) -> tuple[str, ...]:
    """Those that are made of no other."""
    first = [model for model in asked if not any(read.kind in ASKED for read in relations_read(model, models))]
    if others := [f"`{model.name}`" for model in first if model.kind != "spine"]:
        raise NotByKey(
            f"The features of `{use_case}` cannot be asked for by key: {', '.join(others)} reads no spine. Have it "
            "join the rows that are asked for."
        )
    return tuple(model.id for model in first)


def _check(
    model: Model, later: Model, config: UseCase, models: Mapping[str, Model], use_case: str, dialect: str
) -> None:
    """Refuse what is not a query of each row by itself."""
    said = f"The features of `{use_case}` cannot be asked for by key: "
    if model.is_python:
        raise NotByKey(f"{said}`{model.name}` is a Python model.")
    if model.sql != later.sql:
        raise NotByKey(
            f"{said}the SQL of `{model.name}` depends on the moment of the run (`insitu.as_of()`, a variable or what "
            "was built by then). Have it look at the as_of of each row."
        )
    if not may_be_given_rows(model, models, config.key, dialect):
        raise NotByKey(
            f"{said}`{model.name}` may look at other rows of its spine than the one that is asked for. Rows of a "
            f"spine have to be joined, grouped and ranked by all of ({', '.join(config.key)})."
        )


def _all_read(model: Model, models: Mapping[str, Model]) -> list[str]:
    """Ids of what stands in a model's SQL: models, and sources, seeds and snapshots, which are none of `models`."""
    found: list[str] = []
    for id_ in model.reads:
        read = models.get(id_)
        found += _all_read(read, models) if read is not None and read.materialized == "ephemeral" else [id_]
    return found
