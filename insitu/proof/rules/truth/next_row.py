"""`lead(t) over (… order by t)`: the time of the next row is not known before, but whether it comes by x is known at x.

So it is the end of a version: NULL while no row follows, and known when it comes.
"""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.rebase import carry
from insitu.proof.domain.symbols import LOOSE
from insitu.proof.domain.terms import RAW, restrict
from insitu.proof.domain.types import TIME
from insitu.proof.domain.variants import Value, reads_of, terms_of
from insitu.proof.rules import literals
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import frames, ties


def comes_by(a: Analyser, part: exp.Expr, row: Row) -> Value | None:
    """What it depends on whether the predicate is true; None when it is another one.

    The next row is the earliest of those that follow, so it comes by x exactly when a following row does: all of them
    have t ≤ x.
    """
    node, limit = _sides(part.unnest())
    following = _next(a, node, row) if node is not None else None
    if node is None or limit is None or following is None:
        return None
    partition, order = following
    mine, bound = [a.value(p, row) for p in partition], a.value(limit, row)
    terms, reads = terms_of([*mine, bound]), reads_of([*mine, bound])
    peers = _peers(a, partition, order, mine, row)
    if peers is None:
        return None
    for peer, theirs, time in peers:
        names, zone = frames.partition_names(a, row, list(zip(theirs, mine, strict=True))), peer.variant.zone.copy()
        latest = a.symbols.fresh()
        zone.add(time.symbol, latest, (0, LOOSE))
        names[latest] = [bound.symbol]
        seen = peer.variant.existence | terms_of([*theirs, time])
        why = f"{a.show(part)} looks for rows at any later time"
        terms |= carry(seen, peer.variant, names, a.symbols, a.place(node), "002", why, zone)
        reads |= peer.variant.reads | reads_of([time])
    terms |= terms_of([a.value(o, row) for o in order])
    return Value(a.symbols.fresh(), terms, type="boolean", reads=reads)


def end(a: Analyser, node: exp.Window, row: Row) -> Value | None:
    """The time of the next row, as the end of a version; None when the window is another one."""
    following = _next(a, node, row)
    if following is None:
        return None
    partition, order = following
    mine, start = [a.value(p, row) for p in partition], a.value(order[0], row)
    peers = _peers(a, partition, order, mine, row)
    if peers is None or start.type not in TIME:
        return None
    terms, reads = terms_of([*mine, start]), reads_of([*mine, start])
    why = f"window {a.show(node.this)} over (…) sees rows later than the current one: known when they come, not before"
    for peer, theirs, time in peers:
        names = frames.partition_names(a, row, list(zip(theirs, mine, strict=True)))
        seen = peer.variant.existence | terms_of([*theirs, time])
        for term in seen:
            shared = carry(frozenset({term}), peer.variant, names, a.symbols)
            if not any(t.unbounded for t in shared):
                terms |= shared
                continue
            known = restrict(frozenset({term}), a.symbols, peer.variant.zone, {time.symbol})
            if term.code == RAW or any(t.unbounded for t in known):
                return None  # not even its own time says when the next row is known
            after = max(c for t in known for _, c, _ in t.bounds)
            terms |= {
                t._replace(bounds=(), code="002", why=why, place=a.place(node), closing=True, lag=max(after, 0))
                for t in known
            }
        reads |= peer.variant.reads | reads_of([time])
    return Value(a.symbols.fresh(), terms, type=start.type, closing=True, reads=reads)


def _next(a: Analyser, node: exp.Window, row: Row) -> tuple[list[exp.Expr], list[exp.Expr]] | None:
    """Partition and order of `lead(t) over (… order by t, …)`; None of any other window.

    Further keys decide which of the rows of one time comes first. The next row is an earliest one all the same.
    """
    function = node.this
    if row.peers is None or not isinstance(function, exp.Lead):
        return None
    partition, order, spec = frames.definition(a, node, row)
    if spec is not None or not order or order[0].args.get("desc") or order[0].args.get("nulls_first"):
        return None
    if function.args.get("offset") is not None or function.args.get("default") is not None:
        return None
    return (partition, [o.this for o in order]) if function.this.unnest() == order[0].this.unnest() else None


def _peers(
    a: Analyser, partition: list[exp.Expr], order: list[exp.Expr], mine: list[Value], row: Row
) -> list[tuple[Row, list[Value], Value]] | None:
    """Rows that may be in the row's partition, with its values there and their times; None when times may tie."""
    found = []
    peers = row.peers or []
    for peer in peers:
        theirs, times = [a.value(p, peer) for p in partition], [a.value(o, peer) for o in order]
        if any(literals.differ(x.constant, y.constant) for x, y in zip(mine, theirs, strict=True)):
            continue
        given = [*theirs, *times]
        if not ties.covered(a, peer.variant, peer.unique, given, row.env.outer_symbols, [p.variant for p in peers]):
            return None
        found.append((peer, theirs, times[0]))
    return found


def _sides(part: exp.Expr) -> tuple[exp.Window | None, exp.Expr | None]:
    """The window, and what it is compared with."""
    if isinstance(part, exp.LT | exp.LTE):
        low, high = part.this.unnest(), part.expression
    elif isinstance(part, exp.GT | exp.GTE):
        low, high = part.expression.unnest(), part.this
    else:
        return None, None
    return (low, high) if isinstance(low, exp.Window) and isinstance(low.this, exp.Lead) else (None, None)
