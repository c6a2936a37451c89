# ruff: noqa: E501 — a query per line reads better
"""Random feature queries: most constructs of the rule table, put together rightly and wrongly."""

from __future__ import annotations

import random

import sqlglot

from insitu.proof.fuzz import declared, joins, lists, names, scopes, sessions, tables, windows
from insitu.proof.fuzz.case import Case


def case(rng: random.Random, dialect: str = "duckdb") -> Case:
    """A feature query, with the declared models that it reads."""
    if rng.random() < 0.4:
        made = rng.choice(_MORE)(rng, dialect)
        return made if isinstance(made, Case) else Case(made)
    sql = query(rng)
    return Case(sql if dialect == "duckdb" else sqlglot.transpile(sql, read="duckdb", write=dialect)[0])


def query(rng: random.Random) -> str:
    """One feature query with columns id, as_of and more, in DuckDB's SQL."""
    shape = rng.choice(_SHAPES)
    return shape(rng)


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


# A shape that stands here twice is chosen twice as often.
_SHAPES = (
    joins.joined,
    joins.joined,
    joins.joined,
    joins.second_join,
    joins.subquery,
    joins.subquery,
    windows.timeline,
    windows.timeline,
    windows.history,
    tables.periods,
    tables.dimension,
    tables.label,
    tables.sets,
    _nested,
    windows.last,
    windows.runs,
    windows.picked,
    joins.logic,
    joins.logic,
    joins.copies,
    windows.numbered,
    windows.numbered,
    windows.kinds,
    windows.kinds,
    joins.flags,
    joins.beside,
    joins.again,
    joins.again,
    windows.nearest,
)
# These write the SQL of each dialect themselves.
_MORE = (
    scopes.scopes,
    names.names,
    sessions.zones,
    sessions.texts,
    sessions.written,
    sessions.ordered,
    sessions.constants,
    declared.declared,
    declared.declared,
    lists.groups,
    lists.lists,
    lists.by_name,
    lists.pivots,
)
