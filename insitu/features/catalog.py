"""The feature catalog: every generated column, with its source columns, window and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlglot
from sqlglot import expressions as exp

from insitu.errors import ConfigurationError
from insitu.features.records import compiled_sql, records
from insitu.quoting import parts
from insitu.warehouse import Project


@dataclass(frozen=True)
class Feature:
    """One feature column of one model; `macro` is None for a documented column of a hand-written feature model."""

    model: str
    name: str
    description: str
    macro: str | None = None
    aggregate: str | None = None
    window: str | None = None
    events: str | None = None
    keys: tuple[str, ...] = ()
    available_at: str | None = None
    source_columns: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return asdict(self)


def catalog(project: Project, models: Iterable[str] = ()) -> list[Feature]:
    """Features of the given models, or of all models that call a feature macro or are tagged `features`.

    Models that were never compiled are listed by their documented columns.
    """
    wanted = set(models)
    for name in wanted:
        project.node(name)
    return [f for name, node in project.models.items() if not wanted or name in wanted for f in _of_node(project, node)]


def _of_node(project: Project, node: Mapping[str, Any]) -> Iterator[Feature]:
    try:
        found = records(compiled_sql(project, node)) if node["resource_type"] == "model" else []
    except ConfigurationError:
        found = []
    generated: set[str] = set()
    for record in found:
        for column in record["columns"]:
            generated.add(column["name"])
            yield _feature(node["name"], record, column)
    if found or "features" in node.get("tags", []):
        for name, column in node.get("columns", {}).items():
            if name not in generated and column.get("description"):
                yield Feature(node["name"], name, column["description"])


def _feature(model: str, record: Mapping[str, Any], column: Mapping[str, Any]) -> Feature:
    return Feature(
        model=model,
        name=column["name"],
        description=column["description"],
        macro=record["macro"],
        aggregate=column["agg"],
        window=column["window"],
        events=parts(record["events"])[-1],
        keys=tuple(record["keys"].values()),
        available_at=record["available_at"],
        source_columns=source_columns(column["expr"], column["where"], *column["order_by"]),
    )


def source_columns(*fragments: str | None) -> tuple[str, ...]:
    """The columns that SQL expressions read, in order of appearance; what can't be parsed counts as it is."""
    names: dict[str, None] = {}
    for fragment in fragments:
        if not fragment:
            continue
        try:
            tree = sqlglot.parse_one(fragment, dialect="duckdb")
            names |= dict.fromkeys(column.name for column in tree.find_all(exp.Column, bfs=False))
        except sqlglot.errors.ParseError:
            names[fragment] = None
    return tuple(names)
