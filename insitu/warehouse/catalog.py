"""What the warehouse holds by now."""

from __future__ import annotations

from insitu.warehouse.connection import Warehouse


def existing_relations(warehouse: Warehouse) -> set[tuple[str, str]]:
    """Schema and name of every table and view."""
    found = warehouse.query("select table_schema, table_name from information_schema.tables").to_pylist()
    return {(row["table_schema"], row["table_name"]) for row in found}
