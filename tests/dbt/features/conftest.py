"""Both warehouses with empty `raw.spine` and `raw.events`, and every spec rendered for them once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database
from tests.dbt.features.lookups import LOOKUPS
from tests.dbt.features.project import FeaturesProject
from tests.dbt.features.specs import SPECS, model_sql

Row = dict[str, Any]
SPINE = {"id": "bigint", "k": "integer", "s": "varchar(20)", "as_of": "timestamp"}
EVENTS = {
    "key": "integer",
    "s": "varchar(20)",
    "known_at": "timestamp",
    "seq": "integer",
    "flag": "boolean",
    "x": "double precision",
    "c": "integer",
    "d": "decimal(9, 2)",
    "b": "bigint",
}
PERIODS = {"key": "integer", "grade": "varchar(20)", "valid_from": "timestamp", "valid_to": "timestamp"}
# Declared to have no two rows of a key and time.
READINGS = {"key": "integer", "known_at": "timestamp", "c": "integer", "s": "varchar(20)"}
TABLES = {"spine": SPINE, "events": EVENTS, "periods": PERIODS, "readings": READINGS}


def ddl() -> str:
    """The schema `raw` with its empty tables."""
    tables = [
        f"create table raw.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())})"
        for name, columns in TABLES.items()
    ]
    return "; ".join(["create schema raw", *tables])


def crowd(rows: int) -> str:
    """Events of one key, evenly over two days."""
    return (
        f"select 0 as key, timestamp '2024-03-09' + to_seconds(i * {172800 / rows}) as known_at "
        f"from range({rows}) as t(i)"
    )


class Rendered(Protocol):
    """Compiled SQL by spec name, and a warehouse to run it in."""

    kind: str
    sql: dict[str, str]

    def run(self, model: str, tables: dict[str, list[Row]]) -> list[Row]: ...


class OnDuckDB:
    kind = "duckdb"

    def __init__(self, sql: dict[str, str]) -> None:
        self.sql = {name: text.replace('"warehouse".', "") for name, text in sql.items()}
        self.connection = duckdb.connect()
        self.connection.execute(f"set threads = 1; {ddl()}")

    def run(self, model: str, tables: dict[str, list[Row]]) -> list[Row]:
        for name, columns in TABLES.items():
            self.connection.execute(f"delete from raw.{name}")
            if rows := tables.get(name):
                self.connection.executemany(
                    f"insert into raw.{name} values ({', '.join('?' for _ in columns)})",
                    [[r[c] for c in columns] for r in rows],
                )
        result = self.connection.execute(self.sql[model])
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


class OnPostgres:
    kind = "postgres"

    def __init__(self, sql: dict[str, str], database: Database) -> None:
        self.sql = sql
        self.connection: psycopg.Connection[Any] = psycopg.connect(database.dsn, autocommit=True)

    def run(self, model: str, tables: dict[str, list[Row]]) -> list[Row]:
        self.connection.execute(f"truncate {', '.join(f'raw.{name}' for name in TABLES)}")
        for name, columns in TABLES.items():
            with self.connection.cursor().copy(f"copy raw.{name} from stdin") as copy:
                for row in tables.get(name, []):
                    copy.write_row([row[c] for c in columns])
        cursor = self.connection.execute(self.sql[model])
        assert cursor.description
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


MODELS = {name: model_sql(spec) for name, spec in SPECS.items()} | LOOKUPS


def rendered_over(directory: Path, rows: int) -> Rendered:
    """The SQL is chosen here, by how crowded the key is, and then run on other data."""
    path = directory / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ddl())
        connection.execute(f"insert into raw.events by name ({crowd(rows)})")
    profile = {"type": "duckdb", "path": str(path), "schema": "main"}
    return OnDuckDB(FeaturesProject(directory / "project", profile, MODELS).compiled())


@pytest.fixture(scope="session")
def duckdb_rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """As crowded as needs tiers down to half a minute."""
    return rendered_over(tmp_path_factory.mktemp("features_duckdb"), 20_000)


@pytest.fixture(scope="session")
def duckdb_sparse_rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Two tiers are enough."""
    return rendered_over(tmp_path_factory.mktemp("features_duckdb_sparse"), 300)


@pytest.fixture(scope="session")
def postgres_profile(postgres_server: Database) -> Iterator[tuple[Database, dict[str, Any]]]:
    with postgres_server.fresh_database() as database:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute(ddl())
            connection.execute("create index on raw.events (key, known_at)")
        yield (
            database,
            {
                "type": "postgres",
                "host": database.host,
                "port": database.port,
                "user": database.user,
                "password": database.password,
                "dbname": database.dbname,
                "schema": "public",
            },
        )


@pytest.fixture(scope="session")
def postgres_rendered(
    tmp_path_factory: pytest.TempPathFactory, postgres_profile: tuple[Database, dict[str, Any]]
) -> Rendered:
    database, profile = postgres_profile
    directory: Path = tmp_path_factory.mktemp("features_postgres")
    return OnPostgres(FeaturesProject(directory / "project", profile, MODELS).compiled(), database)


@pytest.fixture(params=["duckdb", "duckdb_sparse", "postgres"])
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """Each warehouse in turn, DuckDB with many and with few events to a key."""
    fixture: Rendered = request.getfixturevalue(f"{request.param}_rendered")
    return fixture
