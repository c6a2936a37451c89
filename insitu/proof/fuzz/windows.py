# ruff: noqa: E501 — a query per line reads better
"""Queries with window functions, and with an order that may leave ties."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import LENGTHS, a_bound, an_event


def a_window(rng: random.Random) -> str:
    """Partition, order and frame; the order may leave ties."""
    frames = [
        "", "rows between unbounded preceding and current row", "range between unbounded preceding and current row",
        "range between interval '1 day' preceding and interval '1 microsecond' preceding", "rows between 2 preceding and 1 preceding",
        "range between unbounded preceding and interval '1 hour' following", "rows between unbounded preceding and unbounded following",
        "range between unbounded preceding and current row exclude group",
        "range between current row and unbounded following", "range between interval '1 second' following and unbounded following",
    ]  # fmt: skip
    order = rng.choice(["ts", "ts", "ts desc", "ts, tag", "ts, tag", "ts, tag desc", "ts desc, tag", "v", "other"])
    frame = rng.choice(frames)
    if "interval" in frame:
        order = rng.choice(["ts", "ts desc"])
    partition = rng.choice(["partition by k", "partition by k", "partition by k, date_trunc('day', ts)", ""])
    return f"({partition} order by {order} {frame})"


def timeline(rng: random.Random) -> str:
    """Events and as-of rows on one line of time."""
    event_tag, spine_tag = rng.choice([(1, 0), (1, 0), (0, 1), (0, 0)])
    e = an_event(rng)
    call = rng.choice(["sum(v)", "count(v)", "max(v)", "sum(v)", "count(*)", "max(case when v > 1 then ts end)"])
    edge = rng.choice(["as_of", "as_of", "as_of - interval '1 day'", "as_of + interval '1 hour'"])
    return (
        f"with u as (select k, ts, other, {event_tag} as tag, v, null::bigint as id, null::timestamp as as_of, 'e' as kind from {e} "
        f"union all select k, {edge} as ts, as_of as other, {spine_tag} as tag, null as v, id, as_of, 's' as kind from spine), "
        f"r as (select *, {call} over {a_window(rng)} as x from u) select id, as_of, x from r where kind = 's'"
    )


def history(rng: random.Random) -> str:
    """A window over the events themselves, joined afterwards."""
    call = rng.choice(
        [
            "sum(v)",
            "count(*)",
            "lag(v)",
            "lead(v)",
            "row_number()",
            "rank()",
            "first_value(v)",
            "max(v)",
            "ntile(2)",
            "percent_rank()",
        ]
    )
    over = a_window(rng).replace(", tag desc", ", event_id desc").replace(", tag", ", event_id")
    if call in ("row_number()", "rank()", "ntile(2)", "percent_rank()", "lag(v)", "lead(v)"):
        over = over.split(" rows")[0].split(" range")[0].rstrip(")") + ")"
    return (
        f"with h as (select *, {call} over {over} as x from {an_event(rng)}) select s.id, s.as_of, max(h.x) as x from spine s "
        f"left join h on h.k = s.k and {a_bound(rng, 'h', 's.as_of')} group by s.id, s.as_of"
    )


def last(rng: random.Random) -> str:
    """The last event before as-of, by its row number."""
    order = rng.choice(["e.ts desc, e.event_id", "e.ts desc", "e.ts, e.event_id", "e.v desc, e.event_id"])
    inner = (
        f"select s.id, s.as_of, e.v, e.ts, row_number() over (partition by s.id, s.as_of order by {order}) as n "
        f"from spine s left join {an_event(rng)} e on e.k = s.k and {a_bound(rng, 'e', 's.as_of')}"
    )
    if rng.random() < 0.3:
        return inner.replace(f"row_number() over (partition by s.id, s.as_of order by {order}) as n", "1 as n")
    return f"select id, as_of, v from ({inner}) x where n = {rng.choice(['1', '1', '2'])}"


def runs(rng: random.Random) -> str:
    """Does the same value come again soon?"""
    length, read = rng.choice(LENGTHS), rng.choice(LENGTHS)
    key = rng.choice(["k, v", "k", "k, other"])
    seen = rng.choice(["distinct k, v, other, ts", "distinct k, v, other, ts", "k, v, other, ts"])
    over = f"over (partition by {key} order by {rng.choice(['ts', 'ts', 'ts', 'ts desc', 'other'])})"
    again = rng.choice(
        [f"lead(ts) {over} <= ts + interval '{length}'", f"lead(ts) {over} < ts + interval '{length}'",
         f"ts + interval '{length}' >= lead(ts) {over}", f"lead(ts) {over} > ts + interval '{length}'", f"lead(ts) {over} <= other",
         f"lag(ts) {over} >= ts - interval '{length}'", f"lag(ts) {over} is null", f"not (lead(ts) {over} > ts + interval '{length}')"]
    )  # fmt: skip
    flag = rng.choice([f"case when {again} then 0 else 1 end", f"case when {again} then 1 end", f"{again}"])
    moment = rng.choice(
        [f"r.ts < s.as_of - interval '{read}'", f"r.ts <= s.as_of - interval '{read}'", "r.ts < s.as_of"]
    )
    only = rng.choice(["", "", "and r.flag = 1" if flag.startswith("case") else ""])
    return (
        f"with seen as (select {seen} from {an_event(rng)}), r as (select k, ts, {flag} as flag from seen) select s.id, s.as_of, "
        f"count(r.flag) as n, max(cast(r.flag as integer)) as x from spine s left join r on r.k = s.k and {moment} {only} group by s.id, s.as_of"
    )


def picked(rng: random.Random) -> str:
    """One row of several: by DISTINCT ON, QUALIFY, a correlated maximum, or an indexed list."""
    e, bound = an_event(rng), a_bound(rng, "e", "s.as_of")
    order = rng.choice(["e.ts desc, e.event_id", "e.ts, e.event_id", "e.v desc, e.event_id", "e.ts desc"])
    join = f"from spine s left join {e} e on e.k = s.k and {bound}"
    return rng.choice(
        [
            f"select distinct on (s.id, s.as_of) s.id, s.as_of, e.v {join} order by s.id, s.as_of, {order}",
            f"select s.id, s.as_of, e.v {join} qualify row_number() over (partition by s.id, s.as_of order by {order}) = 1",
            f"select s.id, s.as_of, (list(e.v order by {order}))[1] as x {join} group by s.id, s.as_of",
            f"select s.id, s.as_of, max(e.v) as x {join} and e.ts = (select max(f.ts) from {e} f where f.k = s.k and {a_bound(rng, 'f', 's.as_of')}) group by s.id, s.as_of",
            f"select s.id, s.as_of, count(*) over (partition by s.k order by s.as_of) as x, {rng.choice(['lag', 'lead'])}(s.as_of) over (partition by s.k order by s.as_of, s.id) as y from spine s",
            f"select s.id, s.as_of, count(p.id) as x from spine s left join spine p on p.k = s.k and p.as_of {rng.choice(['<', '<=', '>', '<>'])} s.as_of group by s.id, s.as_of",
            f"select s.id, s.as_of, count(e.event_id) as x from spine s cross join lateral generate_series(s.as_of - interval '2 days', s.as_of {rng.choice(['- interval 1 day', '', '+ interval 1 day'])}, interval '1 day') as g(t) "
            f"left join {e} e on e.k = s.k and e.ts < g.t group by s.id, s.as_of",
        ]
    )


def numbered(rng: random.Random) -> str:
    """Rows numbered, picked and limited by orders that may leave ties."""
    e, bound = an_event(rng), a_bound(rng, "e", "s.as_of", 2)
    orders = ["e.ts", "e.ts, e.event_id", "e.v", "e.ts desc", "e.v, e.ts", "e.event_id"]
    one, two = rng.choice(orders), rng.choice(orders)
    numbers = [
        "row_number()",
        "row_number()",
        "rank()",
        "lag(e.ts)",
        "lag(e.v)",
        "first_value(e.ts)",
        "count(*)",
        "sum(e.v)",
    ]
    frame = rng.choice(
        ["", "", "", "rows between 1 preceding and current row", "rows between unbounded preceding and current row"]
    )
    over = f"(order by {one} {frame})"
    n = f"{rng.choice(numbers)} over {over}"
    m = rng.choice(
        [
            f"{rng.choice(numbers)} over w",
            f"{rng.choice(numbers)} over (order by {two})",
            f"{rng.choice(numbers)} over {over}",
            "e.ts",
            "e.v",
            "1",
        ]
    )
    keys = rng.choice([one, two, "n", "m"])
    end = rng.choice(
        [
            "",
            "",
            f"order by {keys} limit {rng.choice([1, 2])}",
            f"qualify {rng.choice(['n', 'm', 'v', 'row_number() over w'])} = 1",
        ]
    )
    group = rng.choice(["", "", "", "", "group by e.k, e.v"])
    if group:
        n, end = (
            rng.choice(["count(*)", "max(e.ts)", "row_number() over (order by count(*))"]),
            f"order by {rng.choice(['e.k', 'e.v', 'n', 'e.k, e.v'])} limit 1",
        )
        m, two = rng.choice(["1", "e.k"]), "e.k"
    rows = (
        f"select {n} as n, {m} as m from {e} e where e.k = s.k and {bound} {group} window w as (order by {two}) {end}"
    )
    if "over w" not in rows:
        rows = rows.replace(f"window w as (order by {two})", "")
    pick = rng.choice(["true", "l.n = 1", "l.m = 1", "l.n = 2"])
    return f"select s.id, s.as_of, l.n as x from spine s left join lateral ({rows}) l on {pick}"


def kinds(rng: random.Random) -> str:
    """Two kinds of event in one union, with or without a constant that says which."""
    a, b = an_event(rng), an_event(rng)
    shift = "ts + interval '6 hours'" if "slow" in (a, b) else "ts"
    value = rng.choice(["v", "null", "1.0"])
    union = f"with u as (select event_id, k, {shift} as ts, v, 1 as tag from {a} union all select event_id, k, {rng.choice([shift, 'ts'])}, {value}, 2 from {b}) "
    order = rng.choice(["u.ts", "u.ts, u.tag", "u.ts, u.tag, u.event_id", "u.event_id", "u.ts desc, u.event_id"])
    bound = rng.choice(["u.ts < s.as_of", "u.ts < s.as_of", "u.ts <= s.as_of"])
    join = f"from spine s left join u on u.k = s.k and {bound}"
    x = rng.choice(
        [f"list(u.tag order by {order})", f"list(u.v order by {order})", f"arg_max(u.v, {rng.choice(['u.ts', 'row(u.ts, u.tag, u.event_id)'])})",
         "max(case when u.tag = 1 then 1 else 0 end)", "sum(u.v) filter (where u.tag = 2)", "count(case when u.tag = 2 then 1 end)"]
    )  # fmt: skip
    frame = rng.choice(
        [
            "rows between unbounded preceding and current row",
            "rows between 2 preceding and 1 preceding",
            "rows between unbounded preceding and 2 preceding",
            "",
        ]
    )
    return union + rng.choice(
        [
            f"select s.id, s.as_of, {x} as x {join} group by s.id, s.as_of",
            f"select s.id, s.as_of, l.tag as x from spine s left join lateral (select u.tag, u.ts from u where u.k = s.k and {bound} order by {order} limit 1) l on true",
            f", t as (select id, k, as_of as ts, 0 as tag, cast(null as double) as v from spine union all select null, k, ts, tag, v from u) "
            f"select id, ts as as_of, x from (select id, ts, tag, {rng.choice(['sum', 'count', 'max'])}(v) over (partition by k order by ts, tag {frame}) as x from t) y where tag = 0",
        ]
    )


def nearest(rng: random.Random) -> str:
    """The state at the last event, of windows that rows of one instant share, or do not."""
    call = rng.choice(["sum(v)", "count(*)", "max(v)", "rank()", "row_number()", "lag(v)", "avg(v)"])
    frame = rng.choice(
        ["", "", "range between interval '1 day' preceding and current row", "range between unbounded preceding and current row",
         "rows between unbounded preceding and current row", "range between unbounded preceding and current row exclude group",
         "range between unbounded preceding and current row exclude ties", "range between unbounded preceding and unbounded following"]
    )  # fmt: skip
    frame = "" if ("(v)" not in call and "*" not in call) or "lag" in call else frame
    order = rng.choice(["ts", "ts", "ts", "ts, event_id", "other"]) if "interval" not in frame else "ts"
    over = f"over (partition by k order by {order} {frame})"
    column = rng.choice(
        [f"{call} {over}", f"{call} {over} / 2", f"{call} {over} + v", f"{call} {over} + date_part('hour', ts)"]
    )
    on = rng.choice(["t.ts < s.as_of", "t.ts < s.as_of", "t.ts <= s.as_of", "t.ts < s.as_of - interval '1 day'"])
    return (
        f"with t as (select k, ts, {column} as x from {an_event(rng)}) select s.id, s.as_of, t.x "
        f"from spine s asof left join t on t.k = s.k and {on}"
    )
