"""What a connection promises on either warehouse: all rows or none, any name, no writing for who only reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from insitu.local_postgres import Database
from insitu.quoting import identifier, qualified
from insitu.warehouse import connect
from insitu.warehouse.catalog import existing_relations

# A word of SQL, capitals, a quote, a blank, a dot: each is a column of its own.
NAMES = ["select", "Order", 'say "x"', "two words", "a.b", "order"]
SCHEMA, TABLE = "Odd schema", 'pre"dictions'
RELATION = qualified(SCHEMA, TABLE)


@pytest.fixture(params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """What `connect` reads of a project, and a table with a row."""
    if request.param == "duckdb":
        credentials = SimpleNamespace(type="duckdb", path=str(tmp_path / "warehouse.duckdb"))
    else:
        database: Database = request.getfixturevalue("postgres_database")
        login = {name: getattr(database, name) for name in ("host", "port", "user", "password")}
        credentials = SimpleNamespace(type="postgrespy", database=database.dbname, **login)
    found = SimpleNamespace(credentials=credentials)
    if request.param == "duckdb":
        import duckdb

        connection: Any = duckdb.connect(credentials.path)
    else:
        connection = database.connect()
    # DuckDB takes names that differ in case alone for one.
    columns = NAMES if request.param == "postgres" else NAMES[:-1]
    with connection:
        connection.execute(f"create schema {identifier(SCHEMA)}")
        connection.execute(f"create table {RELATION} ({', '.join(f'{identifier(c)} bigint' for c in columns)})")
        connection.execute(f"insert into {RELATION} values ({', '.join(map(str, range(len(columns))))})")
    found.columns = columns
    yield found


def rows(project: Any, first: int) -> pa.RecordBatchReader:
    """Two rows, their columns in another order than the table's."""
    table = pa.table({name: [first + i, None] for i, name in enumerate(project.columns)})
    reader: pa.RecordBatchReader = table.select(project.columns[::-1]).to_reader()
    return reader


def kept(project: Any) -> list[tuple[Any, ...]]:
    with connect(project) as warehouse:
        found = warehouse.query(f"select * from {RELATION} order by 1 nulls last").to_pylist()
    return [tuple(row[name] for name in project.columns) for row in found]


def test_rows_are_appended_by_the_names_of_their_columns(project: Any) -> None:
    with connect(project, read_only=False) as warehouse, warehouse.appending(RELATION) as appender:
        assert appender.query(f"select * from {RELATION}").num_rows == 1
        assert appender.append(RELATION, rows(project, 100)) == 2
        assert appender.query(f"select * from {RELATION}").num_rows == 3
    width = len(project.columns)
    assert kept(project) == [tuple(range(width)), tuple(range(100, 100 + width)), (None,) * width]


def test_an_append_that_fails_leaves_nothing(project: Any) -> None:
    before = kept(project)

    class Stop(Exception):
        pass

    with connect(project, read_only=False) as warehouse:
        with pytest.raises(Stop), warehouse.appending(RELATION) as appender:
            appender.append(RELATION, rows(project, 100))
            raise Stop
        assert warehouse.query(f"select * from {RELATION}").num_rows == len(before)
        # the connection goes on
        with warehouse.appending(RELATION) as appender:
            appender.append(RELATION, rows(project, 200))
    assert len(before) == 1 and len(kept(project)) == 3


def test_rows_that_stop_half_way_leave_nothing(project: Any) -> None:
    schema = pa.schema([(name, pa.int64()) for name in project.columns])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([dict.fromkeys(project.columns, 7)] * 3, schema=schema)
        raise RuntimeError("the model stopped")

    with connect(project, read_only=False) as warehouse:
        with pytest.raises(Exception, match="the model stopped"), warehouse.appending(RELATION) as appender:
            appender.append(RELATION, pa.RecordBatchReader.from_batches(schema, batches()))
        assert warehouse.query(f"select * from {RELATION}").num_rows == 1


@pytest.mark.parametrize(
    "statement",
    [
        f"insert into {RELATION} select * from {RELATION}",
        f"delete from {RELATION}",
        f"update {RELATION} set {identifier('select')} = 9",
        f"drop table {RELATION}",
        "create table made_up as select 1 as a",
    ],
)
def test_who_only_reads_changes_nothing(project: Any, statement: str) -> None:
    before = kept(project)
    with pytest.raises(Exception, match=r"(?i)read-only|only reads"), connect(project) as warehouse:
        warehouse.query(statement)
    assert kept(project) == before
    with connect(project) as warehouse:
        assert (SCHEMA, TABLE) in existing_relations(warehouse)
        assert "made_up" not in {name for _, name in existing_relations(warehouse)}


def test_values_are_bound_in_their_order(project: Any) -> None:
    x, order = identifier(NAMES[2]), identifier("Order")
    sql = f"select '?' as mark, {x} as x from {RELATION} where {order} between ? and ?"
    with connect(project) as warehouse:
        assert warehouse.query(sql, [1, 2]).to_pylist() == [{"mark": "?", "x": 2}]
        assert warehouse.query(sql, [2, 3]).to_pylist() == []
        assert warehouse.query(sql, [1, 0]).to_pylist() == []


def test_a_lazy_query_reads_the_same(project: Any) -> None:
    with connect(project) as warehouse:
        relation = warehouse.sql(f"select * from {RELATION}")
        assert list(relation.columns) == project.columns
        assert relation.fetchall() == [tuple(range(len(project.columns)))]


def test_duckdb_keeps_to_the_settings_of_the_profile(tmp_path: Path) -> None:
    settings = {"memory_limit": "200MB", "preserve_insertion_order": False, "threads": 1}
    credentials = SimpleNamespace(type="duckdb", path=str(tmp_path / "warehouse.duckdb"), settings=settings)
    found: Any = SimpleNamespace(credentials=credentials)
    with connect(found, read_only=False) as warehouse:
        asked = ", ".join(f"current_setting('{name}') as {name}" for name in settings)
        (row,) = warehouse.query(f"select {asked}").to_pylist()
    assert row == {"memory_limit": "190.7 MiB", "preserve_insertion_order": False, "threads": 1}
