"""Builds the stub project once per warehouse, over synthetic upstream tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.evaluation.synthetic import tables
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse

PROJECT = Path(__file__).parent / "project"
DBT_PROJECT = Path(__file__).parents[3] / "dbt_project"
# The models that span all use cases; a use case's own are in folders of its name.
LAYERS = ("evaluation", "predictions", "monitoring")


def project(folder: Path) -> Path:
    """The stub project in `folder`, with this repository's macros, generic tests and models over all use cases."""
    shutil.copytree(PROJECT, folder)
    shutil.copytree(DBT_PROJECT / "macros", folder / "macros")
    shutil.copytree(DBT_PROJECT / "tests" / "generic", folder / "tests" / "generic")
    for layer in LAYERS:
        (folder / "models" / layer).mkdir()
        for path in (DBT_PROJECT / "models" / layer).iterdir():
            if path.is_file() and path.name != "_exposures.yml":  # those name use cases
                shutil.copy(path, folder / "models" / layer)
    return folder


@dataclass(frozen=True)
class Stub:
    """The stub project on one warehouse."""

    kind: str
    folder: Path
    environment: dict[str, str]
    upstream: dict[str, pd.DataFrame]
    query: Callable[[str], pd.DataFrame]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder), "--target", self.kind]
        command = [sys.executable, "-m", "dbt.cli.main", *arguments, *where]
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)


def load(warehouse: Warehouse, upstream: dict[str, pd.DataFrame]) -> None:
    warehouse.execute("create schema raw")
    for name, rows in upstream.items():
        warehouse.load(f"raw.{name}", rows)


def duckdb_stub(parent: Path) -> Stub:
    """The stub project over a DuckDB file, loaded and not yet built."""
    path = str(parent / "stub.duckdb")
    upstream = tables()
    with duckdb.connect(path) as connection:
        load(DuckWarehouse(connection), upstream)

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(path, read_only=True) as connection:
            return DuckWarehouse(connection).query(sql)

    return Stub("duckdb", project(parent / "project"), {"STUB_DUCKDB": path}, upstream, query)


@pytest.fixture(scope="session")
def duckdb_build(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    return built(duckdb_stub(tmp_path_factory.mktemp("duckdb")))


@pytest.fixture(scope="session")
def postgres_build(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    folder = project(tmp_path_factory.mktemp("postgres") / "project")
    with postgres_server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        upstream = tables()
        load(warehouse, upstream)
        yield built(Stub("postgres", folder, database.environment, upstream, warehouse.query))


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def stub(request: pytest.FixtureRequest) -> Stub:
    """The built stub project, on each warehouse in turn."""
    return request.getfixturevalue(f"{request.param}_build")


def built(stub: Stub) -> Stub:
    outcome = stub.dbt("build")
    assert outcome.returncode == 0, outcome.stdout
    return stub
