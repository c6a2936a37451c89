"""Generated columns are documented: in the manifest (so dbt docs), the database, the catalog; and explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from click.testing import CliRunner

from insitu.commands.features import explain as explain_command
from insitu.commands.features import features as features_command
from insitu.features import catalog, explain
from insitu.features.catalog import source_columns
from insitu.local_postgres import Database
from insitu.warehouse import Project
from tests.dbt.features.conftest import ddl
from tests.dbt.features.project import FeaturesProject

CALL = """{{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'},
    prefix='f', spine_key=['id'], windows=['1 day', 'all'], measures=[
        {'name': 'n', 'agg': 'count'},
        {'name': 'x', 'expr': 'x', 'agg': ['avg', 'last'], 'where': "not flag and s <> ''",
         'default': 0, 'order_by': 'seq'},
    ]) }}"""
MODELS = {
    "documented": CALL,
    "bare": CALL,
    "part_of_it": f"with features as (\n{CALL}\n)\nselect id, as_of, f__n_1d from features",
    "by_hand": "select id, as_of, 1 as one from {{ source('raw', 'spine') }}",
}
YAML = """
models:
  - name: documented
    columns: [{name: id, description: The row.}, {name: f__n_all, description: Ours.}]
  - name: by_hand
    config: {tags: [features]}
    columns: [{name: one, description: Always one.}]
"""
AVERAGE = "Average of `x` where not flag and s <> '', events by k, in the 1 day before as_of; 0 if there is none."


def build(directory: Path, profile: dict[str, Any]) -> Project:
    project = FeaturesProject(directory, profile, MODELS)
    (directory / "models" / "_documented.yml").write_text(YAML)
    ok, said = project.run("run")
    assert ok, said
    assert "not present in the database" not in said
    return Project(directory, directory)


def check(project: Project, comments: dict[tuple[str, str], str]) -> None:
    columns = project.node("documented")["columns"]
    assert columns["f__x_avg_1d"]["description"] == AVERAGE
    assert columns["f__n_all"]["description"] == "Ours."
    for model in ("documented", "bare"):
        assert comments[model, "f__x_avg_1d"] == AVERAGE
    assert comments["documented", "f__n_all"] == "Ours."
    assert comments["part_of_it", "f__n_1d"].startswith("Number of events")
    assert ("bare", "id") not in comments


def test_on_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ddl())
    project = build(tmp_path / "project", {"type": "duckdb", "path": str(path), "schema": "main"})
    with duckdb.connect(str(path)) as connection:
        rows = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where comment is not null"
        ).fetchall()
    check(project, {(table, column): comment for table, column, comment in rows})
    check_catalog(project)
    check_explained(project)


def test_on_postgres(tmp_path: Path, postgres_profile: tuple[Database, dict[str, Any]]) -> None:
    database, profile = postgres_profile
    project = build(tmp_path / "project", profile | {"schema": "documented"})
    with psycopg.connect(database.dsn) as connection:
        rows = connection.execute(
            "select table_name, column_name, "
            "col_description(format('documented.%I', table_name)::regclass, ordinal_position) "
            "from information_schema.columns where table_schema = 'documented'"
        ).fetchall()
    check(project, {(table, column): comment for table, column, comment in rows if comment})


def check_catalog(project: Project) -> None:
    features = {(f.model, f.name): f for f in catalog(project)}
    average = features["documented", "f__x_avg_1d"]
    assert (average.events, average.keys, average.available_at, average.window) == (
        "events",
        ("key",),
        "known_at",
        "1d",
    )
    assert average.source_columns == ("x", "flag", "s", "seq")
    assert features["by_hand", "one"].macro is None
    printed = CliRunner().invoke(features_command, ["by_hand", "--json"], obj=project)
    assert [f["name"] for f in json.loads(printed.output)] == ["one"]
    assert "f__x_avg_1d" in CliRunner().invoke(features_command, [], obj=project).output


def check_explained(project: Project) -> None:
    found = {column: e for e in explain(project, "documented") for column in e.columns}
    assert found["f__n_1d"].strategy == "running"
    assert found["f__x_avg_1d"].strategy == "partials" and "subtracted" in found["f__x_avg_1d"].reason
    assert "because" in CliRunner().invoke(explain_command, ["documented"], obj=project).output
    assert "hand-written" in CliRunner().invoke(explain_command, ["by_hand"], obj=project).output


@pytest.mark.parametrize(
    ("fragments", "columns"),
    [
        (("a + b", None), ("a", "b")),
        (("case when a > 1 then e.b end", "a is null"), ("a", "b")),
        (("select (",), ("select (",)),
    ],
)
def test_source_columns(fragments: tuple[str | None, ...], columns: tuple[str, ...]) -> None:
    assert source_columns(*fragments) == columns
