# ruff: noqa: E501 — a query per line reads better
"""Random feature queries: most constructs of the rule table, put together rightly and wrongly."""

from __future__ import annotations

import random
from typing import Any

_EVENT = {"kind": "event", "unique": [["event_id"]]}
RELATIONS: dict[str, dict[str, Any]] = {
    "spine": {
        "columns": {"id": "bigint", "k": "bigint", "as_of": "timestamp"},
        "point_in_time": {"kind": "spine", "key": ["id"]},
    },
    "events": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts"},
    },
    "slow": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts", "lag": "6 hours"},
    },
    "loose": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts", "strict": False},
    },
    "dims": {
        "columns": {"k": "bigint", "w": "double"},
        "point_in_time": {"kind": "static", "reason": "made up, never changes", "unique": [["k"]]},
    },
    "versions": {
        "columns": {"k": "bigint", "price": "double", "valid_from": "timestamp", "valid_to": "timestamp"},
        "point_in_time": {
            "kind": "validity",
            "valid_from": "valid_from",
            "valid_to": "valid_to",
            "unique": [["k", "valid_from"]],
        },
    },
    "outcomes": {
        "columns": {"id": "bigint", "k": "bigint", "late": "boolean", "matured_at": "timestamp"},
        "point_in_time": {"kind": "labels", "unique": [["id"]]},
    },
}
_LENGTHS = ("1 hour", "6 hours", "1 day", "7 days")


def query(rng: random.Random) -> str:
    """One feature query with columns id, as_of and more."""
    shape = rng.choice(_SHAPES)
    return shape(rng)


def _event(rng: random.Random) -> str:
    return rng.choice(["events", "events", "events", "slow", "loose"])


def _moment(rng: random.Random, e: str) -> str:
    return rng.choice([f"{e}.ts"] * 6 + [f"{e}.ts + interval '6 hours'", f"{e}.other", f"{e}.ts - interval '1 day'"])


def _bound(rng: random.Random, e: str, a: str, depth: int = 0) -> str:
    """A predicate that bounds the event's time by `a`, or looks as if it did."""
    ts, length = _moment(rng, e), rng.choice(_LENGTHS)
    unit = rng.choice(["hour", "day", "month", "week"])
    options = [
        f"{ts} < {a}",
        f"{ts} < {a}",
        f"{a} > {ts}",
        f"{ts} <= {a}",
        f"{ts} < {a} - interval '{length}'",
        f"{ts} <= {a} - interval '{length}'",
        f"{ts} < {a} + interval '{length}'",
        f"{ts} + interval '{length}' <= {a}",
        f"{ts} + interval '{length}' < {a}",
        f"date_trunc('{unit}', {ts}) < date_trunc('{unit}', {a})",
        f"date_trunc('{unit}', {ts}) <= {a}",
        f"date_trunc('{unit}', {ts}) + interval '1 {unit}' <= {a}",
        f"{ts} < date_trunc('{unit}', {a})",
        f"cast({ts} as date) < cast({a} as date)",
        f"cast({ts} as date) <= cast({a} as date)",
        f"{ts} between {a} - interval '{length}' and {a}",
        f"{ts} >= {a} - interval '{length}' and {ts} < {a}",
        f"not ({ts} >= {a})",
        f"not ({ts} > {a})",
        f"{ts} < least({a}, {e}.other)",
        f"{ts} < greatest({a}, {e}.other)",
        f"{ts} < coalesce({e}.other, {a})",
        f"{ts} < {e}.other and {e}.other <= {a}",
        f"{ts} = {e}.other and {e}.other < {a}",
        f"{ts} is not distinct from {e}.other and {e}.other < {a}",
        f"epoch({ts}) < epoch({a})",
        f"{e}.v > 1",
    ]
    if depth < 2:
        one, two = _bound(rng, e, a, depth + 1), _bound(rng, e, a, depth + 1)
        options += [f"(({one}) or ({two}))", f"({one}) and ({two})", f"coalesce({one}, false)"]
    return rng.choice(options)


