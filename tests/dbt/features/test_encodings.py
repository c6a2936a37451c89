"""Encodings are fitted on training rows only, stored, and applied unchanged to rows with unseen categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg

from insitu.local_postgres import Database
from tests.dbt.features.project import FeaturesProject

TRAINING = [("a", "train")] * 3 + [("b", "train")] * 2 + [("c d", "train")] + [("e", "test")] * 9 + [(None, "train")]
ROWS = [(1, "a"), (2, "b"), (3, "c d"), (4, "e"), (5, None)]
MODELS = {
    "encodings": "{{ insitu.fit_encodings(source('raw', 'training_set'), ['category']) }}",
    "encoded": """{{ insitu.apply_encodings(source('raw', 'rows'), ref('encodings'), frequency=['category'],
        ordinal=['category'], one_hot=['category']) }}""",
    "listed": "{{ insitu.apply_encodings(source('raw', 'rows'), ref('encodings'), one_hot={'category': ['a', 'e']}) }}",
}
SOURCES = "sources: [{name: raw, schema: raw, tables: [{name: training_set}, {name: rows}]}]"
LOAD = [
    "create schema raw",
    "create table raw.training_set (category varchar(9), split varchar(9))",
    "create table raw.rows (id integer, category varchar(9))",
]


def quoted(value: Any) -> str:
    return "null" if value is None else repr(value)


def inserts() -> list[str]:
    training = ", ".join(f"({quoted(c)}, {quoted(s)})" for c, s in TRAINING)
    rows = ", ".join(f"({i}, {quoted(c)})" for i, c in ROWS)
    return [*LOAD, f"insert into raw.training_set values {training}", f"insert into raw.rows values {rows}"]


def build(directory: Path, profile: dict[str, Any]) -> None:
    project = FeaturesProject(directory, profile, MODELS)
    (directory / "models" / "_models.yml").write_text(SOURCES)
    ok, said = project.run("run")
    assert ok, said


EXPECTED = [
    (1, 3 / 7, 0, 1, 0, 0),
    (2, 2 / 7, 1, 0, 1, 0),
    (3, 1 / 7, 2, 0, 0, 1),
    (4, 0.0, -1, 0, 0, 0),
    (5, 0.0, -1, 0, 0, 0),
]
QUERY = (
    "select id, category__frequency, category__ordinal, category__is_a, category__is_b, category__is_c_d "
    "from {schema}.encoded order by id"
)


def test_on_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("; ".join(inserts()))
    build(tmp_path / "project", {"type": "duckdb", "path": str(path), "schema": "main"})
    with duckdb.connect(str(path)) as connection:
        assert connection.execute(QUERY.format(schema="main")).fetchall() == EXPECTED
        listed = connection.execute("select category__is_a, category__is_e from listed order by id").fetchall()
    assert listed == [(1, 0), (0, 0), (0, 0), (0, 1), (0, 0)]


def test_on_postgres(tmp_path: Path, postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.dsn) as connection:
        for statement in inserts():
            connection.execute(statement)
    credentials = {
        k: v for k, v in vars(postgres_database).items() if k in ("host", "port", "user", "password", "dbname")
    }
    build(tmp_path / "project", {"type": "postgres", "schema": "public", **credentials})
    with psycopg.connect(postgres_database.dsn) as connection:
        assert connection.execute(QUERY.format(schema="public")).fetchall() == EXPECTED
