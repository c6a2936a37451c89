"""One way to write a predicate: BETWEEN as two comparisons, NOT pushed inwards.

Each rewriting keeps the three truth values: NOT of a comparison is the opposite comparison, also where it is NULL.
"""

from __future__ import annotations

from sqlglot import exp

_OPPOSITE: dict[type, type[exp.Binary]] = {exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT}


def normal(query: exp.Expr) -> exp.Expr:
    """The query with its predicates rewritten, in place."""
    negatives: list[exp.Expr] = []
    for node in list(query.walk()):
        if isinstance(node, exp.Is) and node.args.get("negate"):  # x is not null, in PostgreSQL
            negative = exp.Not(this=exp.Is(this=node.this, expression=node.expression))
            _replace(node, negative)
            negatives.append(negative)
        elif isinstance(node, exp.Between) and not node.args.get("symmetric"):
            _replace(node, _between(node))
        elif isinstance(node, exp.Not):
            negatives.append(node)
    for node in negatives:
        if node.parent is not None and not isinstance(node.parent, exp.Not):
            opposite = negated(node.this)
            if isinstance(opposite, exp.Not):
                node.set("this", opposite.this)
            else:
                _replace(node, opposite)
    return query


def _replace(node: exp.Expr, other: exp.Expr) -> None:
    node.replace(exp.Paren(this=other) if isinstance(other, exp.Connector) else other)


def _between(node: exp.Between) -> exp.Expr:
    value, low, high = node.this, node.args["low"], node.args["high"]
    return exp.And(this=exp.GTE(this=value.copy(), expression=low), expression=exp.LTE(this=value, expression=high))


def negated(node: exp.Expr) -> exp.Expr:
    """NOT node, pushed inwards."""
    node = node.unnest()
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return negated(inner.this) if isinstance(inner, exp.Not) else inner
    if isinstance(node, exp.And | exp.Or):
        other = exp.Or if isinstance(node, exp.And) else exp.And
        return other(this=_negated_part(node.this), expression=_negated_part(node.expression))
    opposite = _OPPOSITE.get(type(node))
    sides = (node.this.unnest(), node.expression.unnest()) if opposite else ()
    if opposite and not any(isinstance(s, exp.Any | exp.All | exp.Tuple) for s in sides):
        return opposite(this=node.this, expression=node.expression)
    return exp.Not(this=node)


def _negated_part(node: exp.Expr) -> exp.Expr:
    opposite = negated(node)
    return exp.Paren(this=opposite) if isinstance(opposite, exp.Connector) else opposite
