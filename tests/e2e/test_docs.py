"""What analysts read is documented and under contract, and sources know their age."""

from __future__ import annotations

import json

import pytest

from tests.e2e.site import Site

READ_BY_ANALYSTS = ("flight_delay__predictions_latest", "ml_models", "ml_metrics", "ml_predictions", "ml_batches")


@pytest.fixture(scope="module")
def documented(built: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = built.copy(tmp_path_factory.mktemp("documented"))
    outcome = site.dbt("docs", "generate")
    assert outcome.returncode == 0, outcome.stdout
    return site


def test_site_and_catalog_are_written(documented: Site) -> None:
    assert (documented.folder / "target/index.html").stat().st_size > 100_000
    catalog = json.loads((documented.folder / "target/catalog.json").read_text())
    names = {node["metadata"]["name"] for node in catalog["nodes"].values()}
    assert {"flight_delay__models", "flight_delay__predictions_latest", "alerts"} <= names


@pytest.mark.parametrize("name", READ_BY_ANALYSTS)
def test_tables_for_analysts_are_under_contract(documented: Site, name: str) -> None:
    manifest = json.loads((documented.folder / "target/manifest.json").read_text())
    (node,) = (node for node in manifest["nodes"].values() if node["name"] == name)
    assert node["description"]
    assert node["config"]["contract"]["enforced"]
    assert [column for column, entry in node["columns"].items() if not entry["description"]] == []


def test_comments_reach_the_database(built: Site) -> None:
    where = "schema_name = 'predictions' and table_name = 'flight_delay__predictions_latest'"
    assert "One row per flight" in str(built.value(f"select comment from duckdb_tables() where {where}"))
    columns = built.query(f"select column_name, comment from duckdb_columns() where {where}")
    assert columns["comment"].notna().all()


def test_sources_are_fresh_relative_to_as_of(site: Site) -> None:
    site.execute("delete from raw.weather where time_hour >= '2013-10-30' and time_hour < '2013-11-02'")
    outcome = site.dbt("source", "freshness", as_of="2013-11-01 00:00:00")
    assert "PASS freshness of nycflights.flights" in outcome.stdout, outcome.stdout
    assert "WARN freshness of nycflights.weather" in outcome.stdout, outcome.stdout
    assert outcome.returncode == 0
