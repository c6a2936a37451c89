"""The two warehouses behind one tiny interface, so that a test of SQL runs on both unchanged."""

from __future__ import annotations

import os
from typing import Any, Protocol

import duckdb
import pandas as pd
import psycopg

# What takes minutes on each: `make live-test` runs it on both.
OF_LONG_TESTS = ("duckdb", "postgres") if os.environ.get("INSITU_LIVE_TEST") else ("duckdb",)

# NumPy's dtype.kind → PostgreSQL's type; anything else is text.
POSTGRES_TYPES = {"f": "double precision", "i": "bigint", "b": "boolean", "M": "timestamp"}


class Warehouse(Protocol):
    kind: str

    def load(self, name: str, rows: pd.DataFrame) -> None: ...
    def execute(self, sql: str) -> None: ...
    def query(self, sql: str) -> pd.DataFrame: ...


class DuckWarehouse:
    kind = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def load(self, name: str, rows: pd.DataFrame) -> None:
        self.connection.register("incoming", rows)
        self.connection.execute(f"create or replace table {name} as from incoming")
        self.connection.unregister("incoming")

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def query(self, sql: str) -> pd.DataFrame:
        return self.connection.sql(sql).df()


class PostgresWarehouse:
    kind = "postgres"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def load(self, name: str, rows: pd.DataFrame) -> None:
        columns = ", ".join(f'"{c}" {POSTGRES_TYPES.get(rows[c].dtype.kind, "text")}' for c in rows)
        self.connection.execute(f"drop table if exists {name}; create table {name} ({columns})")
        # a float NaN stays NaN, as in DuckDB; everywhere else a missing value is NULL
        nullable = [rows[c].dtype != float for c in rows]
        with self.connection.cursor().copy(f"copy {name} from stdin") as copy:
            for row in rows.itertuples(index=False):
                copy.write_row([None if null and pd.isna(v) else v for v, null in zip(row, nullable, strict=True)])

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def query(self, sql: str) -> pd.DataFrame:
        cursor = self.connection.execute(sql)
        assert cursor.description
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])
