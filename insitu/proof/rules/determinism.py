"""Ties: a value that depends on the order of rows must have an order that leaves none.

Such a value may differ from run to run although no source row does, so training and scoring would differ. The order is
complete when it holds, together with the partition or the grouping columns, a key of the relation (declared in
`unique`, or implied by GROUP BY, DISTINCT or row_number).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from insitu.proof.context import Group, Row
from insitu.proof.domain import Key, Value, Variant
from insitu.proof.symbols import LOOSE, ORIGIN

if TYPE_CHECKING:
    from insitu.proof.analyser import Analyser
    from insitu.proof.rules.aggregates import Call

ADVICE = "add a column to its order that makes it unique, and declare the key in `unique`"


def covered(
    a: Analyser,
    variant: Variant,
    unique: list[frozenset[Key]],
    given: Iterable[Value],
    outer: frozenset[int] = frozenset(),
) -> bool:
    """Do the given values hold a key of the relation? In a subquery the outer row's values are given too."""
    known = {v.symbol for v in given} | (outer - {ORIGIN})
    if not known and frozenset() not in unique:
        return False
    return any(all(_determined(a, variant, variant.columns.get(column), known) for column in key) for key in unique)


def _determined(a: Analyser, variant: Variant, value: Value | None, known: set[int]) -> bool:
    if value is None:
        return False
    if value.symbol in known or value.constant is not None:
        return True
    forward = a.symbols.paths(variant.zone, value.symbol)
    return any(
        forward.get(k) == (0, LOOSE) and a.symbols.paths(variant.zone, k).get(value.symbol) == (0, LOOSE)
        for k in known
        if k in forward
    )


def parts(node: exp.Expr) -> list[exp.Expr]:
    """The expressions of a compound order key: (ts, id), row(ts, id), {'a': ts, 'b': id}."""
    node = node.unnest()
    if isinstance(node, exp.Tuple) or (isinstance(node, exp.Anonymous) and str(node.this).lower() == "row"):
        return [p for e in node.expressions for p in parts(e)]
    if isinstance(node, exp.Struct):
        return [p for e in node.expressions for p in parts(e.expression if isinstance(e, exp.PropertyEQ) else e)]
    return [node]


def interchangeable(a: Analyser, peer: Row, arguments: list[Value], given: Iterable[Value]) -> bool:
    """Rows that tie look the same: what the select shows of them, and the arguments, follow from given values."""
    known = {v.symbol for v in given}

    def follows(value: Value) -> bool:
        return value.constant is not None or value.symbol in known

    def shown(node: exp.Expr) -> bool:
        if isinstance(node, exp.Window) and not node.args.get("alias"):
            order = node.args.get("order")
            parts = [*(node.args.get("partition_by") or []), *(o.this for o in (order.expressions if order else []))]
            return all(follows(a.value(p, peer)) for p in parts) and all(
                shown(child) for child in node.this.iter_expressions()
            )
        if isinstance(node, exp.Window):
            return all(shown(child) for child in node.this.iter_expressions())
        if isinstance(node, exp.Query):
            return False
        if isinstance(node, exp.Column):
            return follows(a.value(node, peer))
        return all(shown(child) for child in node.iter_expressions())

    return all(follows(x) for x in arguments) and all(shown(e) for e in peer.aliases.values())


def aggregate_tie(a: Analyser, call: Call, row: Row, keys: list[Value], group: Group) -> str:
    """Why an order-dependent aggregate is not determined; empty when it is."""
    if not call.ordered:
        return ""
    name = call.name
    by: list[exp.Expr] = list(call.order)
    if name in ("argmax", "argmin", "arg_max", "arg_min", "max_by", "min_by"):
        by += call.arguments[1:2]
    if name == "mode" and call.order and not call.arguments:
        return ""  # mode() within group (order by x): the first of the most frequent in that order
    if name == "mode" and not call.order:
        return "mode() picks any of several equally frequent values; count, then take the first by count and value"
    if not by and not (
        frozenset() in group.unique or covered(a, row.variant, group.unique, keys, group.env.outer_symbols)
    ):
        return f"{name}() depends on the order in which rows arrive; give it an order that leaves no ties"
    values = [a.value(p, row) for e in by for p in parts(e)]
    arguments = [a.value(x, row) for x in call.arguments[:1]]
    harmless = any(x.constant is not None or x.symbol in {v.symbol for v in values} for x in arguments)
    if harmless or covered(a, row.variant, group.unique, [*values, *keys], group.env.outer_symbols):
        return ""
    return f"{a.show(call.node)} is not determined when two rows tie; {ADVICE}"
