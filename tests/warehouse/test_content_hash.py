"""`content_hash` says the same of the same rows on both warehouses, and something else of any others."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb
import psycopg
import pytest

from insitu.local_postgres import Database
from insitu.quoting import identifier
from tests.dbt.features.project import FeaturesProject

HASH = """
{%- set columns = adapter.get_columns_in_relation(source('raw', 'SOURCE')) if execute else [] -%}
select {{ insitu.content_hash(columns) }} as hash from {{ source('raw', 'SOURCE') }}
"""
# More columns than a function of PostgreSQL takes arguments.
MANY = ", ".join(f"x + {i}.5 as x{i}" for i in range(120))
EVENTS = f"""
    create schema raw;
    create table raw.events as
    select *, cast(x as real) as single, cast(amount as decimal(9, 2)) as exact, {MANY}
    from (
        values (1, 'a|b', 1.0::double precision, timestamp '2013-01-01 00:00:00', true, 1.50),
            (2, '', 0.1, timestamp '2013-01-01 00:00:00.25', false, 0.1), (3, null, null, null, null, null),
            (4, '∅', 123456789012.0, timestamp '2013-06-01', true, -7), (5, 'a', -0.00001, null, true, 0),
            (6, '"', 1e20, null, true, 1), (7, 'a', 1.0 / 3, null, true, 1), (8, 'a', 'NaN', null, true, 1),
            (9, 'a', '-Infinity', null, true, 1), (10, 'a', -2.0, null, true, 1), (11, 'a', 1234567.5, null, true, 1)
    ) as rows (key, s, x, seen, flag, amount);
    alter table raw.events drop column amount;
    create table raw.spine as select 1 as id;
    create table raw.periods as select 1 as id;
"""
# Every text of up to two of these, and NULL, in two columns of text beside one of numbers.
LETTERS = ["|", '"', "\\", "∅", ",", "a", "1", "'", "\n"]
TEXTS = [None, "", *LETTERS, *("".join(pair) for pair in itertools.product(LETTERS, repeat=2))]
ROWS = [(a, n, b) for a in TEXTS for n in (None, 1, 11) for b in TEXTS]
TEXT = """
select {{ insitu.row_text([['s', 'text'], ['n', 'integer'], ['other', 'varchar(9)']]) }} as text
from {{ source('raw', 'readings') }}
"""


class Both:
    """The same tables on DuckDB and on PostgreSQL, and the models compiled for each."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self.path = folder / "warehouse.duckdb"

    def execute(self, sql: str, rows: Sequence[Any] = ()) -> None:
        with duckdb.connect(str(self.path)) as duck, self.database.connect() as postgres:
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                duck.execute("begin")
                duck.executemany(f"insert into {sql} values ({marks})", rows)
                duck.execute("commit")
                with postgres.cursor().copy(f"copy {sql} from stdin") as copy:  # type: ignore[arg-type]
                    for row in rows:
                        copy.write_row(row)
            else:
                duck.execute(sql)
                postgres.execute(sql)  # type: ignore[arg-type]

    def query(self, model: str) -> tuple[list[Any], list[Any]]:
        """The first column of the model's rows, from DuckDB and from PostgreSQL."""
        database = self.database
        login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
        profiles = {
            "duckdb": {"type": "duckdb", "path": str(self.path), "schema": "main"},
            "postgres": {"type": "postgres", "dbname": database.dbname, "schema": "public", **login},
        }
        sql = {
            kind: FeaturesProject(Path(mkdtemp(dir=self.folder)), profile, {"asked": model}).compiled()["asked"]
            for kind, profile in profiles.items()
        }
        with duckdb.connect(str(self.path)) as duck, psycopg.connect(database.dsn) as postgres:
            ours = duck.execute(sql["duckdb"]).fetchall()
            theirs = postgres.execute(sql["postgres"]).fetchall()  # type: ignore[arg-type]
        return [value for value, *_ in ours], [value for value, *_ in theirs]


@pytest.fixture
def both(tmp_path: Path, postgres_database: Database) -> Both:
    found = Both(tmp_path, postgres_database)
    found.execute(EVENTS)
    return found


def test_the_same_on_both_warehouses(both: Both) -> None:
    [ours], [theirs] = both.query(HASH.replace("SOURCE", "events"))
    assert ours == theirs
    assert len(ours) == 16
    both.execute("update raw.events set x = x + 1e-9 where key = 7")
    changed = both.query(HASH.replace("SOURCE", "events"))
    assert changed[0] == changed[1] != [ours]


def test_no_two_rows_have_one_text(both: Both) -> None:
    both.execute("create table raw.readings (s varchar, n integer, other varchar)")
    both.execute("raw.readings", ROWS)
    ours, theirs = both.query(TEXT)
    assert len(ROWS) == len(set(ours)) == len(ours)
    assert set(ours) == set(theirs)


def test_no_two_tables_have_one_hash(both: Both) -> None:
    """The same two values under other names, in another order of columns, on another side of NULL, as another type."""
    tables = [
        *(
            f"select {first} as {identifier(a)}, {second} as {identifier(b)}"
            for a, b in (("a", "b"), ("b", "a"), ("a,b", "c"), ("a", "b,c"), ("it's", "a"), ('a","b', "c"), ("a:", "b"))
            for first, second in (("'x'", "'y'"), ("'y'", "'x'"), ("'x'", "cast(null as varchar)"))
        ),
        "select 'x' as a",
        "select 'x' as a, 'y' as b, cast(null as varchar) as c",
        "select 1 as a, 'y' as b",
        "select cast(1 as varchar) as a, 'y' as b",
        "select 'x' as a, 'y' as b union all select 'x', 'y'",
        "select 'x' as a, 'y' as b where 1 = 0",
    ]
    models = []
    for number, table in enumerate(tables):
        both.execute(f"create table raw.t{number} as {table}")
        models.append(
            f"{{% set t = api.Relation.create(schema='raw', identifier='t{number}') %}}select {{{{ insitu.content_hash("
            f"adapter.get_columns_in_relation(t) if execute else []) }}}} as hash from raw.t{number}"
        )
    ours, theirs = both.query("\nunion all\n".join(models))
    assert len(set(ours)) == len(tables)
    assert sorted(ours) == sorted(theirs)
