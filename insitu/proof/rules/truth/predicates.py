"""Predicates: the row where one is true, and what it depends on whether it is."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.terms import NOTHING, Terms, tighten
from insitu.proof.domain.variants import Read, symbols_of
from insitu.proof.rules import subqueries
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.truth import certain, facts, next_row, validity
from insitu.proof.rules.truth.parts import conjuncts


def assume(a: Analyser, predicate: exp.Expr, row: Row) -> Row | None:
    """The row, knowing that the predicate is true; None when it cannot be."""
    known = row.assumed.get(id(predicate))
    if known is not None and known[0] is predicate:
        return known[1]
    result = None
    if not certain.never(a, predicate, row):
        zone = row.variant.zone.copy()
        facts.add(a, predicate, row, zone)
        result = row.with_zone(zone)
    row.assumed[id(predicate)] = (predicate, result)
    return result


def truth(a: Analyser, predicate: exp.Expr, row: Row) -> tuple[Terms, frozenset[Read]]:
    """What it depends on whether the predicate is true (rather than false or NULL), and the columns it reads.

    The terms count under the predicate's own facts. Where it is true, its inputs obey these facts. Where it is not,
    nothing of its inputs is seen but that.
    """
    terms, reads = NOTHING, frozenset[Read]()
    for part in conjuncts(predicate):
        value = validity.end_of_version(a, part, row)
        if value is None:
            value = next_row.comes_by(a, part, row)
        if value is None and isinstance(part, exp.Or):
            for side in (part.this, part.expression):
                assumed = assume(a, side, row)
                if assumed is not None:
                    some, read = truth(a, side, assumed)
                    terms |= tighten(some, a.symbols, assumed.variant.zone, visible(a, row))
                    reads |= read
            continue
        if value is None and isinstance(part, exp.In) and part.args.get("query"):
            value = subqueries.membership(a, part, row, positive=True)
        if value is None:
            value = a.value(part, row)
        terms |= value.terms
        reads |= value.reads
    return terms, reads


def visible(a: Analyser, row: Row) -> set[int]:
    """The symbols in reach of a row."""
    return a.symbols.with_ends(symbols_of(row.variant)) | set(row.env.outer_symbols)
