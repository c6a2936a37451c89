"""The parts of a predicate."""

from __future__ import annotations

from sqlglot import exp


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a predicate that are all true when it is."""
    node = node.unnest()
    if isinstance(node, exp.And):
        return conjuncts(node.this) + conjuncts(node.expression)
    if isinstance(node, exp.Is | exp.EQ) and isinstance(node.expression, exp.Boolean) and node.expression.this:
        return conjuncts(node.this)  # p is true
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        fallback = node.expressions[0].unnest()
        if isinstance(fallback, exp.Boolean) and not fallback.this:
            return conjuncts(node.this)  # coalesce(p, false)
    return [node]
