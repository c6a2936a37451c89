"""`content_hash` says the same of the same rows on both warehouses, and something else of others."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from insitu.local_postgres import Database
from tests.dbt.features.project import FeaturesProject

MODEL = """
{%- set columns = adapter.get_columns_in_relation(source('raw', 'events')) if execute else [] -%}
select {{ insitu.content_hash(['key'] + columns) }} as hash from {{ source('raw', 'events') }}
"""
# More columns than a function of PostgreSQL takes arguments.
MANY = ", ".join(f"x + {i}.5 as x{i}" for i in range(120))
ROWS = f"""
    create schema raw;
    create table raw.events as
    select *, {MANY}
    from (
        values (1, 'a|b', 1.0::double precision, timestamp '2013-01-01 00:00:00', true),
            (2, '', 0.1, timestamp '2013-01-01 00:00:00.25', false), (3, null, null, null, null),
            (4, '∅', 123456789012.0, timestamp '2013-06-01', true), (5, 'a', -0.00001, null, true),
            (6, 'a', 1e20, null, true), (7, 'a', 1.0 / 3, null, true), (8, 'a', 'NaN', null, true),
            (9, 'a', '-Infinity', null, true), (10, 'a', -2.0, null, true)
    ) as rows (key, s, x, seen, flag);
    create table raw.spine as select 1 as id;
    create table raw.periods as select 1 as id;
"""


@pytest.fixture
def hashes(tmp_path: Path, postgres_database: Database) -> tuple[str, str]:
    """DuckDB's hash and PostgreSQL's."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ROWS)
    profile = {"type": "duckdb", "path": str(path), "schema": "main"}
    sql = FeaturesProject(tmp_path / "duckdb", profile, {"hash": MODEL}).compiled()["hash"]
    with duckdb.connect(str(path)) as connection:
        ours = connection.sql(sql).fetchall()[0][0]
    database = postgres_database
    with database.connect() as connection:
        connection.execute(ROWS)  # type: ignore[call-overload]
    login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    profile = {"type": "postgres", "dbname": database.dbname, "schema": "public", **login}
    sql = FeaturesProject(tmp_path / "postgres", profile, {"hash": MODEL}).compiled()["hash"]
    with database.connect() as connection:
        [theirs] = connection.execute(sql).fetchone() or [None]  # type: ignore[call-overload]
        connection.execute("update raw.events set x = x + 1e-9 where key = 7")
        [changed] = connection.execute(sql).fetchone() or [None]  # type: ignore[call-overload]
    assert changed != theirs
    return ours, theirs


def test_the_same_on_both_warehouses(hashes: tuple[str, str]) -> None:
    ours, theirs = hashes
    assert ours == theirs
    assert len(ours) == 16
