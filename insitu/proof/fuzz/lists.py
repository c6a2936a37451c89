# ruff: noqa: E501 — a query per line reads better
"""Frames of groups of tied rows, lists looked into by a lambda or a slice, and unions by the names of columns."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import a_bound, an_event


def groups(rng: random.Random, dialect: str) -> str:
    """A window whose frame counts groups of rows that tie, on one line of time or over the events themselves."""
    edge = ["unbounded preceding", "1 preceding", "2 preceding", "current row", "1 following", "unbounded following"]
    start = rng.randrange(len(edge) - 1)
    end = rng.randrange(max(start, 1), len(edge))
    exclude = rng.choice(["", "", "", "exclude current row", "exclude group", "exclude ties"])
    order = rng.choice(["ts", "ts", "ts", "ts, tag", "ts desc", "tag, ts"])
    frame = f"groups between {edge[start]} and {edge[end]} {exclude}"
    partition = rng.choice(["partition by k", "partition by k", "partition by k", "partition by k, tag"])
    e, call = an_event(rng), rng.choice(["sum(v)", "count(*)", "max(v)", "max(ts)", "count(v)"])
    if rng.random() < 0.5:
        event_tag, spine_tag = rng.choice([(1, 0), (1, 0), (0, 1), (0, 0)])
        shown = rng.choice(["as_of", "as_of", "as_of - interval '1 day'", "as_of + interval '1 hour'"])
        return (
            f"with u as (select k, ts, {event_tag} as tag, v, cast(null as bigint) as id, cast(null as timestamp) as as_of, 'e' as kind from {e} "
            f"union all select k, {shown}, {spine_tag}, null, id, as_of, 's' from spine), "
            f"r as (select id, as_of, kind, {call} over ({partition} order by {order} {frame}) as x from u) select id, as_of, x from r where kind = 's'"
        )
    return (
        f"with t as (select k, ts, 1 as tag, v, event_id from {e}), h as (select k, ts, {call} over ({partition} order by {order} {frame}) as x from t) "
        f"select s.id, s.as_of, max(h.x) as x from spine s left join h on h.k = s.k and {a_bound(rng, 'h', 's.as_of').replace('h.other', 'h.ts').replace('h.v', 'h.x')} group by s.id, s.as_of"
    )


def lists(rng: random.Random, dialect: str) -> str:
    """Elements of a list, chosen by a lambda or by their place, that the query bounds outside, inside or not at all."""
    e = an_event(rng)
    bound = rng.choice([a_bound(rng, "e", "s.as_of"), "e.ts < s.as_of", "e.ts < s.as_of", "true"])
    order = rng.choice(["e.ts, e.event_id", "e.ts desc, e.event_id", "e.ts", "e.v"])
    last = rng.choice(["1", "2", "1:2", "2:3"])
    join = f"from spine s left join {e} e on e.k = s.k and {bound} group by s.id, s.as_of"
    if dialect == "postgres":
        value = rng.choice([f"(array_agg(e.v order by {order}))[{last}]", f"cardinality((array_agg(e.ts order by {order}))[{last}])"
                            if ":" in last else f"(array_agg(e.ts order by {order}))[{last}]"])  # fmt: skip
        return f"select s.id, s.as_of, {value} as x {join}"
    test = rng.choice(
        ["x < s.as_of", "x < s.as_of", "x <= s.as_of", "x > s.as_of", "x < timestamp '2013-03-10'", "x is not null"]
    )
    step = rng.choice(
        ["date_part('hour', x)", "epoch(x)", "date_diff('hour', x, s.as_of)", "case when x < s.as_of then 1 else 0 end"]
    )
    function = rng.choice(["x -> {}", "lambda x: {}"])
    times = f"list(e.ts order by {order})"
    value = rng.choice(
        [f"len(list_filter({times}, {function.format(test)}))", f"list_max(list_filter({times}, {function.format(test)}))",
         f"list_sum(list_transform({times}, {function.format(step)}))", f"list_transform({times}, {function.format(step)})[{last}]",
         f"list_filter({times}, {function.format(test)})[{last}]", f"[x for x in {times} if {test}][{last}]", f"{times}[{last}]"]
    )  # fmt: skip
    return f"select s.id, s.as_of, {value} as x {join}"


def by_name(rng: random.Random, dialect: str) -> str:
    """Two kinds of event in one union whose columns stand in another order, or of which one lacks some."""
    a, b = an_event(rng), an_event(rng)
    later = rng.choice(["ts", "ts", "other", "ts + interval '6 hours'", "ts - interval '1 hour'"])
    swapped = rng.random() < 0.3  # the time at which it is known goes by the other's name
    columns = ["k", "other as ts", "v", "ts as other"] if swapped else ["k", f"{later} as ts", "v", "other"]
    rng.shuffle(columns)
    if dialect == "duckdb" and rng.random() < 0.8:
        if rng.random() < 0.4:
            columns.pop()
        union = f"select k, ts, other, v from {a} union all by name select {', '.join(columns)} from {b}"
    else:  # by position: as an honest author writes it, or with two times that have changed places
        second = rng.choice([f"k, {later}, other, v", f"k, other, {later}, v", f"k, {later}, {later}, v"])
        union = f"select k, ts, other, v from {a} union all select {second} from {b}"
    call = rng.choice(["count(u.k)", "sum(u.v)", "max(u.other)", "max(u.ts)"])
    return (
        f"with u as ({union}) select s.id, s.as_of, {call} as x from spine s left join u on u.k = s.k and "
        f"{rng.choice(['u.ts < s.as_of', 'u.ts < s.as_of', 'u.ts <= s.as_of', a_bound(rng, 'u', 's.as_of')])} group by s.id, s.as_of"
    )


def pivots(rng: random.Random, dialect: str) -> str:
    """A column for each of some values, as PIVOT writes them, or as filtered aggregates."""
    e = an_event(rng)
    kind = rng.choice(
        [
            "cast(e.k as varchar)",
            "case when e.v > 0 then '1' else '2' end",
            "'1'",
            "'2'",
            "case when e.ts < s.as_of then '1' else '2' end",
        ]
    )
    bound = rng.choice([a_bound(rng, "e", "s.as_of"), "e.ts < s.as_of", "e.ts < s.as_of", "true"])
    rows = f"select s.id, s.as_of, {kind} as kind, e.v, e.ts from spine s left join {e} e on e.k = s.k and {bound}"
    call = rng.choice(["sum(v)", "count(v)", "max(v)", "min(ts)", "count(*)", "max(ts)"])
    keys = rng.choice(["id, as_of", "id, as_of", "id, as_of, kind"])
    if dialect == "postgres":
        columns = ", ".join(f"{call} filter (where kind = '{n}') as x{n}" for n in (1, 2))
        return f"with f as ({rows}) select {keys}, {columns} from f group by {keys}"
    if rng.random() < 0.5:
        return f"with f as ({rows}) select * from f pivot ({call} as x for kind in ('1', '2') group by {keys}) p"
    return f"with f as ({rows}) pivot f on kind in ('1', '2') using {call} as x, count(*) as n group by {keys}"
