"""The compiled macros on each warehouse in turn."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database
from tests.dbt.experiments import trial as trials
from tests.dbt.experiments.project import Statistics, compiled, duckdb_output, postgres_output
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse


@pytest.fixture(scope="session")
def duckdb_statistics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statistics]:
    folder = tmp_path_factory.mktemp("statistics_duckdb")
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield Statistics(compiled(folder / "project", duckdb_output(folder)), DuckWarehouse(connection))


@pytest.fixture(scope="session")
def postgres_statistics(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statistics]:
    folder = tmp_path_factory.mktemp("statistics_postgres")
    with postgres_server.fresh_database() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        yield Statistics(compiled(folder / "project", postgres_output(database)), PostgresWarehouse(connection))


@pytest.fixture(params=["duckdb", "postgres"])
def statistics(request: pytest.FixtureRequest) -> Statistics:
    found: Statistics = request.getfixturevalue(f"{request.param}_statistics")
    return found


@pytest.fixture(scope="session")
def duckdb_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trials.Trial]:
    found, connection = trials.on_duckdb(tmp_path_factory.mktemp("trial_duckdb"))
    yield found
    connection.close()


@pytest.fixture(scope="session")
def postgres_trial(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[trials.Trial]:
    folder = tmp_path_factory.mktemp("trial_postgres")
    with postgres_server.fresh_database() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        yield trials.on_postgres(folder, database, connection)


@pytest.fixture(params=["duckdb", "postgres"])
def trial(request: pytest.FixtureRequest) -> trials.Trial:
    found: trials.Trial = request.getfixturevalue(f"{request.param}_trial")
    return found
