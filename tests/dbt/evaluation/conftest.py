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
from tests.dbt_package import install
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse

PROJECT = Path(__file__).parent / "project"


def project(folder: Path) -> Path:
    """The stub project in `folder`, with the library's package."""
    shutil.copytree(PROJECT, folder)
    install(folder)
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

    return Stub("duckdb", project(parent / "project"), {"STUB_DUCKDB": path}, upstream, reading(path))


def reading(path: str) -> Callable[[str], pd.DataFrame]:
    """What a query of a DuckDB file gives."""

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(path, read_only=True) as connection:
            return DuckWarehouse(connection).query(sql)

    return query


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
