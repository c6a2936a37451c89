"""Bounds by a difference of times hold on the real engines: on whole days, at ends of months, before 1970."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import psycopg
import pytest
from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.symbols import STRICT, Zone
from insitu.proof.domain.variants import Value, Variant
from insitu.proof.rules import dispatch
from insitu.proof.rules.truth import differences
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql.normal import normal
from insitu.proof.sql.parsing import parse
from tests.conftest import Database

BOTH = [
    "b - a {} interval '{} days'",
    "b - a {} interval '{} months'",
    "b - a {} interval '{} hours'",
    "cast(b as date) - cast(a as date) {} {}",
    "extract(day from b - a) {} {}",
    "extract(epoch from b - a) {} {}",
    "extract(epoch from b - a) / 3600 {} {}",
    "floor(extract(epoch from b - a) / 3600) {} {}",
    "cast(extract(epoch from b - a) / 3600 as bigint) {} {}",
    "extract(epoch from b) - extract(epoch from a) {} {}",
    "extract(epoch from a) + 60 {} extract(epoch from b) + {}",
    "(cast(b as date) - cast(a as date)) / 7 {} {}",
    "age(b, a) {} interval '{} days'",
]
DUCKDB = [
    *[
        f"date_diff('{u}', a, b) {{}} {{}}"
        for u in ("second", "minutes", "hour", "day", "week", "month", "quarter", "year")
    ],
    *[f"datesub('{u}', a, b) {{}} {{}}" for u in ("minute", "hour", "day", "week", "month")],
    "date_diff('day', date_trunc('month', a), b) {} {}",
    "date_diff('month', a, date_trunc('year', b)) {} {}",
    "date_diff('hour', a, b) / 24 {} {}",
    "date_diff('hour', a, b) // 24 {} {}",
    "epoch(b) - epoch(a) {} {}",
    "epoch_ms(b) - epoch_ms(a) {} {}",
    "epoch_us(a) {} epoch_us(b) + {}",
]  # fmt: skip
STEPS = [-800, -91, -32, -31, -30, -29, -8, -7, -6, -2, -1, 0, 1, 2, 6, 7, 8, 29, 30, 31, 32, 90, 366]


def moments() -> list[tuple[datetime, datetime]]:
    """Pairs of times: on starts of periods, a microsecond beside them, and anywhere, before and after 1970."""
    rng = random.Random(5)
    pairs = []
    for start in (
        datetime(1969, 12, 29),
        datetime(1970, 1, 1),
        datetime(2024, 2, 29),
        datetime(2023, 12, 31, 23, 59, 59),
    ):
        for days in STEPS:
            for beside in (-1, 0, 1, 3_600_000_000, rng.randrange(86_400_000_000)):
                b = start + timedelta(days=days, microseconds=beside)
                pairs += [(start, b), (start + timedelta(microseconds=rng.randrange(10**11)), b)]
    return pairs  # fmt: skip


def bounds(predicate: str, dialect: str) -> dict[str, tuple[int, int]]:
    """What the rule says of a − b and of b − a where the predicate is true."""
    a = dispatch.analyser(None, dialect)  # type: ignore[arg-type]
    x, y = a.symbols.fresh(), a.symbols.fresh()
    variant = Variant({("t", "a"): Value(x, type="timestamp"), ("t", "b"): Value(y, type="timestamp")})
    zone = Zone()
    query = normal(parse(f"select 1 from t where {predicate}", dialect))
    where = query.find(exp.Where)
    assert where is not None
    for part in conjuncts(where.this):
        differences.add(a, part, Row(variant, Env()), zone)
    there, back = a.symbols.paths(zone, x).get(y), a.symbols.paths(zone, y).get(x)
    return {name: w for name, w in (("a - b", there), ("b - a", back)) if w is not None}


def violated(bound: tuple[int, int]) -> tuple[str, int]:
    return (">=" if bound[1] == STRICT else ">"), bound[0]


def checks(dialect: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for shape in BOTH + (DUCKDB if dialect == "duckdb" else []):
        for operator in (">", ">=", "<", "<=", "="):
            for number in (-31, -2, -1, 0, 1, 2, 30):
                predicate = shape.format(operator, number)
                for difference, bound in bounds(predicate, dialect).items():
                    yield predicate, difference, bound


def test_on_duckdb() -> None:
    connection = duckdb.connect()
    connection.execute("create table t (a timestamp, b timestamp)")
    connection.executemany("insert into t values (?, ?)", moments())
    wrong = []
    tried = list(checks("duckdb"))
    for predicate, difference, bound in tried:
        operator, c = violated(bound)
        x, _, y = difference.split()
        sql = f"select count(*) from t where {predicate} and epoch_us({x}) - epoch_us({y}) {operator} {c}"
        if connection.execute(sql).fetchone() != (0,):
            wrong.append((predicate, difference, bound))
    assert wrong == []
    assert len(tried) > 800


def test_on_postgres(postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.dsn) as connection:
        connection.execute("create temporary table t (a timestamp, b timestamp)")
        with connection.cursor() as cursor:
            cursor.executemany("insert into t values (%s, %s)", moments())
        wrong: list[Any] = []
        tried = list(checks("postgres"))
        for predicate, difference, bound in tried:
            operator, c = violated(bound)
            x, _, y = difference.split()
            sql = (
                f"select count(*) from t where {predicate} "
                f"and (extract(epoch from {x}) - extract(epoch from {y})) * 1000000 {operator} {c}"
            )
            if connection.execute(sql).fetchone() != (0,):
                wrong.append((predicate, difference, bound))
        assert wrong == []
        assert len(tried) > 350


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("b - a > interval '0'", (0, 0)),
        ("b - a >= interval '1 month'", (-30 * 86_400_000_000, 1)),
        ("date_diff('day', a, b) >= 1", (0, 0)),
        ("date_diff('month', a, b) >= 2", (-28 * 86_400_000_000, 0)),
        ("date_diff('week', a, b) >= 1", (0, 0)),
        ("datesub('hour', a, b) >= 2", (-7_200_000_000, 1)),
        ("epoch(a) < epoch(b)", (0, 0)),
    ],
)
def test_the_bound_is_the_best_there_is(predicate: str, expected: tuple[int, int]) -> None:
    assert bounds(predicate, "duckdb")["a - b"] == expected
