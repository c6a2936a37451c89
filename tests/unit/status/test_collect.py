"""The state of a use case is that of its tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from insitu.status import collect
from insitu.status.collect import UseCase
from insitu.warehouse import Project, connect
from tests.unit.report import example
from tests.unit.report.conftest import Site, make

METRICS = "insert into evaluation.parcel_late__metrics values ('forest_1', "
STATEMENTS = [
    "create table training.parcel_late__training_set (snapshot_id text)",
    "insert into training.parcel_late__training_set values ('snap')",
    "create table training.parcel_late__scoring_set (batch_as_of timestamp)",
    "insert into training.parcel_late__scoring_set values ('2024-03-05 06:00:00')",
    # of another snapshot, and one that is not known
    f"{METRICS} 'zz', 'test', 'all', 'all', 'auc', 0.1, 0, 1, 9)",
    f"{METRICS} 'snap', 'test', 'all', 'all', 'f1', null, 0, 1, 9)",
    "update training.parcel_late__models set status = 'failed' where model_version = 'ridge_1'",
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = make(tmp_path, [*example.create(), *example.fill()])
    with duckdb.connect(str(made.warehouse)) as connection:
        for statement in STATEMENTS:
            connection.execute(statement)
    path = tmp_path / "target" / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in ("parcel_late__training_set", "parcel_late__scoring_set"):
        node = {"name": name, "alias": name, "schema": "training", "resource_type": "model", "config": {"meta": {}}}
        manifest["nodes"][f"model.shop.{name}"] = node
    path.write_text(json.dumps(manifest))
    return replace(made, project=Project(tmp_path, tmp_path))


def test_the_state_of_a_use_case(site: Site) -> None:
    with connect(site.project) as warehouse:
        found = collect.use_case(site.project, warehouse, "parcel_late")
    alerts = found.alert_counts
    assert alerts == {"alert_feature_drift": 20, "alert_calibration": 1}
    assert found.open_alerts[0]["severity"] == "error"
    assert found == UseCase(
        use_case="parcel_late",
        is_built=True,
        missing=[],
        as_of="2024-03-05 06:00:00",
        champion="forest_1",
        champion_since="2024-03-01 00:00:00",
        champion_reason="first champion",
        test_metrics={
            "auc": 0.8123,
            "base_rate": 0.2,
            "expected_calibration_error": 0.0213,
            "log_loss": 0.4321,
            "profit": -12.34,
            "profit_treat_all": -19.87,
            "profit_treat_none": -15.55,
            "profit_uplift": 3.21,
        },
        versions=2,
        failed_versions=1,
        predictions=120,
        latest_batch="2024-03-03 00:00:00",
        outcomes=38,
        open_alerts=found.open_alerts,
    )


def test_what_is_not_built(site: Site) -> None:
    with duckdb.connect(str(site.warehouse)) as connection:
        connection.execute("drop table evaluation.parcel_late__champion; drop table training.basket_value__models")
    with connect(site.project) as warehouse:
        found = collect.use_case(site.project, warehouse, "parcel_late")
        gone = collect.use_case(site.project, warehouse, "basket_value")
    assert found.missing == ["parcel_late__champion"]
    assert (found.champion, found.test_metrics, found.predictions) == (None, {}, 120)
    assert gone == UseCase("basket_value")