def _aggregate(rng: random.Random, e: str, a: str, star: bool = True) -> str:
    p = _bound(rng, e, a)
    options = [
        f"count({e}.event_id)", f"sum({e}.v)", f"avg({e}.v)", f"max({e}.ts)", f"min({e}.other)", f"count(distinct {e}.v)",
        f"count({e}.event_id) filter (where {p})", f"max({e}.v) filter (where {p})", f"sum({e}.v) filter (where {p})",
        f"sum(case when {p} then {e}.v end)", f"sum(case when {p} then 1 else 0 end)", f"sum(case when {p} then {e}.v else 0 end)",
        f"avg(case when {p} then {e}.v else 0 end)", f"count(case when {p} then 1 end)", f"bool_or({p})", f"bool_or({e}.v > 1)",
        f"sum(cast({p} as integer))", f"arg_max({e}.v, row({e}.ts, {e}.event_id))", f"arg_max({e}.v, {e}.ts)",
        f"max(case when {p} then {e}.v when {e}.v > 2 then 0 end)", f"coalesce(sum({e}.v), 0)",
        f"list({e}.v order by {e}.ts, {e}.event_id)", f"max(coalesce({e}.v, 0))",
    ]  # fmt: skip
    if star:
        options.append("count(*)")
    return rng.choice(options)


def _joined(rng: random.Random) -> str:
    """Aggregates over a join."""
    kind = rng.choice(["left join", "left join", "left join", "join", "right join", "full join"])
    e = _event(rng)
    on = f"e.k = s.k and {_bound(rng, 'e', 's.as_of')}" if rng.random() < 0.75 else "e.k = s.k"
    where = f"where {_bound(rng, 'e', 's.as_of')}" if rng.random() < 0.2 else ""
    having = f"having {_aggregate(rng, 'e', 's.as_of')} is not null" if rng.random() < 0.1 else ""
    more = f", {_aggregate(rng, 'e', 's.as_of')} as y" if rng.random() < 0.4 else ""
    source = f"{e} e {kind} spine s" if kind == "right join" else f"spine s {kind} {e} e"
    return (
        f"select s.id, s.as_of, {_aggregate(rng, 'e', 's.as_of')} as x{more} from {source} on {on} {where} "
        f"group by s.id, s.as_of {having}"
    )


def _second_join(rng: random.Random) -> str:
    a, b = _event(rng), _event(rng)
    other = rng.choice(["s.as_of", "e.ts", "e.other"])
    return (
        f"select s.id, s.as_of, {_aggregate(rng, 'f', 's.as_of', False)} as x from spine s "
        f"{rng.choice(['left join', 'join'])} {a} e on e.k = s.k and {_bound(rng, 'e', 's.as_of')} "
        f"{rng.choice(['left join', 'join'])} {b} f on f.k = e.k and {_bound(rng, 'f', other)} group by s.id, s.as_of"
    )


def _subquery(rng: random.Random) -> str:
    e, bound = _event(rng), _bound(rng, "e", "s.as_of")
    inner = f"from {e} e where e.k = s.k and {bound}"
    last = rng.choice(["e.ts desc, e.event_id", "e.ts desc", "e.ts, e.event_id", "1 desc, e.event_id"])
    return rng.choice(
        [
            f"select s.id, s.as_of, (select {_aggregate(rng, 'e', 's.as_of')} {inner}) as x from spine s",
            f"select s.id, s.as_of, exists (select 1 {inner}) as x from spine s",
            f"select s.id, s.as_of from spine s where not exists (select 1 {inner})",
            f"select s.id, s.as_of from spine s where s.k in (select e.k from {e} e where {bound})",
            f"select s.id, s.as_of, s.k not in (select e.k from {e} e where {bound}) as x from spine s",
            f"select s.id, s.as_of, s.as_of in (select e.other from {e} e where {bound}) as x from spine s",
            f"select s.id, s.as_of from spine s where s.as_of not in (select e.other {inner})",
            f"select s.id, s.as_of from spine s where s.as_of in (select e.ts {inner})",
            f"select s.id, s.as_of, l.x from spine s left join lateral (select {_aggregate(rng, 'e', 's.as_of')} as x {inner}) l on true",
            f"select s.id, s.as_of, l.v from spine s left join lateral (select e.v, e.ts {inner} order by {last} limit 1) l on true",
            f"select s.id, s.as_of from spine s {rng.choice(['semi', 'anti'])} join {e} e on e.k = s.k and {bound}",
            f"select s.id, s.as_of, e.v from spine s asof left join {e} e on e.k = s.k and e.ts {rng.choice(['<', '<=', '>='])} s.as_of",
        ]
    )


def _over(rng: random.Random) -> str:
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


