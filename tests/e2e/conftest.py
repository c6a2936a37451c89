"""The repository's project over a reduced warehouse: two carriers out of LaGuardia, five months.

With INSITU_E2E_BUILT set to a folder, the first build is kept there and reused, for whoever works on these tests. The
project that built it is kept beside it, at the same place: what dbt parsed names its files by their whole path.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from insitu.local_postgres import Database
from insitu.sources import Column, Declaration, read_files
from tests.e2e.postgres import PostgresSite, load_raw_postgres
from tests.e2e.site import NEXT_DAY, ROOT, Site, copy_project, edit

SOURCES = ROOT / "dbt_project/models/staging/nycflights/_sources.yml"
KEPT_FLIGHTS = "origin = 'LGA' and carrier in ('DL', 'EV') and time_hour >= '2013-07-01' and time_hour < '2013-12-03'"


def load_raw(warehouse: Path) -> None:
    """Fill the schema `raw` as `load_sources` would, with fewer flights."""
    tables = yaml.safe_load(SOURCES.read_text())["sources"][0]["tables"]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw")
        for table in tables:
            columns = [Column(column["name"], column["data_type"]) for column in table["columns"]]
            path = read_files(Declaration.of(table["config"]["meta"]["file"]), columns)
            kept = KEPT_FLIGHTS if table["name"] == "flights" else "true"
            connection.execute(f"create table raw.{table['name']} as select * from read_parquet('{path}') where {kept}")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the first build and of the project that builds it."""
    folder = os.environ.get("INSITU_E2E_BUILT")
    return Path(folder) if folder else tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="session")
def quick(kept: Path) -> Path:
    """The repository's project with fewer boosting rounds, on whose number nothing here depends."""
    shutil.rmtree(kept / "project", ignore_errors=True)
    project = copy_project(ROOT, kept / "project")
    edit(
        project,
        "models_py/flight_delay/_flight_delay.yml",
        "learning_rate: 0.05, n_estimators: 350",
        "learning_rate: 0.2, n_estimators: 20",
    )
    edit(project, "models_py/arrival_delay/_arrival_delay.yml", "max_iter: 70", "max_iter: 20")
    return project


@pytest.fixture(scope="session")
def raw(quick: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Raw tables only; nothing built. Copy it before changing it."""
    site = Site(quick, tmp_path_factory.mktemp("raw"))
    load_raw(site.warehouse)
    return site


@pytest.fixture(scope="session")
def built(raw: Site, quick: Path, kept: Path) -> Site:
    """Built from nothing as of 2013-11-02. Copy it before changing it."""
    site = Site(quick, kept / "built")
    if not site.warehouse.exists():
        raw.copy(site.folder)
        site.build()
    return site


@pytest.fixture(scope="session")
def next_day(built: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Built again a day later. Copy it before changing it."""
    site = built.copy(tmp_path_factory.mktemp("next_day"))
    site.build(as_of=NEXT_DAY)
    return site


@pytest.fixture(scope="session")
def on_postgres(
    raw: Site, postgres_server: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresSite]:
    """The same raw tables on PostgreSQL; nothing built."""
    with postgres_server.fresh_database() as database:
        load_raw_postgres(raw.warehouse, database, tmp_path_factory.mktemp("csv"))
        yield PostgresSite(raw.project, tmp_path_factory.mktemp("postgres"), database)


@pytest.fixture(scope="session")
def postgres_first(on_postgres: PostgresSite) -> dict[str, int]:
    """Built from nothing there: the number of rows of every table."""
    on_postgres.build()
    return on_postgres.rows()


@pytest.fixture(scope="session")
def postgres_next_day(on_postgres: PostgresSite, postgres_first: dict[str, int]) -> PostgresSite:
    """Built there again a day later."""
    on_postgres.build(as_of=NEXT_DAY)
    return on_postgres


@pytest.fixture(scope="session")
def both_use_cases(next_day: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The second day with the other use case on top."""
    site = next_day.copy(tmp_path_factory.mktemp("both_use_cases"))
    site.add_other_use_case()
    return site


@pytest.fixture(scope="session")
def postgres_both_use_cases(postgres_next_day: PostgresSite) -> PostgresSite:
    """The same there; it adds to `postgres_next_day`."""
    postgres_next_day.add_other_use_case()
    return postgres_next_day


@pytest.fixture
def site(built: Site, tmp_path: Path) -> Site:
    """A copy of the built warehouse that the test may change."""
    return built.copy(tmp_path)


@pytest.fixture
def project(built: Site, tmp_path: Path) -> Site:
    """A copy of the built warehouse and of the project, both of which the test may change."""
    return built.copy(tmp_path, with_project=True)
