"""Calls of aggregates and window functions: which nodes are one, and what one consists of."""

from __future__ import annotations

from collections.abc import Container, Mapping

from sqlglot import exp

from insitu.proof.domain.refusal import Refusal
from insitu.proof.sql import functions
from insitu.proof.sql.identifiers import identifier
from insitu.proof.sql.words import function


def is_aggregate(node: exp.Expr) -> bool:
    """Is the node itself an aggregate call, known to the checker or not?"""
    if isinstance(node, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        return True
    if isinstance(node, exp.Anonymous):
        return functions.of(node).aggregate or functions.of(node).ordered
    if isinstance(node, exp.AnonymousAggFunc | exp.CombinedAggFunc):
        return True
    return isinstance(node, exp.AggFunc) and not functions.of(node).window_only


def aggregates_in(node: exp.Expr) -> list[exp.Expr]:
    """The aggregate calls in an expression, outside of window functions and subqueries."""
    if isinstance(node, exp.Query):
        return []
    if isinstance(node, exp.Window):
        function = node.this
        while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
            function = function.this
        inside = [*function.iter_expressions(), *(node.args.get("partition_by") or [])]
        order = node.args.get("order")
        inside += [o.this for o in order.expressions] if order is not None else []
        return [call for child in inside for call in aggregates_in(child)]
    if is_aggregate(node):
        return [node]
    return [call for child in node.iter_expressions() for call in aggregates_in(child)]


def is_aggregated(node: exp.Expr, aliases: Mapping[str, exp.Expr], columns: Container[str], dialect: str) -> bool:
    """Does the expression hold an aggregate, by itself or by the alias of another that does?

    Args:
        columns: names of the input, which come before aliases.
    """
    if aggregates_in(node):
        return True
    names = {identifier(c.this, dialect) for c in _own_columns(node) if not c.table}
    return any(
        name in aliases
        and name not in columns
        and aliases[name] is not node
        and is_aggregated(aliases[name], {n: e for n, e in aliases.items() if n != name}, columns, dialect)
        for name in names
    )


def _own_columns(node: exp.Expr) -> list[exp.Column]:
    """The columns of an expression, outside of its subqueries."""
    if isinstance(node, exp.Query):
        return []
    if isinstance(node, exp.Column):
        return [node]
    return [column for child in node.iter_expressions() for column in _own_columns(child)]


class Call:
    """An aggregate call taken apart: the function, FILTER, arguments, and the order of its input."""

    def __init__(self, node: exp.Expr) -> None:
        self.node = node
        self.filter: exp.Expr | None = None
        self.order: list[exp.Expr] = []
        self.distinct = False
        inner = node
        while isinstance(inner, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
            if isinstance(inner, exp.Filter):
                self.filter = inner.expression.this if isinstance(inner.expression, exp.Where) else inner.expression
            if isinstance(inner, exp.WithinGroup):
                self.order += [o.this for o in inner.expression.expressions]
            inner = inner.this
        self.function = inner
        self.within_group = isinstance(node.find(exp.WithinGroup), exp.WithinGroup)
        self.facts = functions.of(inner)
        if not (self.facts.aggregate or self.facts.ordered):
            raise Refusal(f"the aggregate {function(inner)}() is not understood", node)
        self.name = function(inner)
        self.arguments: list[exp.Expr] = []
        for child in inner.iter_expressions():
            self._argument(child)

    def _argument(self, node: exp.Expr) -> None:
        if isinstance(node, exp.Star | exp.Var | exp.DataType | exp.Identifier):
            return
        if isinstance(node, exp.Order):
            self.order += [o.this for o in node.expressions]
            self._argument(node.this)
        elif isinstance(node, exp.Distinct):
            self.distinct = True
            for child in node.expressions:
                self._argument(child)
        else:
            self.arguments.append(node.unnest())
