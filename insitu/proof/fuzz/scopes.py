# ruff: noqa: E501 — a query per line reads better
"""Aggregates in subqueries: of the subquery, or of the query around it."""

from __future__ import annotations

import random

from insitu.proof.fuzz.parts import a_bound, an_event


def scopes(rng: random.Random, dialect: str) -> str:
    """An aggregate in a subquery, whose argument may belong to the outer query."""
    e, f = an_event(rng), an_event(rng)
    outer = rng.choice(["e.v", "e.event_id", "s.id", "e.k"])
    call = rng.choice(
        [f"count({outer})", f"max({outer})", f"count(distinct {outer})", f"count(*) filter (where {outer} > 1)", "count(*)", "sum(f.v)", "count(f.event_id)",
         f"sum(f.v + {outer})", f"count(f.v) filter (where {outer} > 1)", f"count((select {outer}))", f"sum(1) filter (where exists (select 1 from dims d where d.k = {rng.choice(['f.k', 's.k'])}))"]
    )  # fmt: skip
    rows = f"from {f} f where f.k = s.k and {a_bound(rng, 'f', 's.as_of', 2)}"
    inner = rng.choice(
        [f"(select {call})", f"(select {call} {rows})", f"(select max(f.v) {rows} having {call} > 1)", f"exists (select 1 {rows} having {call} > 1)", f"exists (select 1 having {call} > 1)",
         f"(select max(f.v) {rows} and {call} > 1)", f"(select (select {call}) {rows} limit 1)", f"coalesce((select {call} {rows}), 0)"]
    )  # fmt: skip
    on = rng.choice(["e.k = s.k", "e.k = s.k", f"e.k = s.k and {a_bound(rng, 'e', 's.as_of', 2)}"])
    return f"select s.id, s.as_of, {inner} as x from spine s left join {e} e on {on} group by s.id, s.as_of, s.k"
