"""Window functions: which rows the frame of the current row can hold.

With ascending order the frame's end limits how late its rows can be, with descending order its start. The partition
columns limit them as well: all rows of a partition share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from insitu.proof import functions
from insitu.proof.context import Row
from insitu.proof.domain import NULL, Refusal, Terms, Value, is_present, prune, reads_of, refused, terms_of
from insitu.proof.rebase import carry
from insitu.proof.rules import determinism, intervals, literals, predicates
from insitu.proof.rules.aggregates import Call
from insitu.proof.symbols import LOOSE, STRICT, Weight, Zone
from insitu.proof.types import TIME

if TYPE_CHECKING:
    from insitu.proof.analyser import Analyser


@dataclass(frozen=True, slots=True)
class Frame:
    """How late the rows of a frame can be, in terms of the first order key of the current row."""

    bounded: bool  # no later than the current row's key + offset
    offset: int = 0
    strict: bool = False  # earlier than that
    positional: bool = False  # depends on the order among ties
    from_start: bool = False  # begins with the first row


def window(a: Analyser, node: exp.Window, row: Row) -> Value:
    if row.peers is None:
        raise Refusal("a window function in this clause", node)
    partition, order, spec = definition(node, row)
    function, condition, ignoring = node.this, None, False
    while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        ignoring = ignoring or isinstance(function, exp.IgnoreNulls)
        if isinstance(function, exp.Filter):
            condition = function.expression.this if isinstance(function.expression, exp.Where) else function.expression
        function = function.this
    arguments = _arguments(a, function, row)
    frame = _frame(a, function, order, spec, row, node)
    mine = [a.value(p, row) for p in partition]
    keys = [a.value(o.this, row) for o in order]
    picks = isinstance(function, exp.Max | exp.Min | exp.FirstValue | exp.LastValue)  # the result is one of the values
    best: dict[int, Weight] | None = None
    types: set[str | None] = set()
    # Offset and default of lag, lead and nth_value are those of the current row.
    picking = type(function) in functions.OFFSETS | functions.POSITIONAL
    extra = [a.value(x, row) for x in arguments[1:]] if picking else []
    terms, reads = terms_of([*mine, *keys, *extra]), reads_of([*mine, *keys, *extra])
    for peer in row.peers:
        theirs = [a.value(p, peer) for p in partition]
        if any(literals.differ(x.constant, y.constant) for x, y in zip(mine, theirs, strict=True)):
            continue
        inner: Row | None = peer
        if condition is not None:
            inner = predicates.assume(a, condition, peer)
            if inner is None:
                continue
        assert inner is not None
        orders = [a.value(o.this, inner) for o in order]
        values = [a.value(x, inner) for x in arguments]
        ignored = type(function) in functions.IGNORES_NULL or (ignoring and type(function) in functions.POSITIONAL)
        silent = ignored and len(values) == 1 and values[0].constant == NULL
        own = type(function) in functions.POSITIONAL and values[:1]
        same = own and (own[0].constant is not None or own[0].symbol in {o.symbol for o in orders})
        same = same or (
            frame.positional
            and type(function) in functions.RANKING | functions.OFFSETS | functions.POSITIONAL
            and determinism.interchangeable(a, peer, values, [*theirs, *orders])
        )
        tie = "" if same else _tie(a, frame, order, keys, orders, [*theirs, *orders], inner, row, silent)
        if tie:
            terms |= {refused(a.place(node), "007", f"{a.show(node)} {tie}")}
        if silent:
            continue  # NULL is ignored: this row shows in no way
        seen = inner.variant.existence | terms_of([*values, *theirs, *orders])
        if condition is not None:
            some, read = predicates.truth(a, condition, inner)
            seen, reads = seen | some, reads | read
        reads |= reads_of(values) | inner.variant.reads
        terms |= _bounded(a, node, frame, seen, inner, row, list(zip(theirs, mine, strict=True)), orders, keys, order)
        if picks:
            here = _latest(a, frame, values[0], inner, row, list(zip(theirs, mine, strict=True)), orders, keys, order)
            best = here if best is None else {y: max(w, here[y]) for y, w in best.items() if y in here}
            types.add(values[0].type)
    symbol = a.symbols.fresh()
    for y, weight in (best or {}).items():
        row.variant.zone.add(symbol, y, weight)
    counts = isinstance(function, exp.Count | exp.RowNumber | exp.Rank | exp.DenseRank)
    type_ = types.pop() if len(types) == 1 else "opaque"
    return Value(symbol, prune(terms), type="integer" if counts else type_, reads=reads)


def definition(node: exp.Window, row: Row) -> tuple[list[exp.Expr], list[exp.Expr], exp.Expr | None]:
    partition = list(node.args.get("partition_by") or [])
    order, spec = node.args.get("order"), node.args.get("spec")
    if node.args.get("alias") is not None:
        named = row.env.windows.get(node.alias.lower())
        if named is None or named.args.get("alias") is not None:
            raise Refusal(f"window {node.alias} is not found", node)
        partition = partition or list(named.args.get("partition_by") or [])
        order, spec = order or named.args.get("order"), spec or named.args.get("spec")
    return partition, list(order.expressions) if order is not None else [], spec


def _arguments(a: Analyser, function: exp.Expr, row: Row) -> list[exp.Expr]:
    if type(function) in functions.RANKING | functions.WHOLE:
        return []
    if type(function) in functions.WINDOW_ONLY | functions.POSITIONAL:
        return [x for x in function.iter_expressions() if not isinstance(x, exp.Identifier | exp.Var)]
    call = Call(function, a.dialect)
    if call.order:
        raise Refusal("an ordered aggregate as a window function", function)
    if call.ordered and call.name in ("argmax", "argmin", "arg_max", "arg_min", "max_by", "min_by", "mode"):
        raise Refusal(f"{call.name}() as a window function", function)
    return call.arguments


def _frame(
    a: Analyser, function: exp.Expr, order: list[exp.Expr], spec: exp.Expr | None, row: Row, node: exp.Window
) -> Frame:
    positional = type(function) in functions.POSITIONAL | functions.OFFSETS or isinstance(
        function, exp.RowNumber | exp.Ntile | exp.NthValue | exp.ArrayAgg | exp.GroupConcat | exp.AnyValue
    )
    if not order:
        return Frame(bounded=False, positional=positional)
    descending = bool(order[0].args.get("desc"))
    if type(function) in functions.WHOLE:
        return Frame(bounded=False, positional=positional)
    if type(function) in functions.RANKING:
        return Frame(bounded=not descending, positional=positional, from_start=True)
    if isinstance(function, exp.Lag | exp.Lead):
        offset = function.args.get("offset")
        if offset is not None and not (isinstance(offset, exp.Literal) and not offset.is_string):
            return Frame(bounded=False, positional=True)
        earlier = isinstance(function, exp.Lag) is not descending
        return Frame(bounded=earlier, positional=True)
    return _explicit(a, spec, descending, positional, row, order, node)


def _explicit(
    a: Analyser,
    spec: exp.Expr | None,
    descending: bool,
    positional: bool,
    row: Row,
    order: list[exp.Expr],
    node: exp.Window,
) -> Frame:
    if spec is None:
        return Frame(bounded=not descending, positional=positional)
    kind = str(spec.args.get("kind") or "RANGE").upper()
    if kind not in ("RANGE", "ROWS"):
        raise Refusal(f"{kind} frame", node)
    side = "start" if descending else "end"
    edge, direction = spec.args.get(side), str(spec.args.get(f"{side}_side") or "").upper()
    start = spec.args.get("start")
    from_start = isinstance(start, str) and start.upper() == "UNBOUNDED" and not positional
    to_end = isinstance(spec.args.get("end"), str) and str(spec.args["end"]).upper() == "UNBOUNDED"
    positional = positional or (
        kind == "ROWS" and not (isinstance(start, str) and start.upper() == "UNBOUNDED" and to_end)
    )
    exclude = spec.args.get("exclude")
    strict = exclude is not None and exclude.name.upper() == "GROUP" and len(order) == 1
    if edge is None:
        edge = "CURRENT ROW"
    toward_past = direction == ("FOLLOWING" if descending else "PRECEDING")
    if isinstance(edge, str):
        if edge.upper() == "CURRENT ROW":
            return Frame(True, 0, strict, positional, from_start)
        # UNBOUNDED toward the past means an empty or degenerate frame; take it as unbounded.
        return Frame(False, positional=positional, from_start=from_start)
    if kind == "ROWS":
        plain = isinstance(edge, exp.Literal) and not edge.is_string
        return Frame(plain and toward_past, 0, strict, positional, from_start)
    value = a.value(order[0].this, row)
    duration = intervals.parse(edge)
    if duration is None or value.type not in (None, *TIME):
        literal = isinstance(edge, exp.Literal) and not edge.is_string
        return Frame(literal and toward_past, 0, strict, positional, from_start)
    offset = -duration.low if toward_past else duration.high
    return Frame(True, offset, strict, positional, from_start)


def _tie(
    a: Analyser, frame: Frame, order: list[exp.Expr], mine: list[Value], theirs: list[Value], all_theirs: list[Value],
    peer: Row, row: Row, silent: bool,
) -> str:  # fmt: skip
    """Why the frame is not determined; empty when it is."""
    if not frame.positional:
        return ""
    if not order:
        return "depends on the order of rows and has none; give it an order that leaves no ties"
    if silent and frame.from_start:
        return ""
    apart = any(literals.differ(x.constant, y.constant) for x, y in zip(mine, theirs, strict=True))
    if frame.from_start and frame.bounded and apart and peer.variant is not row.variant:
        return ""  # rows of this kind never tie with the current row, and those before it are all in the frame
    if determinism.covered(a, peer.variant, peer.unique, all_theirs, row.env.outer_symbols):
        return ""
    return f"is not determined when two rows tie; {determinism.ADVICE}"


def _frame_facts(
    a: Analyser,
    frame: Frame,
    peer: Row,
    row: Row,
    partition: list[tuple[Value, Value]],
    theirs: list[Value],
    mine: list[Value],
    order: list[exp.Expr],
) -> tuple[Zone, dict[int, list[int]]]:
    """Facts about a row of the frame, and what its symbols are to the current row."""
    names, zone = partition_names(a, row, partition), peer.variant.zone
    if frame.bounded and theirs and is_present(mine[0], row.variant.zone):
        strict = frame.strict or _ordered_first(theirs, mine, order, frame)
        latest = a.symbols.fresh()  # the current row's first order key + offset
        zone = zone.copy()
        zone.add(theirs[0].symbol, latest, (frame.offset, STRICT if strict else LOOSE))
        names[latest] = [mine[0].symbol]
    return zone, names


def partition_names(a: Analyser, row: Row, partition: list[tuple[Value, Value]]) -> dict[int, list[int]]:
    """What the symbols of a row of the partition are to the current row: its partition values are the same."""
    names: dict[int, list[int]] = {o: [o] for o in row.env.outer_symbols}
    for x, y in partition:
        names.setdefault(x.symbol, []).append(y.symbol)
        p, q = a.symbols.aligned.get(x.symbol), a.symbols.aligned.get(y.symbol)
        if p and q and p.unit == q.unit:
            names.setdefault(p.end, []).append(q.end)
    return names


def _latest(
    a: Analyser,
    frame: Frame,
    value: Value,
    peer: Row,
    row: Row,
    partition: list[tuple[Value, Value]],
    theirs: list[Value],
    mine: list[Value],
    order: list[exp.Expr],
) -> dict[int, Weight]:
    """Bounds of a value in the frame, over the current row's symbols."""
    zone, names = _frame_facts(a, frame, peer, row, partition, theirs, mine, order)
    return {new: w for y, w in a.symbols.paths(zone, value.symbol).items() for new in names.get(y, ())}


