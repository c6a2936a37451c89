"""The project on PostgreSQL: the same raw tables as in a DuckDB file, and a site that builds there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from psycopg import sql

from insitu.local_postgres import Database
from tests.e2e.site import Site
from tests.sql_warehouses import PostgresWarehouse


def load_raw_postgres(warehouse: Path, database: Database, folder: Path) -> None:
    """Copy the schema `raw` of a DuckDB file, by way of CSV files in a folder."""
    with duckdb.connect(str(warehouse), read_only=True) as duck, database.connect() as connection:
        connection.execute("create schema raw")
        tables = duck.sql("select distinct table_name from duckdb_columns() where schema_name = 'raw'").fetchall()
        for (table,) in tables:
            columns = duck.sql(
                "select column_name, data_type from duckdb_columns() "
                f"where schema_name = 'raw' and table_name = '{table}' order by column_index"
            ).fetchall()
            types = {"DOUBLE": "double precision"}
            items = ", ".join(f'"{name}" {types.get(type_, type_)}' for name, type_ in columns)
            connection.execute(sql.SQL("create table raw.{} (" + items + ")").format(sql.Identifier(table)))
            file = folder / f"{table}.csv"
            duck.execute(f"copy raw.{table} to '{file}' (format csv, header false)")
            statement = sql.SQL("copy raw.{} from stdin (format csv)").format(sql.Identifier(table))
            with connection.cursor().copy(statement) as copy:
                copy.write(file.read_bytes())


@dataclass(frozen=True)
class PostgresSite(Site):
    """The repository's dbt project with a PostgreSQL database."""

    database: Database

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "INSITU_TARGET": "postgres", **self.database.environment}

    def query(self, sql: str) -> pd.DataFrame:
        with self.database.connect() as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            assert cursor.description
            return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    def execute(self, *statements: str) -> None:
        with self.database.connect() as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def load(self, name: str, rows: pd.DataFrame) -> None:
        with self.database.connect() as connection:
            PostgresWarehouse(connection).load(name, rows)

    def rows(self) -> dict[str, int]:
        tables = self.query(
            "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where "
            "table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1"
        ).name
        counts = " union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in tables)
        return dict(self.query(counts).itertuples(index=False, name=None)) if len(tables) else {}
