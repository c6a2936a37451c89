"""`insitu false-alarms`: what it counts of the stable periods, and what it says when there are none."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from insitu.cli import cli
from insitu.errors import InsituError
from insitu.warehouse import Project
from tests.unit.report import example

COLUMNS = (
    "use_case text, model_version text, alert text, period_start timestamp, chance double, n_features bigint, "
    "n_unusual bigint, n_beyond bigint"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "shop.duckdb"
    made = example.project(tmp_path, {"type": "duckdb", "path": str(path), "schema": "main", "threads": 1})
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text())
    node = {"name": "mon_false_alarms", "alias": "mon_false_alarms", "schema": "monitoring", "resource_type": "model"}
    manifest["nodes"]["model.shop.mon_false_alarms"] = node | {"config": {"meta": {}}}
    (tmp_path / "target" / "manifest.json").write_text(json.dumps(manifest))
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema monitoring")
    return made


def fill(project: Project, rows: list[tuple[object, ...]]) -> None:
    with duckdb.connect(str(project.directory / "shop.duckdb")) as connection:
        connection.execute(f"create table monitoring.mon_false_alarms ({COLUMNS})")
        for row in rows:
            connection.execute("insert into monitoring.mon_false_alarms values (?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_a_period_counts_once_however_many_features_are_beyond(project: Project) -> None:
    beyond = [0, 0, 3, 0, 0, 0, 0, 1]
    rows: list[tuple[object, ...]] = [
        ("parcel_late", "m", "alert_feature_drift", f"2024-01-{day + 1:02}", 0.01, 9, 4, n)
        for day, n in enumerate(beyond)
    ]
    rows += [("parcel_late", "m", "alert_score_drift", f"2024-01-{day + 1:02}", 0.01, 1, 0, 0) for day in range(4)]
    rows += [("another", "m", "alert_score_drift", "2024-01-01", 0.01, 1, 1, 1)]
    fill(project, rows)
    arguments = ["false-alarms", "parcel_late"]
    found = CliRunner().invoke(cli, [*arguments, "--json"], obj=project, catch_exceptions=False)
    told = {row["alert"]: row for row in json.loads(found.output)}
    assert told.keys() == {"alert_feature_drift", "alert_score_drift"}
    names = ("periods", "false_alarms", "share", "stated", "unusual_features")
    assert [told["alert_feature_drift"][name] for name in names] == [8, 2, 0.25, 0.01, 32]
    assert [told["alert_score_drift"][name] for name in names] == [4, 0, 0.0, 0.01, 0]
    shown = CliRunner().invoke(cli, arguments, obj=project, catch_exceptions=False).output.splitlines()
    assert shown[3].split() == ["alert_feature_drift", "8", "2", "0.250", "0.010", "32"]


def test_what_is_not_there_is_said(project: Project) -> None:
    with pytest.raises(InsituError, match="There is no use case `nobody`"):
        CliRunner().invoke(cli, ["false-alarms", "nobody"], obj=project, catch_exceptions=False)
    with pytest.raises(InsituError, match=r"is not built yet: run `dbt build --select \+mon_false_alarms"):
        CliRunner().invoke(cli, ["false-alarms", "parcel_late"], obj=project, catch_exceptions=False)
    fill(project, [])
    with pytest.raises(InsituError, match="has no stable period of parcel_late: no model version has scored"):
        CliRunner().invoke(cli, ["false-alarms", "parcel_late"], obj=project, catch_exceptions=False)