def _timeline(rng: random.Random) -> str:
    """Events and as-of rows on one line of time."""
    event_tag, spine_tag = rng.choice([(1, 0), (1, 0), (0, 1), (0, 0)])
    e = _event(rng)
    call = rng.choice(["sum(v)", "count(v)", "max(v)", "sum(v)", "count(*)", "max(case when v > 1 then ts end)"])
    edge = rng.choice(["as_of", "as_of", "as_of - interval '1 day'", "as_of + interval '1 hour'"])
    return (
        f"with u as (select k, ts, other, {event_tag} as tag, v, null::bigint as id, null::timestamp as as_of, 'e' as kind from {e} "
        f"union all select k, {edge} as ts, as_of as other, {spine_tag} as tag, null as v, id, as_of, 's' as kind from spine), "
        f"r as (select *, {call} over {_over(rng)} as x from u) select id, as_of, x from r where kind = 's'"
    )


def _history(rng: random.Random) -> str:
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
    over = _over(rng).replace(", tag desc", ", event_id desc").replace(", tag", ", event_id")
    if call in ("row_number()", "rank()", "ntile(2)", "percent_rank()", "lag(v)", "lead(v)"):
        over = over.split(" rows")[0].split(" range")[0].rstrip(")") + ")"
    return (
        f"with h as (select *, {call} over {over} as x from {_event(rng)}) select s.id, s.as_of, max(h.x) as x from spine s "
        f"left join h on h.k = s.k and {_bound(rng, 'h', 's.as_of')} group by s.id, s.as_of"
    )


def _periods(rng: random.Random) -> str:
    """Totals per period, joined afterwards."""
    unit = rng.choice(["hour", "day", "week", "month"])
    other = rng.choice(["hour", "day", "week", "month"])
    when = rng.choice(
        [f"t.p < date_trunc('{other}', s.as_of)", "t.p < s.as_of", f"t.p <= date_trunc('{other}', s.as_of)",
         f"t.p + interval '1 {unit}' <= s.as_of", f"t.p + interval '1 {other}' < s.as_of", f"t.p < s.as_of - interval '1 {unit}'"]
    )  # fmt: skip
    return (
        f"with t as (select k, date_trunc('{unit}', ts) as p, sum(v) as v from {_event(rng)} group by 1, 2) "
        f"select s.id, s.as_of, sum(t.v) as x from spine s left join t on t.k = s.k and {when} group by s.id, s.as_of"
    )


def _dimension(rng: random.Random) -> str:
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


def _label(rng: random.Random) -> str:
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


def _sets(rng: random.Random) -> str:
    operation = rng.choice(["union all", "union", "except", "intersect"])
    columns = rng.choice(["k, ts", "k, ts, v", "k, other as ts", "k, date_trunc('day', ts) as ts"])
    second = rng.choice(["k, ts", "k, ts + interval '6 hours'", "k, other"]) + (", v" if columns.endswith(" v") else "")
    distinct = rng.choice(["", "distinct "])
    return (
        f"with u as (select {distinct}{columns} from {_event(rng)} {operation} select {second} from {_event(rng)}) "
        f"select s.id, s.as_of, count(u.k) as x from spine s left join u on u.k = s.k and u.ts < s.as_of group by s.id, s.as_of"
    )


def _nested(rng: random.Random) -> str:
    """A feature of a feature."""
    inner = query(rng)
    return rng.choice(
        [
            f"with f as ({inner}) select f.id, f.as_of, count(*) over (partition by f.as_of) as x from f",
            f"with f as ({inner}) select s.id, s.as_of, count(f.id) as x from spine s left join f on f.id = s.id and f.as_of < s.as_of group by 1, 2",
            f"with f as ({inner}) select s.id, s.as_of, count(f.id) as x from spine s left join f on f.id = s.id and f.as_of <= s.as_of group by 1, 2",
            f"with f as ({inner}) select f.*, g.id as other_id from f left join f g on g.id = f.id and g.as_of = f.as_of",
            f"with f as ({inner}) select distinct id, as_of from f",
            f"with f as ({inner}) select id, as_of + interval '1 hour' as as_of from f",
            f"with f as ({inner}) select id, as_of from f union all select id, as_of from spine",
            f"with f as ({inner}) select * from f where as_of > timestamp '2013-03-09'",
            f"with f as ({inner}) select id, as_of, row_number() over (partition by id order by as_of) as n from f",
        ]
    )


def _last(rng: random.Random) -> str:
    order = rng.choice(["e.ts desc, e.event_id", "e.ts desc", "e.ts, e.event_id", "e.v desc, e.event_id"])
    inner = (
        f"select s.id, s.as_of, e.v, e.ts, row_number() over (partition by s.id, s.as_of order by {order}) as n "
        f"from spine s left join {_event(rng)} e on e.k = s.k and {_bound(rng, 'e', 's.as_of')}"
    )
    if rng.random() < 0.3:
        return inner.replace(f"row_number() over (partition by s.id, s.as_of order by {order}) as n", "1 as n")
    return f"select id, as_of, v from ({inner}) x where n = {rng.choice(['1', '1', '2'])}"


