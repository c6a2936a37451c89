# ruff: noqa: E501 — a query per line reads better
"""Declarations of models, held against their SQL: what a reader may do with a declared model leaks on no rows.

Each case is a declared model and a reader that keeps to the declaration. Both are run on made-up rows, whole and cut:
that, and not the checker, says whether the declaration is true.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from insitu.proof import check_sql
from insitu.proof.fuzz.fuzzer import World
from insitu.proof.fuzz.relations import RELATIONS
from insitu.proof.project.declarations import DeclarationError

STRICTLY = (
    "select s.id, s.as_of, count(m.k) as n from spine s left join m on m.k = s.k and m.at < s.as_of group by 1, 2"
)
AT_ONCE = STRICTLY.replace("m.at < s.as_of", "m.at <= s.as_of")
TOTAL = STRICTLY.replace("count(m.k)", "sum(m.v)")
IN_FORCE = """select s.id, s.as_of, max(m.price) as price from spine s left join m on m.k = s.k
and m.valid_from <= s.as_of and (m.valid_to is null or s.as_of < m.valid_to) group by 1, 2"""
IN_FORCE_AFTER = IN_FORCE.replace("m.valid_from <= s.as_of", "m.valid_from < s.as_of").replace(
    "s.as_of < m.valid_to", "s.as_of <= m.valid_to"
)
IN_FORCE_CLOSED = IN_FORCE.replace("m.valid_to is null or ", "")
ANY = "select s.id, s.as_of, max(m.top) as top from spine s left join m on m.k = s.k group by 1, 2"
COUNTED = "select s.id, s.as_of, (select count(*) from m) as n from spine s"


def versions_of(table: str, end: str = "lead(ts) over (partition by k order by ts)") -> str:
    first = f"select k, ts, max(v) as price from {table} group by k, ts"
    return f"select k, price, ts as valid_from, {end} as valid_to from ({first}) as x"


EVENT = {"kind": "event", "available_at": "at"}
VALIDITY = {"kind": "validity", "valid_from": "valid_from", "valid_to": "valid_to"}
LABELS = {"kind": "labels", "matured_at": "at"}
MUTABLE = {"kind": "mutable", "immutable": ["k", "top"]}
PERMANENT = {**MUTABLE, "rows_are_permanent": "every customer is there from the first day on"}
STATIC = {"kind": "static", "reason": "as the author thinks"}
LEAD_DAY = "lead(ts) over (partition by k order by ts)"


@dataclass
class Case:
    declaration: dict[str, Any]
    model: str
    reader: str
    raw: tuple[str, ...] = ()  # the key of events, when they are declared raw


LEAKS = {
    "readable at the time of a strict event": Case({**EVENT, "strict": False}, "select k, ts as at, v from events", AT_ONCE),
    "labels readable at the time of a strict event": Case(
        {**LABELS, "strict": False}, "select k, ts as at, v from events", AT_ONCE
    ),
    "readable at a rounded time of strict events": Case(
        {**EVENT, "strict": False}, "select k, greatest(ts, other) as at, v from events", AT_ONCE
    ),
    "known before a slow event": Case(EVENT, "select k, ts as at, v from slow", STRICTLY),
    "a lag that is too short": Case(
        {**EVENT, "lag": "5 hours"}, "select k, ts as at, v from slow", STRICTLY.replace("m.at", "m.at + interval '5 hours'")
    ),
    "versions of strict events in force at once": Case(VALIDITY, versions_of("events"), IN_FORCE),
    "ends of slow events": Case(
        {**VALIDITY, "lag": "5 hours"}, versions_of("slow"),
        IN_FORCE.replace("s.as_of", "s.as_of - interval '5 hours'").replace("select s.id, s.as_of - interval '5 hours'", "select s.id, s.as_of"),
    ),
    "an end before the next version": Case(VALIDITY, versions_of("loose", f"{LEAD_DAY} - interval '1 day'"), IN_FORCE),
    "the end of the day before the next version": Case(
        VALIDITY, versions_of("loose", f"date_trunc('day', {LEAD_DAY})"), IN_FORCE
    ),
    "open versions that are declared closed": Case(
        {**VALIDITY, "not_null": ["valid_to"]}, versions_of("loose"), IN_FORCE_CLOSED
    ),
    "the last version ever": Case(
        VALIDITY, versions_of("loose", "(select max(ts) from loose as o where o.k = x.k)"), IN_FORCE
    ),
    "an end that the last version has only while it is the last": Case(
        VALIDITY, versions_of("loose", f"coalesce({LEAD_DAY}, ts + interval '1 hour')"), IN_FORCE
    ),
    "the end of the version after the next": Case(
        VALIDITY, versions_of("loose", "lead(ts, 2) over (partition by k order by ts)"),
        IN_FORCE.replace("max(m.price)", "count(m.price)").replace("s.as_of < m", "s.as_of + interval '3 days' < m"),
    ),
    "immutable, but the most of all times": Case(
        PERMANENT, "select k, max(v) as top from events group by k", ANY
    ),
    "permanent rows that come with events": Case(
        PERMANENT, "select distinct k, 1 as top from events", COUNTED
    ),
    "static, but the most of all times": Case(STATIC, "select k, max(v) as top from events group by k", ANY),
    "static rows that come with events": Case(STATIC, "select distinct k, 1 as top from events", COUNTED),
    "raw rows of a month": Case(
        EVENT, "select k, date_trunc('month', ts) as at, sum(v) as v from events group by k, date_trunc('month', ts)",
        TOTAL, ("k", "ts"),
    ),
    "raw rows of a month, as text": Case(
        EVENT, "select k, min(ts) as at, sum(v) as v from events group by k, strftime(ts, '%Y-%m')", TOTAL, ("k", "ts")
    ),
    "raw rows of a day": Case(
        EVENT, "select k, min(ts) as at, sum(v) as v from events group by k, cast(ts as date)", TOTAL, ("k", "ts")
    ),
    "raw rows of a day, later": Case(
        EVENT, "select k, min(ts) as at, sum(v) as v from events group by k, date_trunc('day', ts) + interval '1 day'",
        TOTAL, ("k", "ts"),
    ),
    "raw rows that are equally even": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events group by even(event_id)", TOTAL, ("event_id",)
    ),
    "raw rows told by the rest of a division": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events group by event_id % 2", TOTAL, ("event_id",)
    ),
    "raw rows told by a letter": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events group by left(cast(event_id as varchar), 0)",
        TOTAL, ("event_id",),
    ),
    "raw rows told by one boolean": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events group by cast(event_id as boolean)",
        TOTAL, ("event_id",),
    ),
    "raw rows told by texts that run together": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events "
        "group by repeat(cast(k as varchar), 0) || repeat(cast(event_id as varchar), 0)", TOTAL, ("event_id",),
    ),
    "raw rows ranked among each other": Case(
        EVENT, "select k, ts as at, sum(v) over (partition by k) as v from events", TOTAL, ("event_id",)
    ),
    "raw rows beside other ones": Case(
        EVENT, "select a.k, a.ts as at, b.v from events a join events b on a.k = b.k", TOTAL, ("event_id",)
    ),
    "raw rows beside other ones, twice removed": Case(
        EVENT, "with x as (select k, ts, v from events) select a.k, a.ts as at, b.v from x a left join x b on a.k = b.k",
        TOTAL, ("event_id",),
    ),
    "raw rows beside all": Case(
        EVENT, "select a.k, a.ts as at, b.v from events a, events b", TOTAL, ("event_id",)
    ),
    "raw rows beside their successors": Case(
        EVENT, "select a.k, a.ts as at, b.v from events a join events b on a.event_id = b.event_id - 1 and a.k <= b.k",
        TOTAL, ("event_id",),
    ),
}  # fmt: skip
HOLD = {
    "a strict event, renamed": Case(EVENT, "select k, ts as at, v from events", STRICTLY),
    "readable at the time of a loose event": Case({**EVENT, "strict": False}, "select k, ts as at, v from loose", AT_ONCE),
    "a slow event with its lag": Case(
        {**EVENT, "lag": "6 hours"}, "select k, ts as at, v from slow", STRICTLY.replace("m.at", "m.at + interval '6 hours'")
    ),
    "a slow event with its lag in the column": Case(EVENT, "select k, ts + interval '6 hours' as at, v from slow", STRICTLY),
    "versions of loose events": Case(VALIDITY, versions_of("loose"), IN_FORCE),
    "versions of loose events, none open": Case(
        VALIDITY, versions_of("loose", f"coalesce({LEAD_DAY}, timestamp '9999-12-31')"), IN_FORCE_CLOSED
    ),
    "versions of strict events": Case({**VALIDITY, "strict": True}, versions_of("events"), IN_FORCE_AFTER),
    "versions of a fixed length": Case(VALIDITY, versions_of("loose", "ts + interval '3 days'"), IN_FORCE),
    "versions, renamed": Case(VALIDITY, "select k, price, valid_from, valid_to from versions", IN_FORCE),
    "immutable columns beside mutable ones": Case(
        {**PERMANENT, "immutable": ["k", "top"]}, "select k, w as top, w as other from dims", ANY
    ),
    "raw rows by their key as text": Case(
        EVENT, "select min(k) as k, min(ts) as at, sum(v) as v from events group by md5(cast(event_id as varchar) || '-')",
        TOTAL, ("event_id",),
    ),
    "raw rows beside themselves": Case(
        EVENT, "select a.k, a.ts as at, b.v from events a join events b on a.event_id = b.event_id", TOTAL, ("event_id",)
    ),
    "raw rows by their key and more": Case(
        EVENT, "select k, min(ts) as at, sum(v) as v from events group by k, ts + interval '1 day', event_id",
        TOTAL, ("event_id",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7)


def proved(case: Case) -> tuple[bool, str]:
    """Is the declaration found to hold, and its reader proved? And what was found."""
    relations = {name: dict(r) for name, r in RELATIONS.items()}
    if case.raw:
        relations["events"]["point_in_time"] = {"kind": "raw", "key": list(case.raw)}
    declared = check_sql(case.model, relations, name="m", declaration=case.declaration)
    relations["m"] = {"sql": case.model, "point_in_time": case.declaration}
    reader = check_sql(case.reader, relations)
    said = [
        f"{f.code} {c.model}.{c.column}: {f.message}" for r in (declared, reader) for c in r.columns for f in c.findings
    ]
    return declared.ok and reader.ok, "\n".join(said)


def leak(world: World, case: Case, tries: int = 24) -> str | None:
    return world.leak(f"with m as ({case.model}) {case.reader}", random.Random(0), tries=tries, instants=8)


@pytest.mark.parametrize("case", LEAKS.values(), ids=LEAKS.keys())
def test_a_declaration_that_is_not_true_is_refused(world: World, case: Case) -> None:
    assert leak(world, case), "the rows show no leak, so this is no case of one"
    assert not proved(case)[0]


@pytest.mark.parametrize("case", HOLD.values(), ids=HOLD.keys())
def test_a_declaration_that_is_true_holds(world: World, case: Case) -> None:
    assert leak(world, case) is None
    ok, said = proved(case)
    assert ok, said


def test_rows_of_a_mutable_table_are_not_taken_for_permanent() -> None:
    relations = {
        **RELATIONS,
        "users": {"columns": {"k": "bigint", "born": "date"}, "point_in_time": MUTABLE | {"immutable": ["k"]}},
    }
    counting = "select s.id, s.as_of, (select count(*) from users) as n from spine s"
    refused = check_sql(counting, relations)
    assert "say why in `rows_are_permanent`" in str([f.message for c in refused.columns for f in c.findings])
    relations["users"]["point_in_time"] = PERMANENT | {"immutable": ["k"]}
    assert check_sql(counting, relations).ok


@pytest.mark.parametrize("word", [True, "yes", ""])
def test_permanence_needs_a_reason(word: object) -> None:
    relations = {
        **RELATIONS,
        "users": {"columns": {"k": "bigint"}, "point_in_time": MUTABLE | {"rows_are_permanent": word}},
    }
    with pytest.raises(DeclarationError, match=r"rows_are_permanent.*10 letters"):
        check_sql("select s.id, s.as_of from spine s join users u on u.k = s.k", relations)
