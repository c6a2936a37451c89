"""DuckDB behind the `Warehouse` interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from insitu.errors import ConfigurationError
from insitu.warehouse.relation import Relation


class DuckDBWarehouse:
    """A DuckDB file; it has one writer at a time, and none while others read."""

    def __init__(self, path: str, read_only: bool) -> None:
        if read_only and not Path(path).exists():
            raise ConfigurationError(f"There is no warehouse at `{path}`. Build it first (`make run`, or `dbt build`).")
        try:
            self.connection = duckdb.connect(path, read_only=read_only)
        except duckdb.IOException as error:
            raise ConfigurationError(
                f"The warehouse `{path}` is not available: {str(error).strip()} "
                "Close the process that holds it (a DuckDB file has one writer), then run again."
            ) from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """See `Warehouse.query`."""
        return self.connection.sql(sql, params=list(parameters)).to_arrow_table()

    def sql(self, query: str) -> Relation:
        """See `Warehouse.sql`; each relation has its own cursor: rows are read while others are written."""
        relation: Relation = self.connection.cursor().sql(query)
        return relation

    def append(self, relation: str, rows: pa.RecordBatchReader) -> int:
        """See `Warehouse.append`."""
        self.connection.execute("begin")
        try:
            self.connection.register("rows_to_append", rows)
            names = ", ".join('"' + name.replace('"', '""') + '"' for name in rows.schema.names)
            inserted = self.connection.execute(
                f"insert into {relation} ({names}) select {names} from rows_to_append"
            ).fetchall()
            self.connection.unregister("rows_to_append")
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise
        return int(inserted[0][0])

    def close(self) -> None:
        """Release the file."""
        self.connection.close()
