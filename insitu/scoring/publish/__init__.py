"""What analysts open: a copy in DuckDB's format, Parquet files with a manifest, or views, replaced at one stroke.

A reader sees what was published last or what was published before, whole, and never anything in between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.project import PACKAGE

# The layers that analysts read. Schemas are called so, as `roles.sql` has them (a target's own schema goes before), or
# as the variable `insitu_schemas` says.
LAYERS = ("evaluation", "predictions", "actions", "monitoring")
PUBLISHED = re.compile(rf"(^|_)({'|'.join(LAYERS)})$")
# What of a use case is in them: by this it is told where no schema tells it.
PARTS = (
    *("metrics", "heldout_predictions", "promotions", "champion", "backtest"),
    *("predictions", "predictions_latest", "batches", "scored_features", "parity"),
    *("policies", "decisions", "outcomes"),
)


@dataclass(frozen=True)
class Relation:
    """A published relation."""

    schema: str
    name: str


def published_relations(project: Project, warehouse: Warehouse) -> list[Relation]:
    """The relations of the project that analysts read and that are built.

    Raises:
        ConfigurationError: none is.
    """
    there = existing_relations(warehouse)
    built = {name: node for name, node in project.models.items() if (node["schema"], node["alias"]) in there}
    named = project.variable("insitu_schemas", {}) or {}
    schemas = {named[layer] for layer in LAYERS if named.get(layer)} - {named.get("training")}
    own = {f"{use_case}__{part}" for use_case in project.use_cases for part in PARTS}
    found = [
        node for node in built.values() if PUBLISHED.search(node["schema"]) or node["config"].get("schema") in schemas
    ] or [node for name, node in built.items() if node.get("package_name") == PACKAGE or name in own]
    if not found:
        raise ConfigurationError(
            "Nothing is there to publish: no model of evaluation, predictions, actions or monitoring is built. "
            "Run `dbt build` first."
        )
    return [Relation(*place) for place in sorted({(node["schema"], node["alias"]) for node in found})]
