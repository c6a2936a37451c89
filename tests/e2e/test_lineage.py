"""From a feature to its sources and to the models that use it, and back."""

from __future__ import annotations

import json

from tests.e2e.site import Site, assert_refused


def test_there_and_back(site: Site) -> None:
    assert site.dbt("compile", "--full-refresh").returncode == 0
    outcome = site.insitu("lineage", "feat_flight__origin_traffic.origin__delay_avg_3h")
    assert outcome.returncode == 0, outcome.stdout
    assert "value: nycflights.flights.dep_delay" in outcome.stdout
    assert "nycflights.weather" not in outcome.stdout
    champion = site.value("select model_version from evaluation.flight_delay__champion")
    assert f"used by: {champion} (champion) of flight_delay: origin__delay_avg_3h" in outcome.stdout

    outcome = site.insitu("lineage", "--reverse", "planes.seats", "--output", "json")
    assert outcome.returncode == 0, outcome.stdout
    found = json.loads(outcome.stdout)
    assert {x["column"] for x in found["features"] if x["value"]} == {"aircraft_seats"}
    assert found["models"][0]["champion"] is True
    assert set(found["models"][0]["features"]) == {"aircraft_seats"}
    assert len(found["models"]) == site.value("select count(*) from training.flight_delay__models")
    assert_refused(site.insitu("lineage", "--reverse", "planes.wings"), "`nycflights.planes` has no column `wings`", 2)