def _bounded(
    a: Analyser,
    node: exp.Window,
    frame: Frame,
    seen: Terms,
    peer: Row,
    row: Row,
    partition: list[tuple[Value, Value]],
    theirs: list[Value],
    mine: list[Value],
    order: list[exp.Expr],
) -> Terms:
    """Terms of a row of the frame, in terms of the current row."""
    zone, names = _frame_facts(a, frame, peer, row, partition, theirs, mine, order)
    how = "sees rows later than the current one" if order else "has no order that bounds its rows in time"

    def why() -> str:
        return f"window {a.show(node.this)} over (…) {how}"

    return carry(seen, peer.variant, names, a.symbols, a.place(node), "002", why, zone)


def _ordered_first(theirs: list[Value], mine: list[Value], order: list[exp.Expr], frame: Frame) -> bool:
    """Constant second keys decide ties: with (ts, kind), kind 1 at or before kind 0 means an earlier ts."""
    if len(order) < 2 or frame.offset != 0:
        return False
    x, y = literals.kind(theirs[1].constant), literals.kind(mine[1].constant)
    if x is None or y is None or x[0] != y[0]:
        return False
    first_desc, second_desc = bool(order[0].args.get("desc")), bool(order[1].args.get("desc"))
    theirs_later = x[1] < y[1] if second_desc else x[1] > y[1]  # type: ignore[operator]
    # With the first key ascending the frame holds rows at or before the current one, else at or after it.
    if first_desc:
        return bool(x[1] > y[1] if second_desc else x[1] < y[1])  # type: ignore[operator]
    return bool(theirs_later)
