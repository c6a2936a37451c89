"""What goes through the adapter's reads and writes comes out the same: PostgreSQL and psycopg are the oracles."""

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insitu.local_postgres import Database
from insitu.quoting import identifier
from insitu.warehouse.postgres.session import Session
from insitu.warehouse.postgres.types import column_type
from insitu.warehouse.postgres.write import UnsupportedType, copy_batches, encoder

UTC = dt.UTC
# PostgreSQL expression, the Arrow type it is read as, the value.
READS: list[tuple[str, pa.DataType, Any]] = [
    ("true", pa.bool_(), True),
    ("(-32768)::int2", pa.int16(), -32768),
    ("2147483647::int4", pa.int32(), 2147483647),
    ("9223372036854775807::int8", pa.int64(), 9223372036854775807),
    ("0.1::float4", pa.float32(), 0.10000000149011612),
    ("0.1::float8", pa.float64(), 0.1),
    ("'NaN'::float8", pa.float64(), math.nan),
    ("'-Infinity'::float8", pa.float64(), -math.inf),
    ("12345678901234567890.5::numeric", pa.float64(), 12345678901234567890.5),
    ("'NaN'::numeric", pa.float64(), math.nan),
    ("'1.25'::money", pa.float64(), 1.25),
    ("''::text", pa.string(), ""),
    ("E'é\\n\"\\\\.'::varchar", pa.string(), 'é\n"\\.'),
    ("'a'::char(3)", pa.string(), "a  "),
    ("'\\x00ff'::bytea", pa.binary(), b"\x00\xff"),
    ("date '0044-03-15'", pa.date32(), dt.date(44, 3, 15)),
    ("time '23:59:59.999999'", pa.time64("us"), dt.time(23, 59, 59, 999999)),
    ("timestamp '2013-01-01 00:00:00.000001'", pa.timestamp("us"), dt.datetime(2013, 1, 1, 0, 0, 0, 1)),
    (
        "timestamptz '2013-07-01 00:00:00+02'",
        pa.timestamp("us", "UTC"),
        dt.datetime(2013, 6, 30, 22, tzinfo=UTC),
    ),
    ("'{\"a\": [1, null]}'::json", pa.string(), '{"a": [1, null]}'),
    ("'{\"a\":1}'::jsonb", pa.string(), '{"a": 1}'),
    ("'00000000-0000-0000-0000-0000000000ff'::uuid", pa.string(), "00000000-0000-0000-0000-0000000000ff"),
    ("'10.0.0.1'::inet", pa.string(), "10.0.0.1/32"),
    ("interval '1 month 2 days'", pa.string(), "1 mon 2 days"),
    ("'late'::mood", pa.string(), "late"),
    ("7::positive", pa.int32(), 7),
    ("array[1, null, 3]", pa.list_(pa.int32()), [1, None, 3]),
    ("array['a', 'b,\"c']", pa.list_(pa.string()), ["a", 'b,"c']),
    ("array[1.5::numeric]", pa.list_(pa.float64()), [1.5]),
    ("array['late'::mood]", pa.list_(pa.string()), ["late"]),
    ("'{}'::float8[]", pa.list_(pa.float64()), []),
    ("int4range(1, 5)", pa.string(), "[1,5)"),
    ("null", pa.string(), None),
]


@pytest.fixture(scope="module")
def database(postgres_server: Database):
    with postgres_server.fresh_database() as database, database.connect() as connection:
        connection.execute(
            "create type mood as enum ('late', 'early'); create domain positive as int check (value > 0)"
        )
        yield database


@pytest.fixture
def connection(database: Database):
    connection = psycopg2.connect(database.dsn)
    yield connection
    connection.close()


@pytest.mark.parametrize("path", ["snapshot", "transaction"])
def test_reads(connection, path: str) -> None:
    if path == "transaction":
        connection.cursor().execute("create table written (x int)")
    session = Session(connection)
    assert session.reads_ahead == (path == "snapshot")
    columns = ", ".join(f"{expression} as c{i}" for i, (expression, _, _) in enumerate(READS))
    nulls = ", ".join("null" for _ in READS)
    relation = session.sql(f"select {columns} union all select {nulls}")
    table = relation.to_arrow_table()
    session.close()
    for (expression, arrow, value), column in zip(READS, table.columns, strict=True):
        assert column.type == arrow, expression
        found, null = column.to_pylist()
        same = math.isnan(found) if isinstance(value, float) and math.isnan(value) else found == value
        assert same and null is None, (expression, found)


