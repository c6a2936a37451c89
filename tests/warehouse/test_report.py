"""The report from PostgreSQL says what the report from DuckDB says."""

from __future__ import annotations

from pathlib import Path

from insitu.local_postgres import Database
from insitu.report.build import build
from insitu.warehouse import connect
from tests.unit.report import example
from tests.unit.report.conftest import make
from tests.unit.report.reading import read


def test_both_warehouses_give_the_same_report(postgres_database: Database, tmp_path: Path) -> None:
    statements = [*example.create(), *example.fill()]
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
