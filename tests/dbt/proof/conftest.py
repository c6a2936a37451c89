"""An empty database on each warehouse, and a way to run statements in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database

Warehouse = tuple[dict[str, Any], Callable[..., None]]


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """(profile, run): the dbt profile of an empty database, and what runs statements in it."""
    if request.param == "duckdb":
        path = tmp_path / "w.duckdb"

        def run(*statements: str) -> None:
            with duckdb.connect(str(path)) as connection:
                for statement in statements:
                    connection.execute(statement)

        return {"type": "duckdb", "path": str(path), "schema": "main"}, run
    database: Database = request.getfixturevalue("postgres_database")

    def run_there(*statements: str) -> None:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    profile = {
        "type": "postgres", "host": database.host, "port": database.port, "user": database.user,
        "password": database.password, "dbname": database.dbname, "schema": "public",
    }  # fmt: skip
    return profile, run_there
