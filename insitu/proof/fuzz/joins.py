# ruff: noqa: E501 — a query per line reads better
"""Queries that join events to the spine, and read them in subqueries."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import a_bound, an_aggregate, an_event


def joined(rng: random.Random) -> str:
    """Aggregates over a join."""
    kind = rng.choice(["left join", "left join", "left join", "join", "right join", "full join"])
    e = an_event(rng)
    on = f"e.k = s.k and {a_bound(rng, 'e', 's.as_of')}" if rng.random() < 0.75 else "e.k = s.k"
    where = f"where {a_bound(rng, 'e', 's.as_of')}" if rng.random() < 0.2 else ""
    having = f"having {an_aggregate(rng, 'e', 's.as_of')} is not null" if rng.random() < 0.1 else ""
    more = f", {an_aggregate(rng, 'e', 's.as_of')} as y" if rng.random() < 0.4 else ""
    source = f"{e} e {kind} spine s" if kind == "right join" else f"spine s {kind} {e} e"
    return (
        f"select s.id, s.as_of, {an_aggregate(rng, 'e', 's.as_of')} as x{more} from {source} on {on} {where} "
        f"group by s.id, s.as_of {having}"
    )


def second_join(rng: random.Random) -> str:
    """Two joins, the second bounded by the spine or by the first."""
    a, b = an_event(rng), an_event(rng)
    other = rng.choice(["s.as_of", "e.ts", "e.other"])
    return (
        f"select s.id, s.as_of, {an_aggregate(rng, 'f', 's.as_of', False)} as x from spine s "
        f"{rng.choice(['left join', 'join'])} {a} e on e.k = s.k and {a_bound(rng, 'e', 's.as_of')} "
        f"{rng.choice(['left join', 'join'])} {b} f on f.k = e.k and {a_bound(rng, 'f', other)} group by s.id, s.as_of"
    )


def subquery(rng: random.Random) -> str:
    """Events in EXISTS, IN, scalar and lateral subqueries, semi and ASOF joins."""
    e, bound = an_event(rng), a_bound(rng, "e", "s.as_of")
    inner = f"from {e} e where e.k = s.k and {bound}"
    last = rng.choice(["e.ts desc, e.event_id", "e.ts desc", "e.ts, e.event_id", "1 desc, e.event_id"])
    return rng.choice(
        [
            f"select s.id, s.as_of, (select {an_aggregate(rng, 'e', 's.as_of')} {inner}) as x from spine s",
            f"select s.id, s.as_of, exists (select 1 {inner}) as x from spine s",
            f"select s.id, s.as_of from spine s where not exists (select 1 {inner})",
            f"select s.id, s.as_of from spine s where s.k in (select e.k from {e} e where {bound})",
            f"select s.id, s.as_of, s.k not in (select e.k from {e} e where {bound}) as x from spine s",
            f"select s.id, s.as_of, s.as_of in (select e.other from {e} e where {bound}) as x from spine s",
            f"select s.id, s.as_of from spine s where s.as_of not in (select e.other {inner})",
            f"select s.id, s.as_of from spine s where s.as_of in (select e.ts {inner})",
            f"select s.id, s.as_of, l.x from spine s left join lateral (select {an_aggregate(rng, 'e', 's.as_of')} as x {inner}) l on true",
            f"select s.id, s.as_of, l.v from spine s left join lateral (select e.v, e.ts {inner} order by {last} limit 1) l on true",
            f"select s.id, s.as_of from spine s {rng.choice(['semi', 'anti'])} join {e} e on e.k = s.k and {bound}",
            f"select s.id, s.as_of, e.v from spine s asof left join {e} e on e.k = s.k and e.ts {rng.choice(['<', '<=', '>='])} s.as_of",
        ]
    )


def beside(rng: random.Random) -> str:
    """Subqueries side by side, where a name may mean a column of either, or of the outer query."""
    name, other = rng.choice([("as_of", "as_of"), ("as_of", "s.as_of"), ("t", "t"), ("t", "s.as_of"), ("t", "p.t")])
    shift = rng.choice(["", "+ interval '1 day'", "- interval '1 day'"])
    alias = rng.choice(["p", "p", "s"])
    return (
        f"select s.id, s.as_of, (select count(*) from (select s.as_of {shift} as {name}, s.k as k) {alias}, "
        f"{rng.choice(['', 'lateral '])}(select e.event_id from {an_event(rng)} e where e.k = s.k and e.ts < {other}) x) as x from spine s"
    )


def logic(rng: random.Random) -> str:
    """Three-valued logic around bounds."""
    e = an_event(rng)
    one, two = a_bound(rng, "e", "s.as_of", 2), a_bound(rng, "e", "s.as_of", 2)
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


def copies(rng: random.Random) -> str:
    """Queries whose result may show how many copies of a row a join made."""
    e = an_event(rng)
    p = a_bound(rng, "e", "s.as_of", 1)
    flag = rng.choice(
        [f"case when {p} then 1 else 0 end", f"case when {p} then 0 else 1 end", f"case when {p} then e.v else 0 end", f"coalesce({p}, false)"]
    )  # fmt: skip
    on = rng.choice(["e.k = s.k", "e.k = s.k", f"e.k = s.k and {a_bound(rng, 'e', 's.as_of', 1)}"])
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


def flags(rng: random.Random) -> str:
    """Constants that a join brings along, and keys that may not be keys."""
    e = an_event(rng)
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


def again(rng: random.Random) -> str:
    """Rows joined again by a key, or by what looks like one."""
    e = an_event(rng)
    key = rng.choice(["e.event_id"] * 5 + ["e.k", "coalesce(e.event_id, s.k)", "e.event_id + 1", "s.k"])
    on = rng.choice(["e.k = s.k", "e.event_id = s.k"])
    where = rng.choice(["", "", "where e.ts is not null", "where e.ts < s.as_of"])
    mine = (
        f"with mine as ({rng.choice(['select', 'select', 'select distinct'])} s.id, s.as_of, {key} as event_id, "
        f"date_diff('day', s.as_of, s.as_of) as zero from spine s {rng.choice(['left join', 'left join', 'join'])} {e} e "
        f"on {on} and {a_bound(rng, 'e', 's.as_of', 1)} {where})"
    )
    total = rng.choice(
        ["", "", f", t as (select event_id, sum(v) as v, max(ts) as ts from {e} group by event_id)",
         f", t as (select distinct on (event_id) event_id, v, ts from {e} order by event_id, ts)",
         f", t as (select e.k as event_id, sum(e.v) as v, max(e.ts) as ts from {e} e left join {e} f on f.event_id = e.k "
         f"where date_diff('day', f.ts, e.ts) <= {rng.choice([-1, 0, 1])} group by e.k)",
         f", t as (select event_id, ts, max(v) over (partition by event_id) as v from {e})"]
    )  # fmt: skip
    other = "t" if total else e
    same = rng.choice(["=", "=", "=", "is not distinct from"])
    return (
        f"{mine}{total} select m.id, m.as_of, {rng.choice(['sum(e.v)', 'count(e.v)', 'max(e.ts)'])} as x from mine m "
        f"left join {other} e on e.event_id {same} m.event_id group by m.id, m.as_of"
    )
