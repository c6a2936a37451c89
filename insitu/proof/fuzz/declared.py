# ruff: noqa: E501 — a query per line reads better
"""Models with declarations of their own, right ones and wrong ones, and features that read them."""

from __future__ import annotations

import random
from typing import Any

from insitu.proof.fuzz.case import Case, Model
from insitu.proof.fuzz.parts import an_event

_PER_KEY = "over (partition by k order by ts)"  # of changes, where this order leaves no ties


def declared(rng: random.Random, dialect: str) -> Case:
    """A declared model and a feature that reads it."""
    return rng.choice([_event, _event, _versions, _versions, _todays, _from_raw, _from_raw])(rng)


def _strictness(rng: random.Random) -> dict[str, Any]:
    strict = rng.choice([None, None, True, False])
    return {} if strict is None else {"strict": strict}


def _event(rng: random.Random) -> Case:
    source = an_event(rng)
    known = rng.choice(
        [
            "ts",
            "ts",
            "ts + interval '6 hours'",
            "ts + interval '1 day'",
            "ts - interval '1 hour'",
            "greatest(ts, other)",
            "other",
            "date_trunc('day', ts) + interval '1 day'",
            "date_trunc('day', ts)",
        ]
    )
    value = rng.choice(
        [
            "v",
            "v",
            "sum(v) over (partition by k order by ts)",
            "lag(v) over (partition by k order by ts, event_id)",
            "lead(v) over (partition by k order by ts, event_id)",
            "case when other <= ts then v end",
        ]
    )
    lag = rng.choice([{}, {}, {"lag": "6 hours"}])
    where = rng.choice(["", "where v > 1", "where ts is not null and " + known + " is not null"])
    declaration = {
        "kind": rng.choice(["event", "event", "labels"]),
        "unique": [["event_id"]],
        **_strictness(rng),
        **lag,
    }
    declaration["available_at" if declaration["kind"] == "event" else "matured_at"] = "at"
    bound = rng.choice(
        [
            "m.at < s.as_of",
            "m.at <= s.as_of",
            f"m.at + interval '{lag.get('lag', '0 hours')}' < s.as_of",
            f"m.at + interval '{lag.get('lag', '0 hours')}' <= s.as_of",
        ]
    )
    sql = f"select event_id, k, {known} as at, {value} as v from {source} {where}"
    feature = f"select s.id, s.as_of, {rng.choice(['count(m.k)', 'sum(m.v)', 'max(m.at)'])} as x from spine s left join m on m.k = s.k and {bound} group by s.id, s.as_of"
    return Case(feature, {"m": Model(sql, declaration)})


def _versions(rng: random.Random) -> Case:
    follows = f"lead(ts) {_PER_KEY}"
    end = rng.choice(
        [
            follows,
            follows,
            f"{follows} - interval '1 day'",
            f"{follows} + interval '1 day'",
            "(select max(c.ts) from changes c)",
            "ts + interval '1 day'",
            "other",
            f"coalesce({follows}, timestamp '9999-12-31')",
        ]
    )
    price = rng.choice(["v", "v", "v", f"lead(v) {_PER_KEY}", f"count(*) {_PER_KEY}"])
    declaration = {
        "kind": "validity",
        "valid_from": "valid_from",
        "valid_to": "valid_to",
        "unique": [["k", "valid_from"]],
        **_strictness(rng),
    }
    if rng.random() < 0.2:
        declaration["not_null"] = ["valid_to"]
    start = rng.choice(["m.valid_from <= s.as_of", "m.valid_from < s.as_of"])
    until = rng.choice(
        [
            "(m.valid_to is null or s.as_of < m.valid_to)",
            "(m.valid_to is null or s.as_of <= m.valid_to)",
            "s.as_of < coalesce(m.valid_to, timestamp '9999-12-31')",
            "s.as_of < m.valid_to",
            "true",
        ]
    )
    shown = rng.choice(["m.price", "m.price", "m.valid_to", "m.valid_from"])
    start_at = rng.choice(["ts", "ts", "ts", "ts + interval '1 hour'", "ts - interval '1 hour'"])
    sql = f"select k, {price} as price, {start_at} as valid_from, {end} as valid_to from changes"
    return Case(
        f"select s.id, s.as_of, {shown} as x from spine s left join m on m.k = s.k and {start} and {until}",
        {"m": Model(sql, declaration)},
    )


def _todays(rng: random.Random) -> Case:
    top = rng.choice(["max(e.v)", "count(*)", "min(d.w)", "max(d.w)"])
    sql = f"select d.k, {top} as top from dims d left join {an_event(rng)} e on e.k = d.k group by d.k"
    declaration: dict[str, Any] = {"kind": "mutable", "immutable": rng.choice([["k"], ["k", "top"]]), "unique": [["k"]]}
    if rng.random() < 0.7:
        declaration["rows_are_permanent"] = "dimensions never come or go"
    shown = rng.choice(["m.top", "m.k", "count(*) over (partition by s.id, s.as_of)"])
    return Case(
        f"select s.id, s.as_of, {shown} as x from spine s left join m on m.k = s.k", {"m": Model(sql, declaration)}
    )


def _from_raw(rng: random.Random) -> Case:
    """Over raw rows, which are known at ts: the model says so of each row that it makes of one of them."""
    by = rng.choice(
        [
            "k, ts",
            "k, ts",
            "k, date_trunc('month', ts)",
            "k",
            "abs(k), ts",
            "cast(k as varchar), ts",
            "k % 2, ts",
            "lower(name), ts",
            "k, ts, v",
            "k, extract(year from ts)",
            "k, extract(year from ts)",
            "k, date_trunc('day', ts)",
        ]
    )
    value = rng.choice(["sum(v)", "max(v)", "count(*)"])
    declaration = {"kind": "event", "available_at": "ts", **_strictness(rng)}
    sql = rng.choice(
        [
            f"select min(k) as k, min(ts) as ts, {value} as v from feed group by {by}",
            "select k, ts, v from feed where v > 1",
            f"select k, ts, {rng.choice(['sum(v)', 'max(v)'])} over (partition by {by}) as v from feed",
            "select f.k, f.ts, g.v from feed f join feed g on g.k = f.k and g.ts = f.ts",
        ]
    )  # fmt: skip
    bound = rng.choice(["m.ts < s.as_of", "m.ts < s.as_of", "m.ts <= s.as_of"])
    return Case(
        f"select s.id, s.as_of, count(m.k) as x, sum(m.v) as y from spine s left join m on m.k = s.k and {bound} group by s.id, s.as_of",
        {"m": Model(sql, declaration)},
    )
