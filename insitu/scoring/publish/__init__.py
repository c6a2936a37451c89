"""What analysts open: a copy in DuckDB's format, Parquet files with a manifest, or views, replaced at one stroke.

A reader sees what was published last or what was published before, whole, and never anything in between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations

# The schemas that analysts read, as `roles.sql` has them: a target's own schema goes before.
PUBLISHED = re.compile(r"(^|_)(evaluation|predictions|actions|monitoring)$")


@dataclass(frozen=True)
class Relation:
    """A published relation."""

    schema: str
    name: str
    is_view: bool


def published_relations(project: Project, warehouse: Warehouse) -> list[Relation]:
    """The relations of the project that analysts read and that are built.

    Raises:
        ConfigurationError: none is.
    """
    there = existing_relations(warehouse)
    found = {
        (node["schema"], node["alias"]): node["config"].get("materialized") == "view"
        for node in project.models.values()
        if PUBLISHED.search(node["schema"]) and (node["schema"], node["alias"]) in there
    }
    if not found:
        raise ConfigurationError(
            "Nothing is there to publish: no model is built in a schema for evaluation, predictions, actions or "
            "monitoring. Run `dbt build` first."
        )
    return [Relation(schema, name, is_view) for (schema, name), is_view in sorted(found.items())]
