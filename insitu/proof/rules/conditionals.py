"""CASE, IF, COALESCE, LEAST, GREATEST."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import Weight
from insitu.proof.domain.terms import NOTHING, Terms, tighten
from insitu.proof.domain.types import common
from insitu.proof.domain.variants import NULL, Read, Value, is_present, reads_of, terms_of
from insitu.proof.rules import session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.truth import certain, predicates, validity


def branches(node: exp.Case | exp.If) -> tuple[list[tuple[exp.Expr, exp.Expr]], exp.Expr | None]:
    """(condition, value) pairs, and the ELSE."""
    if isinstance(node, exp.If):
        return [(node.this, node.args["true"])], node.args.get("false")
    pairs = []
    for branch in node.args["ifs"]:
        condition = branch.this
        if node.this is not None:
            condition = exp.EQ(this=node.this.copy(), expression=branch.this.copy())
        pairs.append((condition, branch.args["true"]))
    return pairs, node.args.get("default")


def case(a: Analyser, node: exp.Case | exp.If, row: Row) -> Value:
    """A branch is seen only where its condition is true, so its terms count under the condition's facts."""
    pairs, default = branches(node)
    terms, reads, values = NOTHING, frozenset[Read](), []
    for condition, result in pairs:
        some, read = branch(a, condition, [result], row)
        terms, reads = terms | some, reads | read
        if certain.always(a, condition, row):
            # Later branches are not reached. The terms of this condition stay, as it may be false in other variants.
            default = result
            break
        if not certain.never(a, condition, row):
            values.append(a.value(result, row))
    other = a.value(default, row) if default is not None else Value(a.symbols.intern("null"), constant=NULL)
    if not values:
        return other._replace(terms=terms | other.terms, reads=reads | other.reads)
    values.append(other)
    session.bring_together(a, node, values)
    types = {v.type for v in values if v.constant != NULL}
    return Value(
        a.symbols.fresh(),
        terms | other.terms,
        type=common(types),
        reads=reads | other.reads,
    )


def branch(a: Analyser, condition: exp.Expr, results: list[exp.Expr], row: Row) -> tuple[Terms, frozenset[Read]]:
    """What a branch depends on: its condition, and its results where the condition is true."""
    assumed = predicates.assume(a, condition, row)
    if assumed is None:
        return NOTHING, frozenset()
    terms, reads = predicates.truth(a, condition, assumed)
    values = [a.value(r, assumed) for r in results]
    terms |= terms_of(values)
    return tighten(terms, a.symbols, assumed.variant.zone, predicates.visible(a, row)), reads | reads_of(values)


def coalesce(a: Analyser, node: exp.Coalesce, row: Row) -> Value:
    """The first value that is not NULL; `coalesce(p, false)` is whether p is true."""
    arguments = [node.this, *node.expressions]
    first = arguments[0].unnest()
    fallback = arguments[1].unnest() if len(arguments) == 2 else None
    if isinstance(first, exp.Predicate) and isinstance(fallback, exp.Boolean) and not fallback.this:
        # coalesce(p, false): is p true?
        terms, reads = branch(a, first, [], row)
        return Value(a.symbols.fresh(), terms, type="boolean", reads=reads)
    values = [a.value(x, row) for x in arguments]
    session.bring_together(a, node, values)
    if fallback is not None and values[0].closing and validity.is_forever(fallback):
        return values[0]._replace(symbol=a.symbols.fresh(), not_null=True)
    if is_present(values[0], row.variant.zone) and values[0].constant is None:
        return values[0]
    return _any_of(a, "coalesce", values, row)


def extreme(a: Analyser, node: exp.Least | exp.Greatest, row: Row) -> Value:
    """Both warehouses ignore NULL arguments."""
    values = [a.value(x, row) for x in [node.this, *node.expressions]]
    session.bring_together(a, node, values)
    result = _any_of(a, type(node).__name__, values, row)
    for v in values:
        if v.constant == NULL or result.symbol == v.symbol:
            continue
        if isinstance(node, exp.Greatest):
            row.variant.zone.add(v.symbol, result.symbol)
        elif is_present(v, row.variant.zone):
            row.variant.zone.add(result.symbol, v.symbol)
    return result


def _any_of(a: Analyser, key: str, values: list[Value], row: Row) -> Value:
    """One of the values (NULL only if all are): it has the bounds that all of them have."""
    present = [v for v in values if v.constant != NULL]
    terms, reads = terms_of(values), reads_of(values)
    if not present:
        return values[0]._replace(terms=terms, reads=reads)
    if len(present) == 1:
        return present[0]._replace(terms=terms, reads=reads, closing=False)
    types = {v.type for v in present}
    symbol = a.symbols.intern((key, tuple(v.symbol for v in values)))
    bounds: list[dict[int, Weight]] = [a.symbols.paths(row.variant.zone, v.symbol) for v in present]
    for y in set(bounds[0]).intersection(*bounds[1:]):
        if y != symbol:
            row.variant.zone.add(symbol, y, max(b[y] for b in bounds))
    return Value(
        symbol,
        terms,
        type=common(types),
        not_null=any(is_present(v, row.variant.zone) for v in present),
        reads=reads,
    )
