"""Subqueries in expressions: EXISTS, IN, ANY/ALL and scalar ones. What they read must be bounded by the outer row."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import ORIGIN
from insitu.proof.domain.terms import NOTHING, Terms, restrict
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import Read, Value, is_present, reads_of, terms_of
from insitu.proof.rules import session
from insitu.proof.rules.analyser import Analyser


def inner_env(a: Analyser, row: Row) -> Env:
    """The environment of a subquery: it sees the columns of the row around it."""
    symbols = a.symbols.with_ends(v.symbol for v in row.variant.columns.values())
    return replace(
        row.env,
        outer=(row.variant, *row.env.outer),
        outer_symbols=row.env.outer_symbols | symbols | {ORIGIN},
        windows={},
    )


def seen_by(
    a: Analyser, query: exp.Expr, row: Row, node: exp.Expr, what: str, columns: bool, equal: list[Value] | None = None,
    nullable: bool = True,
) -> tuple[Terms, frozenset[Read], str | None]:  # fmt: skip
    """What the outer row sees of the subquery's rows (and of their columns), over the outer row's symbols.

    Args:
        equal: values that the subquery's columns equal, in all rows that matter.
        nullable: rows with NULL do not matter either.
    """
    query = query.unnest()
    if isinstance(query, exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Query):
        raise Refusal(f"{what} over something that is not a query", node)
    env = inner_env(a, row)
    relation = a.relation(query, env)
    terms, reads = NOTHING, frozenset[Read]()
    types = set()
    for variant in relation.variants:
        zone = row.variant.zone.copy()
        zone.update(variant.zone)
        values = [variant.columns["", n] for n in relation.names]
        matching = nullable or all(is_present(v, variant.zone) for v in values)
        for outer, inner in zip(equal or [] if matching else [], values, strict=False):
            session.bring_together(a, node, [outer, inner])
            if comparable(outer.type, inner.type):
                zone.equal(outer.symbol, inner.symbol)
        seen = variant.existence | (terms_of(values) if columns else NOTHING)
        terms |= restrict(
            seen,
            a.symbols,
            zone,
            set(env.outer_symbols),
            a.place(node),
            "002",
            f"{what} subquery reads rows of any time",
        )
        reads |= variant.reads | (reads_of(values) if columns else frozenset())
        types |= {values[0].type}
    return terms, reads, types.pop() if len(types) == 1 else None


def scalar(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """A subquery as a value."""
    terms, reads, type_ = seen_by(a, node, row, node, "scalar", columns=True)
    return Value(a.symbols.fresh(), terms, type=type_, reads=reads)


def exists(a: Analyser, node: exp.Exists, row: Row) -> Value:
    """EXISTS: whether there are rows, whatever they hold."""
    terms, reads, _ = seen_by(a, node.this, row, node, "EXISTS", columns=False)
    return Value(a.symbols.fresh(), terms, type="boolean", reads=reads)


def quantified(a: Analyser, node: exp.Any | exp.All, row: Row) -> Value:
    """x = ANY (…), x > ALL (…), over a subquery or an array."""
    if not isinstance(node.this.unnest(), exp.Query | exp.Subquery):
        return a.value(node.this, row)
    terms, reads, type_ = seen_by(a, node.this, row, node, "ANY/ALL", columns=True)
    return Value(a.symbols.fresh(), terms, type=type_ or "opaque", reads=reads)


def membership(a: Analyser, node: exp.In, row: Row, positive: bool = False) -> Value:
    """x in (…).

    Whether it is *true* depends only on rows that equal x; whether it is false or NULL depends on all rows.
    """
    left = node.this.unnest()
    values = [a.value(x, row) for x in (left.expressions if isinstance(left, exp.Tuple) else [left])]
    query = node.args.get("query")
    if query is None:
        values += [a.value(x, row) for x in node.expressions]
        if not isinstance(left, exp.Tuple):
            session.bring_together(a, node, values)
        return Value(a.symbols.fresh(), terms_of(values), type="boolean", reads=reads_of(values))
    # Without any NULL it is false wherever it is not true.
    exact = positive or all(is_present(v, row.variant.zone) for v in values)
    equal = values if exact else None
    terms, reads, _ = seen_by(a, query, row, node, "IN", columns=True, equal=equal, nullable=positive)
    return Value(a.symbols.fresh(), terms | terms_of(values), type="boolean", reads=reads | reads_of(values))
