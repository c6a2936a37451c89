"""An append-only table keeps every value exactly when the type of a column changes, or says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from insitu.local_postgres import Database
from tests.dbt.features.project import FeaturesProject

# Column → what it is on the first day and what on the next: value and type.
WIDENED: dict[str, tuple[tuple[Any, str], tuple[Any, str]]] = {
    "whole": ((7, "bigint"), (1.75, "double precision")),
    "fraction": ((1.75, "double precision"), (7, "bigint")),
    "small": ((7, "integer"), (2**40 + 1, "bigint")),
    "price": ((Decimal("1.25"), "decimal(5, 2)"), (Decimal("1234567.125"), "decimal(10, 3)")),
    "count's": ((2**53 + 1, "bigint"), (Decimal("0.5"), "decimal(3, 1)")),
    "Single": ((0.5, "real"), (0.1, "double precision")),
    "text": (("abc", "varchar(3)"), ("abcdef", "varchar(6)")),
}
REFUSED = {
    ", and no type holds both. Cast": ((7, "bigint"), ("'seven'", "varchar")),
    ", and values that double precision would round. Cast": (
        (2**53 + 1, "bigint"),
        (1.75, "double precision"),
    ),
    "and no type holds both": ((7, "bigint"), ("true", "boolean")),
}
INCOMING = "select {{ var('day') }} as day, {{ var('columns') }}"
KEPT = """{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns',
    pre_hook="{{ insitu.keep_types(this, ref('incoming')) }}"
) }}
select * from {{ ref('incoming') }}"""


@dataclass
class Kept:
    project: FeaturesProject
    query: Callable[[str], list[tuple[Any, ...]]]

    def run(self, day: int, columns: str) -> tuple[bool, str]:
        return self.project.run("run", "--vars", yaml.safe_dump({"day": day, "columns": columns}))


@pytest.fixture(params=["duckdb", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    models = {"incoming": INCOMING, "kept": KEPT}
    if request.param == "duckdb":
        path = tmp_path / "warehouse.duckdb"
        profile = {"type": "duckdb", "path": str(path), "schema": "main"}

        def query(sql: str) -> list[tuple[Any, ...]]:
            with duckdb.connect(str(path)) as connection:
                return connection.execute(sql).fetchall()

        yield Kept(FeaturesProject(tmp_path / "project", profile, models), query)
        return
    database: Database = request.getfixturevalue("postgres_database")
    login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    profile = {"type": "postgres", "dbname": database.dbname, "schema": "public", **login}

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(database.dsn) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[arg-type]

    yield Kept(FeaturesProject(tmp_path / "project", profile, models), ask)


def select(day: int) -> str:
    values = {name: days[day] for name, days in WIDENED.items()}
    return ", ".join(
        f'cast({value!r} as {type_}) as "{name}"' if isinstance(value, str) else f'cast({value} as {type_}) as "{name}"'
        for name, (value, type_) in values.items()
    )


def test_a_column_is_widened_until_it_holds_both(kept: Kept) -> None:
    for day in (0, 1):
        ok, said = kept.run(day, select(day))
        assert ok, said
    names = ", ".join(f'"{name}"' for name in WIDENED)
    found = kept.query(f"select {names} from kept order by day")
    assert [list(row) for row in found] == [[days[day][0] for days in WIDENED.values()] for day in (0, 1)]


@pytest.mark.parametrize("message", REFUSED)
def test_what_no_type_holds_is_refused_with_a_way_out(kept: Kept, message: str) -> None:
    (before, old), (now, new) = REFUSED[message]
    ok, said = kept.run(0, f"cast({before} as {old}) as x")
    assert ok, said
    ok, said = kept.run(1, f"cast({now} as {new}) as x")
    assert not ok
    said = " ".join(said.split())
    assert "`kept` keeps `x` as bigint and never rewrites a row; `incoming` now has it as " in said
    assert message in said
    assert "Cast the column to bigint where it is made, or give it another name" in said
    assert kept.query("select count(*), max(day) from kept") == [(1, 0)]
