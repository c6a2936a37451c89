"""Column types from the warehouse's information schema."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

_SQL = """
select table_catalog, table_schema, table_name, column_name, data_type
from information_schema.columns
order by table_catalog, table_schema, table_name, ordinal_position
"""


def of_warehouse(
    query: Callable[[str], pa.Table], relations: list[tuple[str, ...]]
) -> dict[tuple[str, ...], dict[str, str | None]]:
    """Columns and types of the relations that exist: (database, schema, table) → {column: type}."""
    wanted = {tuple(part.lower() for part in relation): relation for relation in relations}
    result: dict[tuple[str, ...], dict[str, str | None]] = {}
    for row in query(_SQL).to_pylist():
        key = tuple(str(row[c]).lower() for c in ("table_catalog", "table_schema", "table_name"))
        if key in wanted:
            result.setdefault(wanted[key], {})[row["column_name"]] = row["data_type"]
    return result