def _runs(rng: random.Random) -> str:
    """Does the same value come again soon?"""
    length, read = rng.choice(_LENGTHS), rng.choice(_LENGTHS)
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
        f"with seen as (select {seen} from {_event(rng)}), r as (select k, ts, {flag} as flag from seen) select s.id, s.as_of, "
        f"count(r.flag) as n, max(cast(r.flag as integer)) as x from spine s left join r on r.k = s.k and {moment} {only} group by s.id, s.as_of"
    )


def _picked(rng: random.Random) -> str:
    """One row of several: by DISTINCT ON, QUALIFY, a correlated maximum, or an indexed list."""
    e, bound = _event(rng), _bound(rng, "e", "s.as_of")
    order = rng.choice(["e.ts desc, e.event_id", "e.ts, e.event_id", "e.v desc, e.event_id", "e.ts desc"])
    join = f"from spine s left join {e} e on e.k = s.k and {bound}"
    return rng.choice(
        [
            f"select distinct on (s.id, s.as_of) s.id, s.as_of, e.v {join} order by s.id, s.as_of, {order}",
            f"select s.id, s.as_of, e.v {join} qualify row_number() over (partition by s.id, s.as_of order by {order}) = 1",
            f"select s.id, s.as_of, (list(e.v order by {order}))[1] as x {join} group by s.id, s.as_of",
            f"select s.id, s.as_of, max(e.v) as x {join} and e.ts = (select max(f.ts) from {e} f where f.k = s.k and {_bound(rng, 'f', 's.as_of')}) group by s.id, s.as_of",
            f"select s.id, s.as_of, count(*) over (partition by s.k order by s.as_of) as x, {rng.choice(['lag', 'lead'])}(s.as_of) over (partition by s.k order by s.as_of, s.id) as y from spine s",
            f"select s.id, s.as_of, count(p.id) as x from spine s left join spine p on p.k = s.k and p.as_of {rng.choice(['<', '<=', '>', '<>'])} s.as_of group by s.id, s.as_of",
            f"select s.id, s.as_of, count(e.event_id) as x from spine s cross join lateral generate_series(s.as_of - interval '2 days', s.as_of {rng.choice(['- interval 1 day', '', '+ interval 1 day'])}, interval '1 day') as g(t) "
            f"left join {e} e on e.k = s.k and e.ts < g.t group by s.id, s.as_of",
        ]
    )


def _logic(rng: random.Random) -> str:
    """Three-valued logic around bounds."""
    e = _event(rng)
    one, two = _bound(rng, "e", "s.as_of", 2), _bound(rng, "e", "s.as_of", 2)
    other = rng.choice(["e.v > 1", "e.other is null", "e.v is not null", two])
    p = rng.choice(
        [f"not (not ({one}) or {other})", f"not (not ({one}) and {other})", f"not not ({one})", f"({one}) is true", f"({one}) is not true",
         f"({one}) is not false", f"({one} and {other}) is true", f"({one}) = true", f"({one}) <> ({other})", f"coalesce({one}, {rng.choice(['true', 'false'])})",
         f"case when {one} then {other} else false end", f"case when {one} then true else {other} end", f"({one}) is null", "e.ts not between s.as_of - interval '1 day' and s.as_of",
         f"not (e.ts between s.as_of and s.as_of + interval '1 day') and {one}", f"nullif({one}, {other})"]
    )  # fmt: skip
    kind = rng.choice(["left join", "join"])
    x = rng.choice(
        [
            "count(e.event_id)",
            "sum(e.v)",
            f"sum(case when {p} then 1 else 0 end) filter (where {other})",
            f"count(*) filter (where {p})",
        ]
    )
    on = rng.choice([p, p, p, "true"])
    return f"select s.id, s.as_of, {x} as x from spine s {kind} {e} e on e.k = s.k and {on} group by s.id, s.as_of"