# An Arrow array, the column type it gets, and the same values as psycopg reads them back.
U = uuid.UUID(int=255)
WRITES: list[tuple[pa.Array, str, list[Any]]] = [
    (pa.array([True, None]), "boolean", [True, None]),
    (pa.array([-128, None], pa.int8()), "smallint", [-128, None]),
    (pa.array([65535], pa.uint16()), "integer", [65535]),
    (pa.array([4294967295], pa.uint32()), "bigint", [4294967295]),
    (pa.array([2**64 - 1], pa.uint64()), "numeric(20,0)", [Decimal(2**64 - 1)]),
    (pa.array([0.5, None], pa.float16()), "real", [0.5, None]),
    (pa.array([math.inf, -math.inf, 5e-324, 0.1, None]), "double precision", [math.inf, -math.inf, 5e-324, 0.1, None]),
    (pa.array([Decimal("-12.50"), None]), "numeric(4,2)", [Decimal("-12.50"), None]),
    (
        pa.array(["", None, "NULL", "\\N", '"', "a,b\r\n\\.\nc"]),
        "text",
        ["", None, "NULL", "\\N", '"', "a,b\r\n\\.\nc"],
    ),
    (pa.array(["x", None], pa.large_string()), "text", ["x", None]),
    (pa.array(["x", None], pa.string_view()), "text", ["x", None]),
    (pa.array(["b", "a", None, "b"]).dictionary_encode(), "text", ["b", "a", None, "b"]),
    (pa.array([b"\x00\xff", b"", None]), "bytea", [b"\x00\xff", b"", None]),
    (pa.array([b"ab", None], pa.binary(2)), "bytea", [b"ab", None]),
    (pa.array([dt.date(1, 1, 1), None]), "date", [dt.date(1, 1, 1), None]),
    (pa.array([dt.date(2013, 1, 1)], pa.date64()), "date", [dt.date(2013, 1, 1)]),
    (pa.array([dt.time(1, 2, 3, 4)]), "time without time zone", [dt.time(1, 2, 3, 4)]),
    (pa.array([1_999], pa.timestamp("ns")), "timestamp without time zone", [dt.datetime(1970, 1, 1, 0, 0, 0, 1)]),
    (
        pa.array([dt.datetime(2013, 7, 1, tzinfo=UTC)], pa.timestamp("us", "America/New_York")),
        "timestamp with time zone",
        [dt.datetime(2013, 7, 1, tzinfo=UTC)],
    ),
    (
        pa.array([dt.timedelta(days=-1, microseconds=5), None]),
        "interval",
        [dt.timedelta(days=-1, microseconds=5), None],
    ),
    (pa.array([pa.MonthDayNano([0, 2, 3000])]), "interval", [dt.timedelta(days=2, microseconds=3)]),
    (pa.array([[1, None], [], None]), "bigint[]", [[1, None], [], None]),
    (pa.array([[[1.5], [2.5]]]), "double precision[]", [[[1.5], [2.5]]]),
    (pa.array([['a"\\,{}', "NULL", ""]]), "text[]", [['a"\\,{}', "NULL", ""]]),
    (pa.array([[b"\x00"], None]), "bytea[]", [[b"\x00"], None]),
    (
        pa.array([[dt.datetime(2013, 1, 1)]], pa.list_(pa.timestamp("us"))),
        "timestamp without time zone[]",
        [[dt.datetime(2013, 1, 1)]],
    ),
    (pa.array([{"a": [1, None], "é": "x"}, None]), "jsonb", [{"a": [1, None], "é": "x"}, None]),
    (pa.array([U.bytes, None], pa.uuid()), "uuid", [U, None]),
    (pa.array(['{"a": 1}'], pa.json_()), "jsonb", [{"a": 1}]),
    (pa.nulls(2), "text", [None, None]),
]


@pytest.mark.parametrize(("array", "type_name", "values"), WRITES, ids=[str(a.type) for a, _, _ in WRITES])
def test_writes(database: Database, connection, array: pa.Array, type_name: str, values: list[Any]) -> None:
    name = 'we"ird ; drop table x; --'
    cursor = connection.cursor()
    cursor.execute(f"create table written ({identifier(name)} {column_type(array.type)})")
    schema = pa.schema([(name, array.type)])
    batch = pa.RecordBatch.from_arrays([array], schema=schema)
    assert copy_batches(cursor, "written", schema, [batch], {}) == len(array)
    connection.commit()
    try:
        with database.connect() as other:
            found = other.execute("select * from written")
            assert [row[0] for row in found] == values
            [(stored,)] = other.execute(
                "select format_type(atttypid, atttypmod) from pg_attribute "
                "where attrelid = 'written'::regclass and attnum = 1"
            )
            assert stored == type_name
    finally:
        cursor.execute("drop table written")
        connection.commit()


def test_nan_is_kept_and_is_not_null(database: Database, connection) -> None:
    cursor = connection.cursor()
    cursor.execute("create temporary table written (x float8)")
    batch = pa.RecordBatch.from_pydict({"x": [math.nan, None]})
    copy_batches(cursor, "written", batch.schema, [batch], {})
    cursor.execute("select x = 'NaN', x is null from written")
    assert cursor.fetchall() == [(True, False), (None, True)]


def test_a_type_without_a_counterpart_is_refused_by_name() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(UnsupportedType, match=r"column `odd` .*sparse_union.*`data_type`"):
        encoder(pa.field("odd", union.type))


def test_a_value_without_json_form_is_refused_by_name() -> None:
    array = pa.array([{"a": math.nan}])
    with pytest.raises(UnsupportedType, match=r"column `odd` .*JSON"):
        encoder(pa.field("odd", array.type))(array)


ROW = st.tuples(
    st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.none() | st.floats(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.binary(),
    st.none() | st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)),
    st.none() | st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
)
TYPES = [pa.string(), pa.float64(), pa.int64(), pa.binary(), pa.timestamp("us"), pa.list_(pa.string())]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=20))
def test_whatever_is_written_is_read_back(connection, rows: list[tuple[Any, ...]]) -> None:
    schema = pa.schema([(f"c{i}", arrow) for i, arrow in enumerate(TYPES)])
    arrays = [pa.array([row[i] for row in rows], arrow) for i, arrow in enumerate(TYPES)]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    cursor = connection.cursor()
    cursor.execute(
        "create temporary table round_trip (" + ", ".join(f"{f.name} {column_type(f.type)}" for f in schema) + ")"
    )
    copy_batches(cursor, "round_trip", schema, [batch], {})
    session = Session(connection)
    found = session.sql("select * from round_trip order by ctid").to_arrow_table()
    connection.rollback()
    assert found.schema == schema
    assert repr(found.to_pylist()) == repr(batch.to_pylist())  # repr: NaN equals itself
