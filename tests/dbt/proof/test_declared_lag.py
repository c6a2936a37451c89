# ruff: noqa: E501 — a row per line reads better
"""A declared `lag` is kept by every macro, on both warehouses: values by hand, and the proof of what was compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from insitu.proof.project.checking import check
from tests.dbt.features.project import FeaturesProject
from tests.dbt.proof.conftest import Warehouse

LAG = {"lag": "6 hours"}
TABLES: dict[str, tuple[dict[str, str], dict[str, Any], list[str]]] = {
    "spine": (
        {"id": "bigint", "key": "bigint", "as_of": "timestamp"},
        {"kind": "spine", "key": ["id"]},
        ["1, 7, '2024-01-02 12:00'"],
    ),
    # At 06:00 is known what happened before 06:00; at noon what happened at 05:59.
    "events": (
        {"key": "bigint", "ts": "timestamp", "x": "integer"},
        {"kind": "event", "available_at": "ts", "unique": [["key", "ts"]], **LAG},
        ["7, '2024-01-02 04:00', 1", "7, '2024-01-02 05:59', 2", "7, '2024-01-02 06:00', 4", "7, '2024-01-02 11:00', 8"],
    ),
    "prices": (
        {"key": "bigint", "price": "integer", "valid_from": "timestamp", "valid_to": "timestamp"},
        {"kind": "validity", "valid_from": "valid_from", "valid_to": "valid_to", "strict": True, **LAG},
        [
            "7, 10, '2024-01-01 00:00', '2024-01-02 06:00'",  # its end is known after noon
            "7, 20, '2024-01-02 06:00', '2024-01-02 10:00'",
            "7, 30, '2024-01-02 10:00', null",
        ],
    ),
    "labels": (
        {"key": "bigint", "late": "integer", "matured_at": "timestamp"},
        {"kind": "labels", "matured_at": "matured_at", **LAG},
        ["7, 0, '2024-01-02 05:00'", "7, 1, '2024-01-02 06:00'"],
    ),
}  # fmt: skip
SPINE = "spine=source('raw', 'spine'), spine_key=['id'], keys=['key']"
MODELS = {
    "feat_window": "{{ insitu.window_features(SPINE, events=source('raw', 'events'), windows=['1 hour', '1 day', 'all'], "
    "measures=[{'name': 'x', 'expr': 'x', 'agg': ['sum', 'last', 'max']}]) }}",
    "feat_column": "{{ insitu.window_features(SPINE, events=source('raw', 'events'), available_at='ts', "
    "windows=['1 hour'], measures=[{'name': 'x', 'expr': 'x', 'agg': 'sum'}]) }}",
    "feat_latest": "{{ insitu.latest_before(SPINE, events=source('raw', 'events'), columns=['x']) }}",
    "feat_lags": "{{ insitu.lag_features(SPINE, events=source('raw', 'events'), columns=['x'], lags=[1, 2, 3]) }}",
    "feat_price": "{{ insitu.validity_lookup(SPINE, dimension=source('raw', 'prices'), columns=['price']) }}",
    "feat_encoded": "{{ insitu.target_encoding(SPINE, labels=source('raw', 'labels'), label='late', prior_rows=1) }}",
}
EXPECTED = {
    "feat_window": {"x_sum_1h": 2, "x_last_1h": 2, "x_max_1h": 2, "x_sum_1d": 3, "x_last_1d": 2, "x_max_1d": 2,
                    "x_sum_all": 3, "x_last_all": 2, "x_max_all": 2},
    "feat_column": {"x_sum_1h": 2},
    "feat_latest": {"x": 2},
    "feat_lags": {"x_lag_1": 2, "x_lag_2": 1, "x_lag_3": None},
    "feat_price": {"price": 10},
    "feat_encoded": {"late_encoded_all": 0},
}  # fmt: skip


@pytest.fixture
def project(warehouse: Warehouse, tmp_path: Path) -> FeaturesProject:
    profile, run = warehouse
    run("create schema raw")
    tables = []
    for name, (columns, declaration, rows) in TABLES.items():
        run(f"create table raw.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
        run(f"insert into raw.{name} values {', '.join(f'({row})' for row in rows)}")
        typed = [{"name": c, "data_type": t} for c, t in columns.items()]
        tables.append({"name": name, "config": {"meta": {"point_in_time": declaration}}, "columns": typed})
    models = {name: sql.replace("SPINE", SPINE) for name, sql in MODELS.items()}
    project = FeaturesProject(tmp_path / "project", profile, models)
    features = {"meta": {"point_in_time": {"kind": "features", "key": ["id"]}}}
    described = {
        "version": 2,
        "sources": [{"name": "raw", "schema": "raw", "tables": tables}],
        "models": [{"name": name, "config": features} for name in MODELS],
    }
    (project.directory / "models" / "_models.yml").write_text(yaml.safe_dump(described))
    return project


def features(profile: dict[str, Any], sql: str) -> dict[str, Any]:
    """The features of the one row that a query gives."""
    if profile["type"] == "duckdb":
        connect: Any = duckdb.connect(profile["path"])
    else:
        options = {k: profile[k] for k in ("host", "port", "user", "password", "dbname")}
        connect = psycopg.connect(**options)
    with connect as connection:
        cursor = connection.execute(sql)
        (row,) = cursor.fetchall()
        return {c[0]: v for c, v in zip(cursor.description, row, strict=True) if c[0] not in ("id", "key", "as_of")}


def test_every_macro_waits_for_it(warehouse: Warehouse, project: FeaturesProject) -> None:
    compiled = project.compiled()
    outcome = check(project.directory / "target")
    assert outcome.ok, str(outcome)
    assert {name: features(warehouse[0], compiled[name]) for name in MODELS} == EXPECTED
