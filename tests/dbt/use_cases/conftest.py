"""Builds the shop once per warehouse."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.use_cases.shop import tables, write_project
from tests.e2e import process
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse


@dataclass(frozen=True)
class Shop:
    """The project on one warehouse."""

    kind: str
    folder: Path
    environment: dict[str, str]
    query: Callable[[str], pd.DataFrame]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`dbt …` or `insitu …` from the folder of the project."""
        where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", self.kind]
        arguments = [*command[1:], *where] if command[0] == "dbt" else [*where, *command[1:]]
        settings = {"OMP_NUM_THREADS": "1", "DBT_USE_COLORS": "false", "DBT_LOG_LEVEL_FILE": "none"}
        return process.run([command[0], *arguments], self.folder, {**os.environ, **settings, **self.environment})

    def dbt(self, *arguments: str) -> str:
        """dbt, which must succeed; what it printed."""
        outcome = self.run("dbt", *arguments)
        assert outcome.returncode == 0, outcome.stdout
        return outcome.stdout


def shop_at(folder: Path) -> Shop:
    """The project in a folder over the DuckDB file beside it."""
    path = str(folder / "shop.duckdb")

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(path, read_only=True) as connection:
            return DuckWarehouse(connection).query(sql)

    return Shop("duckdb", folder, {"SHOP_DUCKDB": path}, query)


@pytest.fixture(scope="session")
def duckdb_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Built; copy it before changing it."""
    shop = shop_at(write_project(tmp_path_factory.mktemp("shop")))
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("create schema raw")
        for name, rows in tables().items():
            DuckWarehouse(connection).load(f"raw.{name}", rows)
    return built(shop)


@pytest.fixture(scope="session")
def postgres_shop(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = write_project(tmp_path_factory.mktemp("shop_postgres"))
    with postgres_server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")
        for name, rows in tables().items():
            warehouse.load(f"raw.{name}", rows)
        yield built(Shop("postgres", folder, database.environment, warehouse.query))


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """The built shop, on each warehouse in turn."""
    found: Shop = request.getfixturevalue(f"{request.param}_shop")
    return found


def built(shop: Shop) -> Shop:
    shop.dbt("build", "--vars", "{insitu_backtest: true}")
    return shop


@pytest.fixture(scope="session")
def published_shop(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop as a service sees it: on DuckDB the published copy, which `SHOP_DUCKDB` then names."""
    folder = tmp_path_factory.mktemp("published")
    where = ["--to", str(folder)] if shop.kind == "duckdb" else []
    outcome = shop.run("insitu", "score", "publish", "--serve", *where)
    assert outcome.returncode == 0, outcome.stdout
    if shop.kind == "postgres":
        return shop
    copy = str(folder / Path(shop.environment["SHOP_DUCKDB"]).name)

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(copy, read_only=True) as connection:
            return connection.sql(sql).df()

    return Shop("duckdb", shop.folder, {"SHOP_DUCKDB": copy}, query)
