# ruff: noqa: E501 — a query per line reads better
"""Names: twice the same, none at all, in capitals, in quotes, and those that the warehouse gives itself."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import an_event


def names(rng: random.Random, dialect: str) -> str:
    """A query in which a name may mean another column than it seems."""
    e = an_event(rng)
    late = rng.choice(["s.as_of + interval '9 days'", "s.as_of", "s.as_of - interval '1 hour'"])
    row = {"duckdb": "rowid", "postgres": "xmin"}[dialect]
    spelled = rng.choice(["TS", '"TS"', "ts", '"ts"', '"Ts"'])
    other = rng.choice(["other", "ts + interval '-1 day'", "ts + interval '1 day'"])
    named, wanted = rng.choice(
        [("max", "max"), ("a_1", "a_1"), ("a", "a"), ("a_1_1", "a_1_1"), (row, row), ("count", "count"), ("a_2", "a_2")]
    )
    beside = rng.choice([f"select s.as_of as a, {late} as a", f"select {late} as a, s.as_of as a_1, s.as_of as a", f"select s.as_of as a_1, s.as_of as a, {late} as a",
                         f"select max({late})", f"select max({late}) as a, s.as_of as a_1", f"select {late} as a, s.as_of as a_1"])  # fmt: skip
    twice = rng.choice(
        [
            "s.k as x, e.v as x, 1 as x_1",
            "s.k as x, 1 as x, e.v as x_1",
            "1 as x_1, s.k as x, e.v as x",
            "e.v as x, s.k as x",
            "s.k as x, e.v as y",
        ]
    )
    return rng.choice(
        [
            f"select s.id, s.as_of, (select count(*) from ({beside}) p join {e} e on e.k = s.k and e.ts < {wanted}) as n from (select id, k, as_of, as_of as {named} from spine) s",
            f"with q as (select s.id, s.as_of, {twice} from spine s left join {e} e on e.k = s.k and e.ts < s.as_of) select id, as_of, count({rng.choice(['x', 'x_1', 'x_1_1', 'x_2', 'y'])}) as n from q group by id, as_of",
            f"with q as (select s.id, s.as_of, {twice} from spine s left join {e} e on e.k = s.k) select distinct id, as_of, {rng.choice(['x', 'x_1', 'q.x_1', 'x_2', 'y'])} as n from q",
            f'with q as (select k, ts, {other} as "TS" from {e}) select s.id, s.as_of, count(q.k) as n from spine s left join q on q.k = s.k and q.{spelled} < s.as_of group by s.id, s.as_of',
            f'select s.id, s.as_of, (select count(*) from (select k, {other} as "TS", count(*) as n from {e} where k = s.k group by k, {spelled}) q where q."TS" < s.as_of) as n from spine s',
            f'with r as (select k, 1 as "N", row_number() over (partition by k order by event_id) as n from {e}) select s.id, s.as_of, r.k as x from spine s left join r on r.k = s.k and r.{rng.choice(["N", chr(34) + "N" + chr(34), "n"])} = 1 and s.k = 0',
            f"select s.id, s.as_of, count(*) as n from spine s left join {e} e ({rng.choice(['k', 'event_id, k', 'event_id, k, other', 'event_id, ts, k', 'a, b, c, d'])}) on e.k = s.k and e.ts < s.as_of group by s.id, s.as_of",
            f"select s.id, s.as_of, (select count(*) from {e} e where e.k = s.k and e.ts < s.as_of and {row} is not null and {rng.choice([row, 's.' + row])} = {rng.choice([row, 's.' + row])}) as n from (select id, k, as_of, k as {row} from spine) s",
            f"select s.id, s.as_of, count(e.ts) as n from spine s natural {rng.choice(['', 'left'])} join {rng.choice([e, f'(select id, ts from (select event_id as id, ts from {e}) x where id is not null)'])} e group by s.id, s.as_of",
            f"with s as (select * from spine), {rng.choice(['events', 'x'])} as (select event_id, k, {rng.choice(['ts', 'other as ts'])} from {e}) select s.id, s.as_of, (select count(*) from events e where e.k = s.k and e.ts < s.as_of) as n from s",
        ]
    )  # fmt: skip
