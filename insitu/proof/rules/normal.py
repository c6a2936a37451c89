"""One way to write a predicate: BETWEEN as two comparisons, NOT pushed inwards.

Each rewriting keeps the three truth values: NOT of a comparison is the opposite comparison, also where it is NULL.
"""

from __future__ import annotations

from sqlglot import exp

_OPPOSITE: dict[type, type[exp.Binary]] = {exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT}


def normal(query: exp.Expr) -> exp.Expr:
    """The query with its predicates rewritten, in place."""
    for is_ in list(query.find_all(exp.Is)):
        if is_.args.get("negate"):  # x is not null, in PostgreSQL
            _replace(is_, exp.Not(this=exp.Is(this=is_.this, expression=is_.expression)))
    for between in list(query.find_all(exp.Between)):
        if not between.args.get("symmetric"):
            _replace(between, _between(between))
    for not_ in list(query.find_all(exp.Not)):
        if not_.parent is not None and not isinstance(not_.parent, exp.Not):
            negated = _negated(not_.this)
            if isinstance(negated, exp.Not):
                not_.set("this", negated.this)
            else:
                _replace(not_, negated)
    return query


def _replace(node: exp.Expr, other: exp.Expr) -> None:
    node.replace(exp.Paren(this=other) if isinstance(other, exp.Connector) else other)


def _between(node: exp.Between) -> exp.Expr:
    value, low, high = node.this, node.args["low"], node.args["high"]
    return exp.And(this=exp.GTE(this=value.copy(), expression=low), expression=exp.LTE(this=value, expression=high))


def _negated(node: exp.Expr) -> exp.Expr:
    """NOT node."""
    node = node.unnest()
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return _negated(inner.this) if isinstance(inner, exp.Not) else inner
    if isinstance(node, exp.And | exp.Or):
        other = exp.Or if isinstance(node, exp.And) else exp.And
        return other(this=_negated_part(node.this), expression=_negated_part(node.expression))
    opposite = _OPPOSITE.get(type(node))
    sides = (node.this.unnest(), node.expression.unnest()) if opposite else ()
    if opposite and not any(isinstance(s, exp.Any | exp.All | exp.Tuple) for s in sides):
        return opposite(this=node.this, expression=node.expression)
    return exp.Not(this=node)


def _negated_part(node: exp.Expr) -> exp.Expr:
    negated = _negated(node)
    return exp.Paren(this=negated) if isinstance(negated, exp.Connector) else negated
