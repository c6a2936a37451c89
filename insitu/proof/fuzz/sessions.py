# ruff: noqa: E501 — a query per line reads better
"""What the session decides: its clock, its time zone, its way to write and order texts; and constants."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import a_bound, an_event


def zones(rng: random.Random, dialect: str) -> str:
    """Times with and without time zone."""
    one, two = rng.sample(["z.ts", "z.seen_at", "s.as_of", "z.ts + interval '1 day'", "z.seen_at"], 2)
    both = rng.choice(
        [
            f"greatest({one}, {two})",
            f"least({one}, {two})",
            f"coalesce({one}, {two})",
            f"case when z.k = 1 then {one} else {two} end",
            f"nullif({one}, {two})",
            one,
        ]
    )
    flag = rng.choice(
        [
            f"{one} < {two}",
            f"{both} < s.as_of",
            f"{both} < z.seen_at",
            f"{both} in ({one}, {two})",
            f"{one} is distinct from {two}",
        ]
    )
    bound = rng.choice(["z.ts < s.as_of", "z.ts < s.as_of", flag])
    shown = rng.choice(
        [
            "count(z.k)",
            f"count(*) filter (where {flag})",
            "max(z.seen_at)",
            f"max({both})",
            f"count(distinct {both})",
            f"max(cast({both} as {rng.choice(['date', 'timestamp', 'varchar'])}))",
        ]
    )
    if rng.random() < 0.3:
        u = f"select k, {rng.choice(['ts', 'seen_at'])} as t from zoned union all select k, {rng.choice(['ts', 'seen_at', 'other'])} from {rng.choice(['zoned', 'slow'])}"
        u = u.replace("seen_at from slow", "ts from slow").replace("other from zoned", "ts from zoned")
        return f"with u as ({u}) select s.id, s.as_of, count(u.k) as x from spine s left join u on u.k = s.k and u.t < s.as_of group by s.id, s.as_of"
    return f"select s.id, s.as_of, {shown} as x from spine s left join zoned z on z.k = s.k and {bound} group by s.id, s.as_of"


def texts(rng: random.Random, dialect: str) -> str:
    """Texts that are read as times, times that are written as texts, and words that mean the clock."""
    word = rng.choice(
        [
            "'today'",
            "'today 08:00'",
            "'tomorrow00:00'",
            "'yesterday'",
            "'2013-03-10'",
            "'01/02/2013'",
            "'2013-03-10 12:00:00'",
            "'infinity'",
            "'no' || 'w'",
            "'to' || 'day'",
            "'Mar 9 2013'",
        ]
    )
    time = rng.choice([f"timestamp {word}" if "||" not in word else f"cast({word} as timestamp)", f"cast({word} as timestamp)", f"cast({word} as date)", f"date({word})", f"coalesce(s.as_of, {word})",
                       f"greatest(s.as_of, {word})", f"case when s.k = 1 then s.as_of else {word} end", f"(select max(t) from (select as_of as t from spine where id = s.id and as_of <= s.as_of union all select {word}) u)"])  # fmt: skip
    text = rng.choice(["cast(s.as_of as varchar)", "s.as_of || ''", "concat(s.as_of)", "cast(cast(s.as_of as date) as varchar)",
                       "to_char(s.as_of, 'TZ')" if dialect == "postgres" else "strftime(s.as_of, '%Z')", "to_char(s.as_of, 'YYYY-MM')" if dialect == "postgres" else "strftime(s.as_of, '%Y-%m')"])  # fmt: skip
    x = rng.choice(
        [
            time,
            time,
            text,
            f"s.as_of < {word}",
            f"(s.as_of, 1) < ({word}, 2)",
            f"s.as_of in ({word}, s.as_of)",
            f"{text} < {word}",
        ]
    )
    return f"select s.id, s.as_of, {x} as x from spine s"


def written(rng: random.Random, dialect: str) -> str:
    """Times, spans of time and numbers, by themselves or in a function, a list or a row, written as a text."""
    value = rng.choice(["e.ts", "e.other", "e.v + 0.1234567890123", "e.k", "e.ts - e.other", "cast(e.ts as date)", "e.event_id / 7.0", "e.v / 7",
                        "extract(epoch from e.ts) / 7", "cast(e.v as numeric(18, 3))", "date_trunc('hour', e.ts)", "sqrt(e.k)", "e.k > 1"])  # fmt: skip
    around = ["{}", "nullif({}, {})", "coalesce({}, {})", "greatest({}, {})", "case when e.k = 1 then {} else {} end", "array[{}]", "(array[{}])[1]",
              "row({})", "array[array[{}]]", "({})", "abs({})", "max({}) over (partition by e.k order by e.ts, e.event_id)"]  # fmt: skip
    for _ in range(rng.randrange(3)):
        form = rng.choice(around)
        value = form.replace("{}", value)
    text = rng.choice(["cast({} as text)", "cast({} as varchar(40))", "{} || ''", "'x' || {}", "concat({}, '')", "concat_ws('-', e.k, {})", "md5(cast({} as text))",
                       "array_to_string(array[{}], ',')", "format('%s', {})", "length(cast({} as text))", "replace(cast({} as text), '-', '')", "cast({} as json)"])  # fmt: skip
    if rng.random() < 0.2:
        word = rng.choice(
            ["'now'", "'today'", "'01/02/2013'", "'3/2/2013 10:00'", "'2013-03-10'", "'-1 1:00:00'", "'Mar 9 2013'"]
        )
        x = rng.choice(["coalesce({}, {})", "nullif({}, {})", "greatest({}, {})", "{} = {}", "{} < {}", "{} in ({})"])
        text = x.replace("{}", "§", 1).replace("{}", word).replace("§", "{}")
    return (
        f"with t as (select e.k, e.ts, e.event_id, {text.replace('{}', value)} as x from {an_event(rng)} e) "
        "select s.id, s.as_of, max(cast(t.x as text)) as x from spine s left join t on t.k = s.k and t.ts < s.as_of group by s.id, s.as_of"
    )


def ordered(rng: random.Random, dialect: str) -> str:
    """Events and as-of rows on one line of time, their ties ordered by texts."""
    one, two = rng.choice(
        [
            ("event", "Spine"),
            ("Event", "spine"),
            ("a", "B"),
            ("B", "a"),
            ("1", "0"),
            ("0", "1"),
            ("10", "9"),
            ("b-1", "b1"),
            ("z", "y"),
            ("A", "a"),
        ]
    )
    collate = rng.choice(["", "", ' collate "C"'])
    return (
        f"with u as (select k, ts, '{one}' as kind, v, null::bigint as id from {an_event(rng)} union all select k, as_of, '{two}', null, id from spine), "
        f"r as (select *, {rng.choice(['sum', 'count', 'max'])}(v) over (partition by k order by ts, kind{collate}{rng.choice(['', ' desc'])} range between unbounded preceding and current row) as x from u) "
        f"select id, ts as as_of, x from r where {rng.choice(['kind', 'lower(kind)', 'kind'])} = '{rng.choice([two, two, two.lower()])}'"
    )


def constants(rng: random.Random, dialect: str) -> str:
    """Predicates over constants, as the warehouse's own arithmetic decides them."""
    pairs = [
        ("1", "2", ""),
        ("16777216", "16777217", "real"),
        ("9007199254740992", "9007199254740993", "double precision"),
        ("0.1", "0.10000000000000000001", ""),
        ("1", "1.0", ""),
        ("-1", "1", ""),
        ("0.3", "0.1 + 0.2", "double precision"),
    ]
    small, large, to = rng.choice([*pairs, pairs[1], pairs[3], pairs[3]])
    to = rng.choice([to, to, to, "bigint", "numeric(18, 3)", "smallint"])
    x, y = (f"cast({n} as {to})" if to else n for n in (small, large))
    p = rng.choice(
        [
            f"{x} = {y}",
            f"{x} <> {y}",
            f"{x} <> {y}",
            f"{x} < {y}",
            f"{y} <= {x}",
            f"{x} in ({y}, 7)",
            f"not ({x} = {y})",
        ]
    )
    text = rng.choice(["'yes' = 'YES'", "'a' <> 'A'", "'a' < 'B'", "'yes' = 'no'", "'1' = '01'", "'a' = 'a '"])
    p = rng.choice([p, p, text])
    e, bound = an_event(rng), a_bound(rng, "e", "s.as_of", 2)
    key = rng.choice(
        [
            "e.event_id = cast(s.id as double precision)",
            "e.event_id = s.id",
            "e.event_id = s.id + 0.0",
            "e.event_id = s.id + 1",
        ]
    )
    return rng.choice(
        [
            f"select s.id, s.as_of, count(e.k) as x from spine s left join {e} e on e.k = s.k and {p} group by s.id, s.as_of",
            f"select s.id, s.as_of, count(e.k) as x from spine s left join {e} e on e.k = s.k and {p} group by s.id, s.as_of",
            f"select s.id, s.as_of, count(e.k) as x from spine s left join {e} e on e.k = s.k and ({bound} or {p}) group by s.id, s.as_of",
            f"select s.id, s.as_of, case when {p} then 1 else (select count(*) from {e} e where e.k = s.k) end as x from spine s",
            f"with c as (select k, {x} as one from {e}) select s.id, s.as_of, count(c.k) filter (where c.one = {y}) as x from spine s left join c on c.k = s.k group by s.id, s.as_of",
            f"select s.id, s.as_of from spine s left join {e} e on {key} and {rng.choice(['true', 'e.ts < s.as_of', bound])}",
        ]
    )  # fmt: skip
