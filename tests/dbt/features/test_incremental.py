"""An incremental feature model computes the new spine rows only, from the events they can see, like a full build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.dbt.features.conftest import ddl
from tests.dbt.features.project import FeaturesProject

WINDOWS = {"bounded": "['1 day', '7 days']", "with_all": "['1 day', 'all']"}
CALL = """{{{{ config(materialized='incremental') }}}}
{{{{ window_features(source('raw', 'spine'), source('raw', 'events'), {{'k': 'key'}}, prefix='f', spine_key=['id'],
    windows={windows}, measures=[
        {{'name': 'n', 'agg': 'count'}},
        {{'name': 'x', 'expr': 'x', 'agg': ['sum', 'max', 'count_distinct']}}]) }}}}"""
MODELS = {name: CALL.format(windows=windows) for name, windows in WINDOWS.items()} | {
    "latest": """{{ config(materialized='incremental') }}
        {{ latest_before(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, ['x'], spine_key=['id']) }}""",
    "encoded": """{{ config(materialized='incremental') }}
        {{ target_encoding(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, 'flag', 'known_at',
            spine_key=['id']) }}""",
}


def add_day(path: Path, day: int) -> None:
    """A day of events every ten minutes and of spine rows every hour."""
    start = f"timestamp '2024-01-01' + interval '{day} days'"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"insert into raw.events select i % 3, 'a', {start} + to_minutes(10 * i), i, i % 2 = 0, "
            "i / 8.0, i % 5, 1, 1 from range(144) as t(i)"
        )
        connection.execute(
            f"insert into raw.spine select {day * 24} + i, i % 4, 'a', {start} + to_hours(i) from range(24) as t(i)"
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> FeaturesProject:
    directory = tmp_path_factory.mktemp("incremental")
    path = directory / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ddl())
    return FeaturesProject(directory / "project", {"type": "duckdb", "path": str(path), "schema": "main"}, MODELS)


def test_daily_runs_equal_a_full_build(project: FeaturesProject) -> None:
    path = project.directory.parent / "warehouse.duckdb"
    for day in range(10):
        add_day(path, day)
        if day >= 8 or day == 0:
            ok, said = project.run("run")
            assert ok, said
    compiled = project.directory / "target" / "compiled" / "features_test" / "models"
    run = {name: (compiled / f"{name}.sql").read_text() for name in MODELS}
    daily = {name: rows(path, name) for name in MODELS}
    ok, said = project.run("run", "--full-refresh")
    assert ok, said
    for name in MODELS:
        assert len(daily[name]) == 240
        assert daily[name] == rows(path, name)
        assert "(select max(as_of) from " in run[name]
    # Bounded windows need no events from before the first new row's longest window.
    assert "(select min(as_of) from spine) - interval '7 days'" in run["bounded"]
    assert "interval '7 days'" not in run["with_all"]


def rows(path: Path, model: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(f"select * from {model} order by id, as_of").fetchall()