def _copies(rng: random.Random) -> str:
    """What a row says of how many copies a join made of it."""
    e = _event(rng)
    p = _bound(rng, "e", "s.as_of", 1)
    flag = rng.choice(
        [f"case when {p} then 1 else 0 end", f"case when {p} then 0 else 1 end", f"case when {p} then e.v else 0 end", f"coalesce({p}, false)"]
    )  # fmt: skip
    on = rng.choice(["e.k = s.k", "e.k = s.k", f"e.k = s.k and {_bound(rng, 'e', 's.as_of', 1)}"])
    join = f"from spine s left join {e} e on {on}"
    number = f"cast({flag} as integer)"
    return rng.choice(
        [
            f"select s.id, s.as_of, {rng.choice(['min(', 'max(', 'count(distinct '])}{flag}) as x {join} group by s.id, s.as_of",
            f"select distinct s.id, s.as_of, {flag} as x {join}",
            f"select s.id, s.as_of, {flag} as x {join} group by 1, 2, 3",
            f"select id, as_of, {rng.choice(['min', 'max', 'sum'])}(n) as x from (select s.id, s.as_of, {number} as n {join}) t group by id, as_of",
            f"select distinct s.id, s.as_of, s.k {join} where {rng.choice(['', 'not '])}coalesce({p}, false)",
            f"select distinct s.id, s.as_of, d.w {join} {rng.choice(['join', 'left join'])} dims d on d.k = {number}",
            f"select s.id, s.as_of, max(s.k) filter (where {rng.choice(['', 'not '])}coalesce({p}, false)) as x {join} group by s.id, s.as_of",
            f"select s.id, s.as_of, max(s.k) as x, count(distinct s.k) as y {join} group by s.id, s.as_of",
        ]
    )


def _numbered(rng: random.Random) -> str:
    """Rows numbered, picked and limited by orders that may leave ties."""
    e, bound = _event(rng), _bound(rng, "e", "s.as_of", 2)
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


def _kinds(rng: random.Random) -> str:
    """Two kinds of event side by side, told apart by a constant or not at all."""
    a, b = _event(rng), _event(rng)
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


def _flags(rng: random.Random) -> str:
    """Constants that a join brings along, and keys that may not be keys."""
    e = _event(rng)
    source = rng.choice(
        [f"(select k, 1 as one from {e} group by k)", f"(select distinct k, 1 as one from {e})", f"(select k, 1 as one from {e})",
         f"(select k, ts, 1 as one from {e})", "(select k, 1 as one from dims)",
         f"(select k, row_number() over (partition by k order by event_id) as one from {e} qualify one = 1)",
         f"(select x.k, x.one from (select k, row_number() over (partition by k order by event_id) as one from {e}) x join {rng.choice(['dims', 'events'])} y on y.k = x.k where x.one = 1)"]
    )  # fmt: skip
    bound = " and x.ts < s.as_of" if ", ts," in source and rng.random() < 0.7 else ""
    flag = rng.choice(
        ["case when x.one = 1 then 1 else 0 end", "case when x.one = 2 then 1 else 0 end", "case when x.one is null then 1 else 0 end", "coalesce(x.one, 0)",
         "x.one + 1", "case when x.one <> 1 then 1 when x.one = 1 then 2 end", "1"]
    )  # fmt: skip
    join = f"from spine s {rng.choice(['left join', 'left join', 'join'])} {source} x on x.k = s.k{bound}"
    return rng.choice(
        [
            f"select s.id, s.as_of, {flag} as x {join}",
            f"select distinct s.id, s.as_of, {flag} as x {join}",
            f"select s.id, s.as_of, {rng.choice(['max', 'min', 'sum', 'count'])}({flag}) as x {join} group by s.id, s.as_of",
            f"select s.id, s.as_of, d.w as x {join} left join dims d on d.k = {flag}",
        ]
    )


def _beside(rng: random.Random) -> str:
    """Subqueries beside one another in an outer query: which of them does a name mean?"""
    name, other = rng.choice([("as_of", "as_of"), ("as_of", "s.as_of"), ("t", "t"), ("t", "s.as_of"), ("t", "p.t")])
    shift = rng.choice(["", "+ interval '1 day'", "- interval '1 day'"])
    alias = rng.choice(["p", "p", "s"])
    return (
        f"select s.id, s.as_of, (select count(*) from (select s.as_of {shift} as {name}, s.k as k) {alias}, "
        f"{rng.choice(['', 'lateral '])}(select e.event_id from {_event(rng)} e where e.k = s.k and e.ts < {other}) x) as x from spine s"
    )


_SHAPES = (
    _joined, _joined, _joined, _second_join, _subquery, _subquery, _timeline, _timeline, _history, _periods, _dimension, _label,
    _sets, _nested, _last, _runs, _picked, _logic, _logic, _copies,
    _numbered, _numbered, _kinds, _kinds, _flags, _beside,
)  # fmt: skip
