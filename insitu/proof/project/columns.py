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
    """Columns and types of the relations that exist: (database, schema, table) → {column: type}.

    DuckDB may keep a relation under another case than dbt writes; PostgreSQL may have two that differ in case only.
    """
    kept: dict[tuple[str, ...], dict[str, str | None]] = {}
    for row in query(_SQL).to_pylist():
        name = tuple(str(row[c]) for c in ("table_catalog", "table_schema", "table_name"))
        kept.setdefault(name, {})[row["column_name"]] = row["data_type"]
    by_case = {tuple(part.lower() for part in name): columns for name, columns in kept.items()}
    found = {r: kept.get(r) or by_case.get(tuple(part.lower() for part in r)) for r in relations}
    return {relation: columns for relation, columns in found.items() if columns}
