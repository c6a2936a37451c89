# ruff: noqa: E501 — a query per line reads better
"""What the shapes are made of: events, moments, bounds, aggregates."""

from __future__ import annotations

import random

LENGTHS = ("1 hour", "6 hours", "1 day", "7 days")


def an_event(rng: random.Random) -> str:
    """A relation of events, most often the plain one."""
    return rng.choice(["events", "events", "events", "slow", "loose"])


def a_moment(rng: random.Random, e: str) -> str:
    """A time of the event; most often the one at which it is known."""
    return rng.choice([f"{e}.ts"] * 6 + [f"{e}.ts + interval '6 hours'", f"{e}.other", f"{e}.ts - interval '1 day'"])


def a_bound(rng: random.Random, e: str, a: str, depth: int = 0) -> str:
    """A predicate that bounds the event's time by `a`, or looks as if it did."""
    ts, length = a_moment(rng, e), rng.choice(LENGTHS)
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
        a_difference(rng, ts, a),
        a_difference(rng, ts, a),
    ]
    if depth < 2:
        one, two = a_bound(rng, e, a, depth + 1), a_bound(rng, e, a, depth + 1)
        options += [f"(({one}) or ({two}))", f"({one}) and ({two})", f"coalesce({one}, false)"]
    return rng.choice(options)


def a_difference(rng: random.Random, ts: str, a: str) -> str:
    """A difference of the two times, compared with a number or an interval."""
    unit, length = rng.choice(["minute", "hour", "day", "week", "month", "year"]), rng.choice(LENGTHS)
    n = rng.choice([-1, 0, 0, 1, 1, 2, 24])
    compare = rng.choice([f"> {n}", f">= {n}", f"= {n}", f"between {n} and {n + 30}", f"< {n}"])
    sign = rng.choice(["", "", "-"])
    day = f"date_trunc('{unit}', {ts})"
    return rng.choice(
        [f"date_diff('{unit}', {ts}, {a}) {compare}", f"date_diff('{unit}', {day}, {a}) {compare}",
         f"datesub('{unit}', {ts}, {a}) {compare}", f"date_diff('{unit}', {a}, {ts}) {compare}",
         f"{a} - {ts} {rng.choice(['>', '>=', '<'])} interval '{sign}{length}'",
         f"age({a}, {ts}) {rng.choice(['>', '>=', '<'])} interval '{rng.choice([0, 0, 1])} days'",
         f"cast({a} as date) - cast({ts} as date) {compare}", f"epoch({a}) - epoch({ts}) {compare}",
         f"extract(epoch from {a} - {ts}) / 3600 {compare}", f"floor(extract(epoch from {a} - {ts}) / 3600) {compare}",
         f"extract(day from {a} - {ts}) {compare}", f"epoch_ms({ts}) {rng.choice(['<', '<='])} epoch_ms({a})",
         f"date_diff('hour', {ts}, {a}) / 24 {compare}"]
    )  # fmt: skip


def an_aggregate(rng: random.Random, e: str, a: str, star: bool = True) -> str:
    """An aggregate of events, also one that looks at the bound only within itself."""
    p = a_bound(rng, e, a)
    options = [
        f"count({e}.event_id)", f"sum({e}.v)", f"avg({e}.v)", f"max({e}.ts)", f"min({e}.other)", f"count(distinct {e}.v)",
        f"count({e}.event_id) filter (where {p})", f"max({e}.v) filter (where {p})", f"sum({e}.v) filter (where {p})",
        f"sum(case when {p} then {e}.v end)", f"sum(case when {p} then 1 else 0 end)", f"sum(case when {p} then {e}.v else 0 end)",
        f"avg(case when {p} then {e}.v else 0 end)", f"count(case when {p} then 1 end)", f"bool_or({p})", f"bool_or({e}.v > 1)",
        f"sum(cast({p} as integer))", f"arg_max({e}.v, row({e}.ts, {e}.event_id))", f"arg_max({e}.v, {e}.ts)",
        f"max(case when {p} then {e}.v when {e}.v > 2 then 0 end)", f"coalesce(sum({e}.v), 0)",
        f"list({e}.v order by {e}.ts, {e}.event_id)", f"max(coalesce({e}.v, 0))",
        f"coalesce(sum(case when {p} then {e}.v else {rng.choice([0, 0, 1])} end), {rng.choice([0, 0, 1])})",
        f"coalesce({rng.choice(['sum(cast(({0}) as integer))', 'max(cast(({0}) as integer))']).format(p)}, 0)",
        f"{rng.choice(['max', 'min'])}(case when {p} then {rng.choice([1, 0])} else {rng.choice([1, 0, 0])} end)",
        f"coalesce({rng.choice(['max', 'min'])}(case when {p} then 1 else 0 end), {rng.choice([0, 0, 1])})",
        f"coalesce(bool_{rng.choice(['or', 'and'])}({p}), {rng.choice(['true', 'false'])})",
        f"count(({p}) or {rng.choice(['null', 'null', 'false'])})", f"any_value({rng.choice(['s.k', 's.id', e + '.v'])})",
    ]  # fmt: skip
    if star:
        options.append("count(*)")
    return rng.choice(options)
