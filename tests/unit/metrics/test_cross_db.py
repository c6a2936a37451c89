"""What macros write for each warehouse, by what it gives there; the right values are Python's own."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from dbt_common.exceptions import CompilationError

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.render import render


def values(macros: Macros, expression: str, relation: str) -> list[Any]:
    """The values of an expression, in the order of the column `id`; NULL and NaN are None."""
    found = macros.warehouse.query(f"select {expression} as value from {relation} order by id").value
    return [None if pd.isna(value) else value for value in found]


def texts(*rows: str | None) -> str:
    listed = ", ".join(f"({n}, {'null' if row is None else repr(row)})" for n, row in enumerate(rows))
    return f"(values {listed}) as rows (id, v)"


def test_a_hash_as_a_share(macros: Macros) -> None:
    hashes = [hashlib.md5(str(n).encode()).hexdigest() for n in range(50)] + ["0" * 32, "f" * 32]
    for digit in (1, 14):
        found = values(macros, macros.render("hash_share", hash="v", digit=digit), texts(*hashes))
        assert found == [(int(text[digit - 1 : digit + 12], 16) + 0.5) / 16**13 for text in hashes]
        assert all(0 < share < 1 for share in found[:-1])


@pytest.mark.parametrize("names", [["s"], ["s", 'a"b']])
def test_the_hash_of_contents_by_hand(macros: Macros, names: list[str]) -> None:
    rows = [("a|b", None), ("", "x"), ('"', "'"), ("a|b", None)]
    columns = [[value for value in row[: len(names)]] for row in rows]
    listed = ", ".join(f"({', '.join(_literal(value) for value in row)})" for row in columns)
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    sql = macros.render("content_hash", columns=names)
    [found] = macros.warehouse.query(f"select {sql} as value from (values {listed}) as rows ({quoted})").value
    lines = ["|".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) for row in columns]
    hashes = [hashlib.md5(line.encode()).hexdigest() for line in lines]
    sums = [sum(int(text[start : start + 15], 16) for text in hashes) for start in (0, 16)]
    assert found == hashlib.md5(f"{quoted}:{len(rows)}:{sums[0]}:{sums[1]}".encode()).hexdigest()[:16]


def test_numbers_are_hashed_without_quotes(macros: Macros) -> None:
    columns = [SimpleNamespace(name="id", data_type="integer"), SimpleNamespace(name="v", data_type="text")]
    sql = macros.render("content_hash", columns=columns)
    [found] = macros.warehouse.query(f"select {sql} as value from {texts('7')}").value
    text = hashlib.md5(b'0|"7"').hexdigest()
    sums = f"{int(text[:15], 16)}:{int(text[16:31], 16)}"
    assert found == hashlib.md5(f'"id","v":1:{sums}'.encode()).hexdigest()[:16]


def _literal(value: str | None) -> str:
    return "cast(null as varchar)" if value is None else "'" + value.replace("'", "''") + "'"


def test_no_rows_have_a_hash_too(macros: Macros) -> None:
    sql = macros.render("content_hash", columns=["v"])
    [found] = macros.warehouse.query(f"select {sql} as value from {texts('a')} where 1 = 0").value
    assert found == hashlib.md5(b'"v":0:0:0').hexdigest()[:16]


def test_many_values_are_one_text_in_parts(macros: Macros) -> None:
    for n in (90, 91):
        sql = macros.render("row_text", values=[[f"{i}", "integer"] for i in range(n)])
        [found] = values(macros, sql, texts("a"))
        whole = "|".join(map(str, range(n)))
        assert found == (whole if n == 90 else f"|{whole}")


def test_finite(macros: Macros) -> None:
    numbers = ["0", "-1e308", "NaN", "Infinity", "-Infinity", None]
    expression = macros.render("is_finite", column="cast(v as double precision)")
    assert values(macros, expression, texts(*numbers)) == [True, True, False, False, False, None]


def test_squares_of_what_is_almost_nothing(macros: Macros) -> None:
    numbers = [-3.0, 0.0, 1e-149, -1e-149, 1e-200]
    expression = macros.render("squared", x="cast(v as double precision)")
    found = values(macros, expression, texts(*map(repr, numbers)))
    assert found == pytest.approx([number * number for number in numbers], rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(86400, "1 day"), (172800, "2 days"), (90000, "25 hours"), (3600, "1 hour"), (60, "1 minute"), (61, "61 seconds")],
)
def test_a_duration_in_its_largest_unit(macros: Macros, seconds: int, text: str) -> None:
    assert render("duckdb", "duration_text", seconds=seconds) == text
    moment = datetime(2024, 2, 28, 23, 59, 59)
    for macro, expected in (("minus", moment - timedelta(0, seconds)), ("plus", moment + timedelta(0, seconds))):
        column = f"timestamp '{moment}'"
        assert values(macros, macros.render(f"{macro}_duration", column=column, seconds=seconds), texts("a")) == [
            expected
        ]
        assert macros.render(f"{macro}_duration", column=column, seconds=0) == column


@pytest.mark.parametrize("seconds", [1, 900, 21600, 86400, 604800])
def test_blocks_of_time_begin_on_a_monday(macros: Macros, seconds: int) -> None:
    monday = datetime(2000, 1, 3)
    moments = [monday - timedelta(seconds=1), monday, datetime(2024, 2, 29, 13, 14, 59), datetime(1999, 1, 1)]
    expression = macros.render("time_block", moment="cast(v as timestamp)", seconds=seconds)
    length = timedelta(seconds=seconds)
    assert values(macros, expression, texts(*map(str, moments))) == [
        monday + (moment - monday) // length * length for moment in moments
    ]


def test_seconds_between_with_fractions(macros: Macros) -> None:
    first, second = "timestamp '2024-02-28 23:59:59.75'", "timestamp '2024-03-01 00:00:01'"
    for earlier, later, seconds in ((first, second, 86401.25), (second, first, -86401.25)):
        assert values(macros, macros.render("seconds_between", earlier=earlier, later=later), texts("a")) == [seconds]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("INT", "integer"), ("int4", "integer"), ("int2", "smallint"), ("int8", "bigint"), ("long", "bigint")),
        *(("float8", "double precision"), ("double", "double precision"), ("float", "real"), ("float4", "real")),
        *(("decimal(9, 2)", "numeric"), ("numeric(38,0)", "numeric"), ("character varying(3)", "varchar")),
        *(
            ("text", "varchar"),
            ("string", "varchar"),
            ("char(1)", "varchar"),
            ("bpchar", "varchar"),
            ("bool", "boolean"),
        ),
        *(("timestamp(6)", "timestamp"), ("timestamp without time zone", "timestamp"), ("datetime", "timestamp")),
        *(("timestamp with time zone", "timestamptz"), ("time without time zone", "time"), ("blob", "bytea")),
        *((" Date ", "date"), ("uuid", "uuid")),
    ],
)
def test_one_spelling_of_types(written: str, meant: str) -> None:
    assert render("duckdb", "canonical_type", type=written) == meant


def test_names_and_texts(macros: Macros) -> None:
    assert render("duckdb", "identifier", name='a"b') == '"a""b"'
    assert render("duckdb", "quoted", columns=["a", 'b"'], prefix="t.") == ['t."a"', 't."b"""']
    assert values(macros, macros.render("text_literal", text="it's 'so'"), texts("a")) == ["it's 'so'"]
    assert render("duckdb", "join_on", left="l", right="r", columns=["a", "b"]) == 'l."a" = r."a" and l."b" = r."b"'
    assert render("duckdb", "join_on", left="l", right="r", columns={"a": "x"}) == 'l."a" = r."x"'
    assert render("duckdb", "join_on", left="l", right="r", columns=[]) == "1 = 1"
    for bad in ("a\nb", "a\x7f", "\x00"):
        with pytest.raises(CompilationError, match="line break or another control character"):
            render("duckdb", "identifier", name=bad)
    literal = macros.render("timestamp_literal", value=datetime(2024, 2, 29, 1, 2, 3))
    assert values(macros, literal, texts("a")) == [datetime(2024, 2, 29, 1, 2, 3)]


def test_a_macro_by_its_name() -> None:
    assert render("duckdb", "macro_named", name="squared")("x") == "power(x, 2)"
    with pytest.raises(CompilationError, match="There is no macro `metric_of_nobody`"):
        render("duckdb", "macro_named", name="metric_of_nobody")
