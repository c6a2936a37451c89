"""The static point-in-time proof: can a feature see the future?

The floors, from the ground. A module imports its own floor and those below it, and never in a circle; a test sees to
that (tests/unit/proof/test_floors.py).

| floor | what it holds |
|---|---|
| `domain` | the values that the analysis reasons with: symbols and their order in time, terms, variants, relations |
| `sql` | reading SQL: parsing, normal form, which clauses are allowed, what is known of each function |
| `rules` | the analyser, and one rule per construct |
| `project` | a compiled dbt project in, verdicts out |
| `rerun` | models run again on cut data: time travel, and made-up rows that show a leak |
| `lineage` | what a feature depends on, and what depends on a column |
| `fuzz` | random queries: is one called proved that leaks? |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.project.verdicts import ModelResult


def check_sql(
    sql: str,
    relations: Mapping[str, Mapping[str, Any]],
    *,
    name: str = "model",
    declaration: Mapping[str, Any] | None = None,
    models: Mapping[str, str] | None = None,
    dialect: str = "duckdb",
) -> ModelResult:
    """Check one query.

    Args:
        sql: the compiled SQL of a model.
        relations: name → {"columns": {name: type}, "point_in_time": declaration}.
        declaration: the model's own; features with as_of by default.
        models: other models by name, without declaration.
        dialect: duckdb or postgres.
    """
    nodes = [
        Node(n, "source", columns=dict(r.get("columns", {})), meta=r.get("point_in_time"), sql=r.get("sql"))
        for n, r in relations.items()
    ]
    nodes += [Node(n, "model", text) for n, text in (models or {}).items()]
    node = Node(name, "model", sql, meta=dict(declaration or {"kind": "features"}))
    return Project([*nodes, node], dialect).check_model(node)


__all__ = ["ModelResult", "Node", "Project", "check_sql"]
