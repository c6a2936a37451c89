"""`insitu status` in every state of the warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.site import ROOT, Site, assert_refused


def test_json_is_what_the_warehouse_holds(built: Site) -> None:
    outcome = built.insitu("status", "--json")
    assert outcome.returncode == 0, outcome.stdout
    found = json.loads(outcome.stdout)
    case, other = found["use_cases"]
    assert (case["use_case"], case["is_built"]) == ("flight_delay", True)
    assert case["champion"] == built.value("select model_version from evaluation.flight_delay__champion")
    auc = built.value(
        f"""select value from evaluation.flight_delay__metrics where model_version = '{case["champion"]}'
        and split = 'test' and slice_column = 'all' and metric = 'auc'"""
    )
    assert case["test_metrics"]["auc"] == pytest.approx(auc)
    assert case["predictions"] == built.value("select count(*) from predictions.flight_delay__predictions")
    assert case["as_of"] == case["latest_batch"] == "2013-11-02 00:00:00"
    alerts = built.value("select count(*) from monitoring.alerts where use_case = 'flight_delay'")
    assert len(case["open_alerts"]) == alerts
    assert found["layers"]["actions"] > 0
    assert (other["use_case"], other["is_built"], other["champion"]) == ("arrival_delay", False, None)


def test_text_names_the_champion_and_the_next_query(built: Site) -> None:
    outcome = built.insitu("status")
    assert outcome.returncode == 0, outcome.stdout
    assert "flight_delay   as of 2013-11-02 00:00:00" in outcome.stdout
    champion = built.value("select model_version from evaluation.flight_delay__champion")
    assert f"champion      {champion}" in outcome.stdout
    assert "arrival_delay\n  not built yet: run `dbt build " in outcome.stdout
    query = outcome.stdout.split("next query")[1].strip().splitlines()[0]
    assert len(built.query(query.rstrip(";"))) == 10


def test_only_raw_tables(site: Site) -> None:
    schemas = ("staging", "features", "training", "evaluation", "predictions", "actions", "monitoring")
    site.execute(*(f"drop schema {schema} cascade" for schema in schemas))
    outcome = site.insitu("status")
    assert outcome.returncode == 0, outcome.stdout
    assert outcome.stdout.count("not built yet") == 2


def test_no_champion_and_no_predictions(site: Site) -> None:
    site.execute(
        "delete from evaluation.flight_delay__promotions",
        "delete from predictions.flight_delay__predictions",
        "delete from monitoring.alert_feature_drift",
    )
    outcome = site.insitu("status")
    assert outcome.returncode == 0, outcome.stdout
    assert 'none of 2 versions; "evaluation"."flight_delay__promotions" says why' in outcome.stdout
    assert "predictions   0\n" in outcome.stdout
    assert "next query" not in outcome.stdout


def test_no_warehouse(built: Site, tmp_path: Path) -> None:
    site = built.copy(tmp_path)
    site.warehouse.unlink()
    assert_refused(site.insitu("status"), f"There is no warehouse at `{site.warehouse.name}`. Build it first", 2)
    assert not site.warehouse.exists()


def test_dbt_never_ran(tmp_path: Path) -> None:
    site = Site(ROOT, tmp_path)
    site.execute("create table t (a integer)")
    assert_refused(site.insitu("status"), "dbt has not run in this project yet.", 2)
