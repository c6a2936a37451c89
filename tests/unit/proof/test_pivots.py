"""A PIVOT that is written out gives what DuckDB gives for it: the same columns, the same rows."""

from __future__ import annotations

import duckdb
import pytest

from insitu.proof.sql.parsing import parse

ROWS = """create table f as select * from (values (1, 'a', 1.0, 10), (1, 'b', 2.0, 20), (1, null, 3.0, 1),
    (2, 'a', 4.0, 2), (2, 'c', 5.0, 3), (3, 'c', 6.0, 3), (null, 'a', 7.0, 4), (1, 'a', null, 5)) t(id, kind, v, w)"""
PIVOTS = (
    "select * from f pivot (sum(v) for kind in ('a', 'b') group by id)",
    "select * from f as x pivot (sum(v) as total, count(*) as n for kind in ('a', 'B', 'z') group by id) as p",
    "select p.id, p.b_n + 1 as x from f pivot (count(v) as n for kind in ('a', 'b') group by id) as p where p.a_n > 0",
    "pivot f on kind in ('a', 'b') using max(w) group by id, v",
    "with g as (from f where w > 1) pivot g on kind in ('a', 'b c') using avg(v) as mean group by id",
    "select * from f pivot (avg(v) as mean for kind in ('a' as one, 'b' as \"Two\") group by id)",
    "select * from (pivot (from f where w < 20) on kind in ('a', 'b') using count(*) as n, sum(w) as w group by id) p",
    "with p as (pivot f on kind in ('a', 'b') using sum(v) group by id) select p.a, q.b from p join p as q using (id)",
)


@pytest.mark.parametrize("sql", PIVOTS)
def test_the_same_columns_and_rows(sql: str) -> None:
    written = parse(sql, "duckdb").sql(dialect="duckdb")
    assert "pivot(" not in written.lower() and "pivot f" not in written.lower()
    connection = duckdb.connect()
    connection.execute(ROWS)
    own = connection.execute(sql)
    expected = ([column[0] for column in own.description or []], sorted(map(str, own.fetchall())))
    own = connection.execute(written)
    assert ([column[0] for column in own.description or []], sorted(map(str, own.fetchall()))) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select * from f pivot (sum(v) for kind in ('a', 'b'))",
        "select * from f pivot (sum(v), count(*) for kind in ('a', 'b') group by id)",
        "select * from f pivot (sum(v) for w in (10, 20) group by id)",
        "select * from f pivot (sum(v) for kind in ('a', 'b') w in (10, 20) group by id)",
        "pivot f on kind using sum(v) group by id",
        "pivot f on kind in ('a'), w in (10) using sum(v) group by id",
        "unpivot f on v, w into name kind_of value number",
    ],
)
def test_what_the_text_does_not_say_stays(sql: str) -> None:
    assert "PIVOT" in parse(sql, "duckdb").sql(dialect="duckdb")
