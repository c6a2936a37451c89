"""The frame of a window function: how late its rows can be, and whether it counts rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.types import TIME
from insitu.proof.domain.variants import Value, is_present
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import functions, intervals
from insitu.proof.sql.identifiers import identifier

Definition = tuple[list[exp.Expr], list[exp.Expr], exp.Expr | None]  # partition, order, frame


@dataclass(frozen=True, slots=True)
class Frame:
    """How late the rows of a frame can be, in terms of the first order key of the current row."""

    bounded: bool  # no later than the current row's key + offset
    offset: int = 0
    strict: bool = False  # earlier than that
    positional: bool = False  # depends on the order among ties
    from_start: bool = False  # holds all rows from the first one to the current one
    counted: bool = False  # an edge is a number of rows: each row shifts it, also one that the function ignores


def unwrapped(node: exp.Window) -> tuple[exp.Expr, exp.Expr | None, bool]:
    """The function of a window, the condition of its FILTER, and whether it ignores NULL."""
    function, condition, ignoring = node.this, None, False
    while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        ignoring = ignoring or isinstance(function, exp.IgnoreNulls)
        if isinstance(function, exp.Filter):
            condition = function.expression.this if isinstance(function.expression, exp.Where) else function.expression
        function = function.this
    return function, condition, ignoring


def definition(a: Analyser, node: exp.Window, row: Row) -> Definition:
    """Partition, order and frame of a window, also of a named one."""
    partition = list(node.args.get("partition_by") or [])
    order, spec = node.args.get("order"), node.args.get("spec")
    if node.args.get("alias") is not None:
        named = row.env.windows.get(identifier(node.args["alias"], a.dialect))
        if named is None or named.args.get("alias") is not None:
            raise Refusal(f"window {node.alias} is not found", node)
        partition = partition or list(named.args.get("partition_by") or [])
        order, spec = order or named.args.get("order"), spec or named.args.get("spec")
    return partition, list(order.expressions) if order is not None else [], spec


def partition_names(a: Analyser, row: Row, partition: list[tuple[Value, Value]]) -> dict[int, list[int]]:
    """Symbols of a row in the partition → equal symbols of the current row: both have the same partition values."""
    names: dict[int, list[int]] = {o: [o] for o in row.env.outer_symbols}
    for x, y in partition:
        names.setdefault(x.symbol, []).append(y.symbol)
        p, q = a.symbols.aligned.get(x.symbol), a.symbols.aligned.get(y.symbol)
        if p and q and p.unit == q.unit:
            names.setdefault(p.end, []).append(q.end)
        # A partition of NULL is of several rows' keys: nothing is known of them.
        told = {t.name: t.symbol for t in y.identifies} if is_present(y, row.variant.zone) else {}
        for t in x.identifies:
            if t.present and t.name in told:
                names.setdefault(t.symbol, []).append(told[t.name])
    return names


def frame(a: Analyser, function: exp.Expr, order: list[exp.Expr], spec: exp.Expr | None, row: Row) -> Frame:
    """The frame of a function in a row; raises Refusal for one that the SQL alone does not fix."""
    facts = functions.of(function)
    positional = facts.sees_ties
    kind = str(spec.args.get("kind") or "RANGE").upper() if spec is not None else "RANGE"
    if kind not in ("RANGE", "ROWS", "GROUPS"):
        raise Refusal(f"{kind} frame", spec)
    for name in ("start", "end"):
        _literal(a, spec.args.get(name) if spec is not None else None, kind)
    if not order:
        return Frame(bounded=False, positional=positional or kind == "ROWS", counted=kind == "ROWS")
    descending = bool(order[0].args.get("desc"))
    if facts.window == "whole":
        return Frame(bounded=False, positional=positional)
    if facts.window == "ranking":
        return Frame(bounded=not descending, positional=positional, from_start=True)
    if facts.window == "offset":
        offset = function.args.get("offset")
        if offset is not None and not (isinstance(offset, exp.Literal) and not offset.is_string):
            return Frame(bounded=False, positional=True, counted=True)
        earlier = isinstance(function, exp.Lag) is not descending
        return Frame(bounded=earlier, positional=True, counted=True)
    if spec is None:
        return Frame(bounded=not descending, positional=positional)
    return _explicit(a, function, spec, kind, positional, row, order)


def _explicit(
    a: Analyser, function: exp.Expr, spec: exp.Expr, kind: str, positional: bool, row: Row, order: list[exp.Expr]
) -> Frame:
    descending = bool(order[0].args.get("desc"))
    side = "start" if descending else "end"
    edge, direction = spec.args.get(side) or "CURRENT ROW", str(spec.args.get(f"{side}_side") or "").upper()
    start, end = (_named(spec.args.get(name)) for name in ("start", "end"))
    from_start = start == "UNBOUNDED" and end == "CURRENT ROW" and not positional
    counted = kind != "RANGE" and (not (start and end) or isinstance(function, exp.NthValue))
    positional = positional or (kind == "ROWS" and not (start == end == "UNBOUNDED"))
    exclude = spec.args.get("exclude")
    ties = exclude is not None and exclude.name.upper() == "GROUP" and len(order) == 1  # rows of the same key are out
    toward_past = direction == ("FOLLOWING" if descending else "PRECEDING")
    if isinstance(edge, str):
        if edge.upper() == "CURRENT ROW":
            return Frame(True, 0, ties, positional, from_start, counted)
        # UNBOUNDED toward the past ends an empty frame, or one of a single edge; take it as unbounded.
        return Frame(False, positional=positional, from_start=from_start, counted=counted)
    if kind == "ROWS":
        return Frame(toward_past, 0, ties, positional, from_start, counted)
    if kind == "GROUPS":  # whole groups of rows that tie; those of other groups have another key, if there is one only
        away = toward_past and isinstance(edge, exp.Literal) and edge.this != "0" and len(order) == 1
        return Frame(toward_past, 0, ties or away, positional, from_start, counted)
    value = a.value(order[0].this, row)
    duration = intervals.parse(edge)
    if duration is None or value.type not in (None, *TIME):
        return Frame(isinstance(edge, exp.Literal) and toward_past, 0, False, positional, from_start, counted)
    offset = -duration.low if toward_past else duration.high
    return Frame(True, offset, False, positional, from_start, counted)


def _named(edge: object) -> str:
    """UNBOUNDED or CURRENT ROW; empty for a distance."""
    return edge.upper() if isinstance(edge, str) else "" if isinstance(edge, exp.Expr) else "CURRENT ROW"


def _literal(a: Analyser, edge: object, kind: str) -> None:
    """Refuse a distance that is not a literal: a column there would show in the result."""
    if not isinstance(edge, exp.Expr) or (isinstance(edge, exp.Literal) and not edge.is_string):
        return
    if kind != "RANGE" or intervals.parse(edge) is None:
        raise Refusal(f"a frame that begins or ends at {a.show(edge)}: the distance must be a literal", edge)
