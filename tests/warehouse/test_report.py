"""The report from PostgreSQL says what the report from DuckDB says."""

from __future__ import annotations

from pathlib import Path

import pytest

from insitu.local_postgres import Database
from insitu.report.build import build
from insitu.warehouse import connect
from tests.unit.report import example
from tests.unit.report.conftest import make
from tests.unit.report.reading import read


@pytest.mark.parametrize("label", ["integer", "boolean", "double precision"])
def test_both_warehouses_give_the_same_report(postgres_database: Database, tmp_path: Path, label: str) -> None:
    statements = [*example.create(), *example.fill()]
    for schema, table in ((schema, name) for name, (schema, _) in example.relations().items()):
        if table.endswith("__snapshots"):
            change = f"alter table {schema}.{table} alter is_late type {label}"
            statements.append(f"{change} using cast(is_late as {label})")
    in_file = make(tmp_path / "duckdb", statements)

    database = postgres_database
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement)
    output = {
        "type": "postgrespy",
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.dbname,
        "schema": "public",
        "threads": 1,
    }
    project = example.project(tmp_path / "postgres", output)
    with connect(project) as warehouse:
        html = build(project, warehouse)

    assert read(html).text == in_file.document.text
    assert read(html).statements == in_file.document.statements
    assert read(html).count("svg") == in_file.document.count("svg")
