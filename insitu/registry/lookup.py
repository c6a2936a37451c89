"""Registered versions and the snapshots they were trained on, from the warehouse."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from insitu.errors import ConfigurationError, InsituError
from insitu.warehouse import Project, Warehouse


def find(project: Project, warehouse: Warehouse, version: str) -> tuple[str, dict[str, Any]]:
    """Use case and registry row of a model version. Raises ConfigurationError listing what there is."""
    known: list[str] = []
    for use_case in project.use_cases:
        relation = project.relation(f"{use_case}__models")
        rows = warehouse.query(f"select * from {relation} where model_version = ?", [version]).to_pylist()
        if rows:
            return use_case, rows[0]
        known += warehouse.query(f"select model_version from {relation} order by created_at desc limit 5")[
            0
        ].to_pylist()
    raise ConfigurationError(f"There is no model version `{version}`. The latest are: {', '.join(known) or 'none'}")


def snapshot_rows(project: Project, warehouse: Warehouse, use_case: str, snapshot_id: str) -> pa.Table:
    """The rows of a snapshot. Raises InsituError when the warehouse no longer has them."""
    relation = project.relation(f"{use_case}__snapshots")
    rows = warehouse.query(f"select * from {relation} where snapshot_id = ?", [snapshot_id])
    if rows.num_rows == 0:
        raise InsituError(f"`{use_case}__snapshots` no longer has snapshot {snapshot_id}; restore it from a backup")
    # Columns that were added after this snapshot are NULL in all its rows; its models did not have them.
    return rows.drop_columns([name for name in rows.column_names if rows[name].null_count == rows.num_rows])
