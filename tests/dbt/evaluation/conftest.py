"""Builds the stub project once per warehouse, over synthetic upstream tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.dbt.evaluation.synthetic import tables
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse

PROJECT = Path(__file__).parent / "project"


@dataclass(frozen=True)
class Stub:
    """The stub project on one warehouse."""

    kind: str
    environment: dict[str, str]
    upstream: dict[str, pd.DataFrame]
    query: Callable[[str], pd.DataFrame]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", self.kind]
        command = [sys.executable, "-m", "dbt.cli.main", "--log-path", self.environment["STUB_LOGS"], *arguments, *where]
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)


def load(warehouse: Warehouse, upstream: dict[str, pd.DataFrame]) -> None:
    warehouse.execute("create schema raw")
    for name, rows in upstream.items():
        warehouse.load(f"raw.{name}", rows)


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def stub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    folder = tmp_path_factory.mktemp("stub")
    environment = {"STUB_TARGET_PATH": str(folder / "target"), "STUB_LOGS": str(folder / "logs")}
    upstream = tables()
    if request.param == "duckdb":
        path = str(folder / "stub.duckdb")
        with duckdb.connect(path) as connection:
            load(DuckWarehouse(connection), upstream)

        def query(sql: str) -> pd.DataFrame:
            with duckdb.connect(path, read_only=True) as connection:
                return DuckWarehouse(connection).query(sql)

        yield built(Stub("duckdb", {**environment, "STUB_DUCKDB": path}, upstream, query))
        return
    server = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        load(warehouse, upstream)
        yield built(Stub("postgres", {**environment, **database.environment}, upstream, warehouse.query))


def built(stub: Stub) -> Stub:
    outcome = stub.dbt("build")
    assert outcome.returncode == 0, outcome.stdout
    return stub
