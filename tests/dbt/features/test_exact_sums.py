"""Sums of exact types are exact in every shape: what floating point would lose on the way is there at the end."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database
from tests.dbt.features.project import FeaturesProject

COLUMNS = {"d": "decimal(9, 2)", "wide": "decimal(30, 10)", "b": "bigint"}
BIG = 10**16
VALUES = {
    "d": ["0.10"] * 10,
    "wide": [str(BIG), "0.3", "0.3", f"-{BIG}", "0.1", str(BIG), "0.2", f"-{BIG}", "0.0000000001", "0.7"],
    "b": [str(2**60), "3", f"-{2**60}", "5", str(2**60), "7", f"-{2**60}", "1", "1", "1"],
}
MODEL = """{{{{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), {{'k': 'key'}}, [
    {{'name': 'd', 'expr': 'd', 'agg': ['sum', 'avg']}}, {{'name': 'wide', 'expr': 'wide', 'agg': ['sum', 'avg']}},
    {{'name': 'b', 'expr': 'b', 'agg': ['sum', 'avg']}},
], windows=['2 days', 'all'], spine_key=['id'], strategy='{strategy}') }}}}"""
MODELS = {strategy: MODEL.format(strategy=strategy) for strategy in ("timeline", "range_join")}
SETUP = [
    "create schema raw",
    "create table raw.spine as select 1 as id, 1 as k, timestamp '2024-01-11' as as_of",
    f"create table raw.events (key integer, known_at timestamp, {', '.join(f'{c} {t}' for c, t in COLUMNS.items())})",
    "insert into raw.events values "
    + ", ".join(
        f"(1, timestamp '2024-01-10 {hour:02}:00:00', {', '.join(VALUES[column][hour] for column in COLUMNS)})"
        for hour in range(10)
    ),
]


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_nothing_is_lost(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    names = [f"{column}_{agg}_{window}" for column in COLUMNS for agg in ("sum", "avg") for window in ("2d", "all")]
    rows = {}
    if kind == "duckdb":
        path = str(tmp_path / "warehouse.duckdb")
        with duckdb.connect(path) as duck:
            for statement in SETUP:
                duck.execute(statement)
        ok, said = FeaturesProject(tmp_path / "p", {"type": "duckdb", "path": path, "schema": "main"}, MODELS).run(
            "run"
        )
        assert ok, said
        with duckdb.connect(path) as duck:
            for model in MODELS:
                rows[model] = duck.execute(f"select {', '.join(names)} from main.{model}").fetchall()
    else:
        database: Database = request.getfixturevalue("postgres_database")
        with database.connect() as connection:
            for statement in SETUP:
                connection.execute(statement)  # type: ignore[call-overload]
        login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
        profile = {"type": "postgres", "dbname": database.dbname, "schema": "public", **login}
        ok, said = FeaturesProject(tmp_path / "p", profile, MODELS).run("run")
        assert ok, said
        with psycopg.connect(database.dsn) as connection:
            for model in MODELS:
                query = f"select {', '.join(names)} from public.{model}"
                rows[model] = connection.execute(query).fetchall()  # type: ignore[arg-type]
    expected = []
    for column in COLUMNS:
        total = sum(map(Fraction, VALUES[column]), Fraction(0))
        expected += [float(total)] * 2 + [float(total / 10)] * 2
    for model, [row] in rows.items():
        assert dict(zip(names, row, strict=True)) == dict(zip(names, expected, strict=True)), model
