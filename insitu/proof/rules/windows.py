"""Window functions: which rows the frame of the current row can hold.

With ascending order the frame's end limits how late its rows can be, with descending order its start. The partition
columns limit them as well: all rows of a partition share them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.rebase import carry
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import LOOSE, STRICT, Weight, Zone
from insitu.proof.domain.terms import prune, tied
from insitu.proof.domain.types import common
from insitu.proof.domain.variants import NULL, Value, is_present, reads_of, terms_of
from insitu.proof.rules import literals, session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import frames, ties
from insitu.proof.rules.calls.call import Call
from insitu.proof.rules.calls.frames import Frame
from insitu.proof.rules.truth import next_row, predicates
from insitu.proof.sql import functions


@dataclass(frozen=True, slots=True)
class Pair:
    """The current row of a window, and a row that may be in its partition."""

    row: Row
    peer: Row
    frame: Frame
    order: list[exp.Expr]
    partition: list[tuple[Value, Value]]  # of the peer, of the current row
    theirs: list[Value]  # order keys of the peer
    mine: list[Value]


def window(a: Analyser, node: exp.Window, row: Row) -> Value:
    """A window function: what it depends on in every row that its frame can hold."""
    if row.peers is None:
        raise Refusal("a window function in this clause", node)
    ending = next_row.end(a, node, row)
    if ending is not None:
        return ending
    partition, order, spec = frames.definition(a, node, row)
    function, condition, ignoring = frames.unwrapped(node)
    arguments = _arguments(a, function)
    frame = frames.frame(a, function, order, spec, row)
    mine = [a.value(p, row) for p in partition]
    keys = [a.value(o.this, row) for o in order]
    facts = functions.of(function)
    best: dict[int, Weight] | None = None
    types: set[str | None] = set()
    # Offset and default of lag, lead and nth_value are those of the current row.
    extra = [a.value(x, row) for x in arguments[1:]] if facts.window in ("offset", "value") else []
    ignored = facts.ignores_null or (ignoring and facts.window == "value")
    terms, reads = terms_of([*mine, *keys, *extra]), reads_of([*mine, *keys, *extra])
    near = [(peer, theirs) for peer in row.peers if not _apart(mine, theirs := [a.value(p, peer) for p in partition])]
    together = [peer for peer, _ in near]

    def why() -> str:
        how = "sees rows later than the current one" if order else "has no order that bounds its rows in time"
        return f"window {a.show(function)} over (…) {how}"

    for peer, theirs in near:
        inner: Row | None = peer
        if condition is not None and not frame.counted:
            inner = predicates.assume(a, condition, peer)
            if inner is None:
                continue
        assert inner is not None
        orders = [a.value(o.this, inner) for o in order]
        values = [a.value(x, inner) for x in arguments]
        pair = Pair(row, inner, frame, order, list(zip(theirs, mine, strict=True)), orders, keys)
        if facts.window == "offset":
            session.bring_together(a, node, [values[0], *extra[1:]])
        silent = ignored and len(values) == 1 and values[0].constant == NULL and not frame.counted
        if frame.positional and not (
            _same_value(a, function, frame, arguments, order, together)
            or _same_rows(a, function, arguments, (partition, order), together)
        ):
            tie = _tie(a, pair, silent, together)
            if tie:
                terms |= {tied(a.place(node), f"{a.show(node)} {tie}")}
        if silent:
            continue  # NULL is ignored: this row shows in no way
        seen = inner.variant.existence | terms_of([*values, *theirs, *orders])
        if condition is not None:
            some, read = predicates.truth(a, condition, inner)
            seen, reads = seen | some, reads | read
        reads |= reads_of(values) | inner.variant.reads
        zone, names = _facts(a, pair)
        terms |= carry(seen, inner.variant, names, a.symbols, a.place(node), "002", why, zone)
        if facts.picks:
            paths = a.symbols.paths(zone, values[0].symbol)
            here = {new: weight for y, weight in paths.items() for new in names.get(y, ())}
            best = here if best is None else {y: max(w, here[y]) for y, w in best.items() if y in here}
        if values:
            types |= functions.result_type(facts, values[0].type)
    symbol = a.symbols.fresh()
    for y, weight in (best or {}).items():
        row.variant.zone.add(symbol, y, weight)
    type_ = common(types)
    return Value(symbol, prune(terms), type="integer" if "window" in facts.counts else type_, reads=reads)


def _apart(mine: list[Value], theirs: list[Value]) -> bool:
    """The values are never all equal: two constants differ."""
    return any(literals.differ(x.constant, y.constant) for x, y in zip(mine, theirs, strict=True))


def _arguments(a: Analyser, function: exp.Expr) -> list[exp.Expr]:
    arguments = [x for x in function.iter_expressions() if not isinstance(x, exp.Identifier | exp.Var)]
    if any(x.find(exp.Order) for x in arguments):
        raise Refusal(f"{a.show(function)}: an order inside of a window function", function)
    kind = functions.of(function).window
    if kind in ("ranking", "whole"):
        if not all(isinstance(x, exp.Literal) for x in arguments):
            raise Refusal(f"{a.show(function)}: the argument must be a literal", function)
        return []
    if kind:
        return arguments
    call = Call(function)
    if call.facts.picks_by:
        tie = "picks any of several equally frequent values, or of rows that tie"
        raise Refusal(f"{call.name}() as a window function {tie}", function, "007")
    return call.arguments


def _same_value(
    a: Analyser, function: exp.Expr, frame: Frame, arguments: list[exp.Expr], order: list[exp.Expr], rows: list[Row]
) -> bool:
    """All rows that tie give the same value: an expression of the order itself, or a constant."""
    if functions.of(function).window != "value" or frame.counted or not arguments:
        return False
    return ties.follows(a, arguments[0], rows, lambda row: [a.value(o.this, row) for o in order])


def _same_rows(
    a: Analyser, function: exp.Expr, arguments: list[exp.Expr], numbering: ties.Numbering, rows: list[Row]
) -> bool:
    """Rows that tie are equal in all columns, so it does not matter which of them gets which value."""
    partition, order = numbering
    given = [*partition, *(o.this for o in order)]
    numbers = functions.of(function).window in ("ranking", "offset", "value")
    return numbers and ties.interchangeable(a, rows, arguments, lambda row: [a.value(x, row) for x in given], numbering)


def _tie(a: Analyser, pair: Pair, silent: bool, together: list[Row]) -> str:
    """Why the frame is not determined; empty when it is."""
    row, peer, frame = pair.row, pair.peer, pair.frame
    if not pair.order:
        settled = ties.settled_by(a, peer.variant, peer.unique, [x for x, _ in pair.partition])
        return f"depends on the order of rows and has none; {settled}"
    if silent and frame.from_start:
        return ""
    if frame.from_start and frame.bounded and _apart(pair.mine, pair.theirs) and peer.variant is not row.variant:
        return ""  # rows of this kind never tie with the current row, and those before it are all in the frame
    given, variants = [*(x for x, _ in pair.partition), *pair.theirs], [p.variant for p in together]
    if ties.covered(a, peer.variant, peer.unique, given, row.env.outer_symbols, variants):
        return ""
    settled = ties.settled_by(a, peer.variant, peer.unique, given, row.env.outer_symbols)
    return f"is not determined when two rows tie; {settled}"


def _facts(a: Analyser, pair: Pair) -> tuple[Zone, dict[int, list[int]]]:
    """Facts about a row of the frame, and its symbols → equal symbols of the current row."""
    frame, mine, theirs = pair.frame, pair.mine, pair.theirs
    names, zone = frames.partition_names(a, pair.row, pair.partition), pair.peer.variant.zone
    if frame.bounded and theirs and is_present(mine[0], pair.row.variant.zone):
        strict = frame.strict or _ordered_first(theirs, mine, pair.order, frame)
        latest = a.symbols.fresh()  # the current row's first order key + offset
        zone = zone.copy()
        zone.add(theirs[0].symbol, latest, (frame.offset, STRICT if strict else LOOSE))
        names[latest] = [mine[0].symbol]
    return zone, names


def _ordered_first(theirs: list[Value], mine: list[Value], order: list[exp.Expr], frame: Frame) -> bool:
    """Constant second keys decide ties: with (ts, kind), kind 1 at or before kind 0 means an earlier ts."""
    if len(order) < 2 or frame.offset != 0:
        return False
    x, y, binary = theirs[1].constant, mine[1].constant, isinstance(order[1].this.unnest(), exp.Collate)
    first_desc, second_desc = bool(order[0].args.get("desc")), bool(order[1].args.get("desc"))
    # With the first key ascending the frame holds rows at or before the current one, else at or after it.
    ahead, behind = (x, y) if first_desc is not second_desc else (y, x)
    return literals.earlier(ahead, behind, binary) is True
