"""The bodies on each warehouse in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from insitu.local_postgres import Database
from tests.dbt.bodies.project import Bodies, on_duckdb, on_postgres


@pytest.fixture(scope="session")
def duckdb_bodies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bodies]:
    found = on_duckdb(tmp_path_factory.mktemp("bodies_duckdb"))
    yield found
    found.connection.close()


@pytest.fixture(scope="session")
def postgres_bodies(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bodies]:
    with postgres_server.fresh_database() as database:
        found = on_postgres(tmp_path_factory.mktemp("bodies_postgres"), database)
        yield found
        found.connection.close()


@pytest.fixture(params=["duckdb", "postgres"])
def bodies(request: pytest.FixtureRequest) -> Bodies:
    found: Bodies = request.getfixturevalue(f"{request.param}_bodies")
    return found
