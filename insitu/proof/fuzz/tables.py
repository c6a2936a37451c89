# ruff: noqa: E501 — a query per line reads better
"""Queries over periods, versions, labels and set operations."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import an_event


def periods(rng: random.Random) -> str:
    """Totals per period, joined afterwards."""
    unit = rng.choice(["hour", "day", "week", "month"])
    other = rng.choice(["hour", "day", "week", "month"])
    when = rng.choice(
        [f"t.p < date_trunc('{other}', s.as_of)", "t.p < s.as_of", f"t.p <= date_trunc('{other}', s.as_of)",
         f"t.p + interval '1 {unit}' <= s.as_of", f"t.p + interval '1 {other}' < s.as_of", f"t.p < s.as_of - interval '1 {unit}'"]
    )  # fmt: skip
    return (
        f"with t as (select k, date_trunc('{unit}', ts) as p, sum(v) as v from {an_event(rng)} group by 1, 2) "
        f"select s.id, s.as_of, sum(t.v) as x from spine s left join t on t.k = s.k and {when} group by s.id, s.as_of"
    )


def dimension(rng: random.Random) -> str:
    """A dimension: static, or in versions."""
    start = rng.choice(
        ["v.valid_from <= s.as_of", "v.valid_from < s.as_of", "v.valid_from <= s.as_of + interval '1 hour'"]
    )
    end = rng.choice(
        ["(v.valid_to is null or s.as_of < v.valid_to)", "s.as_of < v.valid_to", "s.as_of < coalesce(v.valid_to, timestamp '9999-12-31')",
         "s.as_of <= coalesce(v.valid_to, timestamp '2013-03-11')", "v.valid_to is null", "true"]
    )  # fmt: skip
    shown = rng.choice(["v.price", "v.valid_to", "case when v.price > 1 then 1 else 0 end"])
    if rng.random() < 0.3:
        return f"select s.id, s.as_of, d.w as x from spine s {rng.choice(['left join', 'join'])} dims d on d.k = s.k"
    return f"select s.id, s.as_of, {shown} as x from spine s left join versions v on v.k = s.k and {start} and {end}"


def label(rng: random.Random) -> str:
    """Labels, before and after they have matured."""
    on = rng.choice(["l.k = s.k", "l.id = s.id"])
    bound = rng.choice(
        ["l.matured_at < s.as_of", "l.matured_at <= s.as_of", "l.matured_at < s.as_of + interval '1 day'", "true"]
    )
    shown = rng.choice(
        ["l.late", f"case when {bound} then l.late end", f"case when {bound} then l.late else false end",
         "case when l.matured_at >= s.as_of then null else l.late end"]
    )  # fmt: skip
    if rng.random() < 0.5:
        return (
            f"select s.id, s.as_of, avg(case when l.late then 1.0 else 0.0 end) as x from spine s left join outcomes l "
            f"on {on} and {bound} group by s.id, s.as_of"
        )
    return f"select s.id, s.as_of, {shown} as x from spine s left join outcomes l on l.id = s.id"


def sets(rng: random.Random) -> str:
    """UNION, EXCEPT and INTERSECT of events."""
    operation = rng.choice(["union all", "union", "except", "intersect"])
    columns = rng.choice(["k, ts", "k, ts, v", "k, other as ts", "k, date_trunc('day', ts) as ts"])
    second = rng.choice(["k, ts", "k, ts + interval '6 hours'", "k, other"]) + (", v" if columns.endswith(" v") else "")
    distinct = rng.choice(["", "distinct "])
    return (
        f"with u as (select {distinct}{columns} from {an_event(rng)} {operation} select {second} from {an_event(rng)}) "
        f"select s.id, s.as_of, count(u.k) as x from spine s left join u on u.k = s.k and u.ts < s.as_of group by s.id, s.as_of"
    )
