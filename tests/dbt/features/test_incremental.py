"""An incremental feature model computes the rows that it does not have yet, late ones too, like a full build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database
from tests.dbt.features.conftest import ddl
from tests.dbt.features.project import FeaturesProject

WINDOWS = {"bounded": "['1 day', '7 days']", "with_all": "['1 day', 'all']"}
CALL = """{{{{ config(materialized='incremental') }}}}
{{{{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), {{'k': 'key'}}, prefix='f',
    spine_key=['id'], windows={windows}, measures=[
        {{'name': 'n', 'agg': 'count'}},
        {{'name': 'x', 'expr': 'x', 'agg': ['sum', 'max', 'count_distinct']}}]) }}}}"""
MODELS = {name: CALL.format(windows=windows) for name, windows in WINDOWS.items()} | {
    "latest": """{{ config(materialized='incremental') }}
        {{ insitu.latest_before(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, ['x'],
        spine_key=['id']) }}""",
    "recent": """{{ config(materialized='incremental') }}
        {{ insitu.latest_before(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, ['x'], spine_key=['id'],
            max_age='1 day', lookback='2 days') }}""",
    "validity": """{{ config(materialized='incremental') }}
        {{ insitu.validity_lookup(source('raw', 'spine'), source('raw', 'periods'), {'k': 'key'}, ['grade'],
            spine_key=['id']) }}""",
    "lags": """{{ config(materialized='incremental') }}
        {{ insitu.lag_features(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, ['c'], lags=[1, 3],
            order_by=['seq'], spine_key=['id']) }}""",
    "encoded": """{{ config(materialized='incremental') }}
        {{ insitu.target_encoding(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, 'flag', 'known_at',
            spine_key=['id']) }}""",
}


class Warehouse:
    """An incremental project, and statements in its warehouse."""

    def __init__(self, directory: Path, profile: dict[str, Any], models: dict[str, str]) -> None:
        self.profile = profile
        self.execute(ddl())
        self.project = FeaturesProject(directory / "project", profile, models)
        self.compiled = directory / "project" / "target" / "compiled" / "features_test" / "models"

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run statements; the rows of a query."""
        if self.profile["type"] == "duckdb":
            with duckdb.connect(self.profile["path"]) as there:
                return there.execute(sql).fetchall()
        keys = ("host", "port", "user", "password", "dbname")
        with psycopg.connect(**{k: self.profile[k] for k in keys}, autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def add_day(self, day: int, late: int = 0) -> None:
        """A day of events every ten minutes and of spine rows every hour, without the last `late`."""
        start = f"timestamp '2024-01-01' + interval '{day} days'"
        self.execute(
            f"insert into raw.events select i % 3, 'a', {start} + i * interval '10 minutes', i, i % 2 = 0, "
            "i / 8.0, i % 5, 1, 1 from generate_series(0, 143) as t(i)"
        )
        self.add_spine(day, range(24 - late))

    def add_spine(self, day: int, hours: range) -> None:
        self.execute(
            f"insert into raw.spine select {day * 24} + i, i % 4, 'a', timestamp '2024-01-01' + interval '{day} days' "
            f"+ i * interval '1 hour' from generate_series({hours.start}, {hours.stop - 1}) as t(i)"
        )

    def run(self, *options: str) -> None:
        ok, said = self.project.run("run", *options)
        assert ok, said

    def rows(self, model: str) -> list[tuple[Any, ...]]:
        return self.execute(f"select * from {model} order by id, as_of")


@pytest.fixture(params=["duckdb", "postgres"])
def profile(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """An empty database on each warehouse."""
    if request.param == "duckdb":
        return {"type": "duckdb", "path": str(tmp_path / "warehouse.duckdb"), "schema": "main"}
    database: Database = request.getfixturevalue("postgres_database")
    keys = ("host", "port", "user", "password", "dbname")
    return {"type": "postgres", "schema": "public", **{k: getattr(database, k) for k in keys}}


def test_daily_runs_equal_a_full_build(profile: dict[str, Any], tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, profile, MODELS)
    warehouse.execute(
        "insert into raw.periods values (1, 'low', '2024-01-01', '2024-01-05'), (1, 'high', '2024-01-05', null)"
    )
    for day in range(10):
        warehouse.add_day(day, late=3 if day == 8 else 0)
        if day == 9:
            warehouse.add_spine(8, range(21, 24))
        if day >= 8 or day == 0:
            warehouse.run()
    run = {name: (warehouse.compiled / f"{name}.sql").read_text() for name in MODELS}
    daily = {name: warehouse.rows(name) for name in MODELS}
    warehouse.run("--full-refresh")
    for name in MODELS:
        assert len(daily[name]) == 240
        assert daily[name] == warehouse.rows(name), name
        assert "not exists" in run[name]
    # Bounded windows and ages need no events from before the first new row's longest.
    assert "(select min(as_of) from spine) - interval '7 days'" in run["bounded"]
    assert "(select min(as_of) from spine) - interval '1 day'" in run["recent"]
    assert "interval '7 days'" not in run["with_all"]


def test_rows_that_come_late_are_computed_once_and_no_others(profile: dict[str, Any], tmp_path: Path) -> None:
    """A row of the first day, one of the same as_of as one there, one without key; and nothing is computed twice."""
    models = {name: MODELS[name] for name in ("bounded", "latest", "recent", "encoded")}
    warehouse = Warehouse(tmp_path, profile, models)
    for day in range(5):
        warehouse.add_day(day)
    warehouse.run()
    for name in models:  # A row that was computed again would lose this mark.
        column = warehouse.execute(f"select column_name from information_schema.columns where table_name = '{name}'")[
            -1
        ][0]
        assert column != "as_of"
        warehouse.execute(f"update {name} set {column} = -1")
    last, first = "timestamp '2024-01-05 23:00:00'", "timestamp '2024-01-01 05:00:00'"
    warehouse.execute(
        f"insert into raw.spine values (900, 1, 'a', {first}), (901, 2, 'a', {last}), (902, null, 'a', {last}), "
        f"(903, 1, 'a', {last} - interval '2 days'), (904, 1, 'a', {last} - interval '2 days' + interval '1 second')"
    )
    for _ in range(2):
        warehouse.run()
        for name in models:
            new = {row[0] for row in warehouse.rows(name)} - set(range(120))
            # `recent` looks back less than two days.
            assert new == ({901, 902, 904} if name == "recent" else {900, 901, 902, 903, 904}), name
            assert len(warehouse.rows(name)) == 120 + len(new)
            assert all(row[-1] == -1 for row in warehouse.rows(name) if row[0] < 120), name
    late = {name: [row for row in warehouse.rows(name) if row[0] >= 900] for name in models}
    warehouse.run("--full-refresh")
    for name, rows in late.items():
        assert rows == [row for row in warehouse.rows(name) if row[0] in {r[0] for r in rows}], name


def test_rows_without_a_key_are_not_taken_for_new_again(profile: dict[str, Any], tmp_path: Path) -> None:
    model = MODELS["latest"].replace("spine_key=['id']", "spine_key=['k']")
    warehouse = Warehouse(tmp_path, profile, {"latest": model})
    warehouse.add_day(0)
    for id, hour in ((900, 12), (901, 23)):  # the newest too
        warehouse.execute(f"insert into raw.spine values ({id}, null, 'a', timestamp '2024-01-01 {hour}:00:00')")
    for _ in range(3):
        warehouse.run()
        assert warehouse.execute("select count(*) from latest") == [(26,)]


def test_a_model_that_hides_its_key_is_told_so(profile: dict[str, Any], tmp_path: Path) -> None:
    call = MODELS["latest"].split("}}", 1)
    model = f"{call[0]}}}}} with found as ({call[1]}) select id as number, as_of, x from found"
    warehouse = Warehouse(tmp_path, profile, {"renamed": model})
    warehouse.add_day(0)
    warehouse.run()
    ok, said = warehouse.project.run("run")
    assert not ok
    assert "`renamed`: latest_before(spine_key): found `id`, which the incremental model does not give out" in said
    assert "number, as_of, x" in said
