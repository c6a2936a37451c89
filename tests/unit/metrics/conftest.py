"""Runs a rendered macro on DuckDB and on PostgreSQL over the same table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import duckdb
import pandas as pd
import psycopg
import pytest

from tests.unit.metrics.render import render


class Warehouse(Protocol):
    kind: str

    def load(self, name: str, rows: pd.DataFrame) -> None: ...
    def query(self, sql: str) -> pd.DataFrame: ...


# NumPy's dtype.kind → PostgreSQL's type; anything else is text.
POSTGRES_TYPES = {"f": "double precision", "i": "bigint", "b": "boolean", "M": "timestamp"}


class DuckWarehouse:
    kind = "duckdb"

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def load(self, name: str, rows: pd.DataFrame) -> None:
        self.connection.register("incoming", rows)
        self.connection.execute(f"create or replace table {name} as from incoming")

    def query(self, sql: str) -> pd.DataFrame:
        return self.connection.sql(sql).df()


class PostgresWarehouse:
    kind = "postgres"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def load(self, name: str, rows: pd.DataFrame) -> None:
        columns = ", ".join(f'"{c}" {POSTGRES_TYPES.get(rows[c].dtype.kind, "text")}' for c in rows)
        self.connection.execute(f"drop table if exists {name}; create temp table {name} ({columns})")
        with self.connection.cursor().copy(f"copy {name} from stdin") as copy:
            for row in rows.itertuples(index=False):
                # a NaN stays NaN, as in DuckDB; only None, NA and NaT are NULL
                copy.write_row([None if value is None or value is pd.NaT or value is pd.NA else value for value in row])

    def query(self, sql: str) -> pd.DataFrame:
        cursor = self.connection.execute(sql)
        assert cursor.description
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])


class Macros:
    """Calls a macro by name and runs what it renders."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def load(self, name: str, rows: pd.DataFrame) -> None:
        self.warehouse.load(name, rows)

    def render(self, macro: str, **arguments: Any) -> Any:
        return render(self.warehouse.kind, macro, **arguments)

    def run(self, macro: str, **arguments: Any) -> pd.DataFrame:
        return self.warehouse.query(self.render(macro, **arguments))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def macros(request: pytest.FixtureRequest) -> Iterator[Macros]:
    if request.param == "duckdb":
        yield Macros(DuckWarehouse())
        return
    server = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        yield Macros(PostgresWarehouse(connection))
