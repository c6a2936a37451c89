"""`lead(t) over (… order by t) <= x`: does a row follow by x? That is known at x, though the next row itself is not."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.rebase import carry
from insitu.proof.domain.symbols import LOOSE
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
    if node is None or limit is None or row.peers is None:
        return None
    partition, order, spec = frames.definition(node, row)
    function = node.this
    if spec is not None or len(order) != 1 or order[0].args.get("desc") or order[0].args.get("nulls_first"):
        return None
    if function.args.get("offset") is not None or function.args.get("default") is not None:
        return None
    if function.this.unnest() != order[0].this.unnest():
        return None
    mine, bound = [a.value(p, row) for p in partition], a.value(limit, row)
    terms, reads = terms_of([*mine, bound]), reads_of([*mine, bound])
    for peer in row.peers:
        theirs, time = [a.value(p, peer) for p in partition], a.value(order[0].this, peer)
        if any(literals.differ(x.constant, y.constant) for x, y in zip(mine, theirs, strict=True)):
            continue
        variants = [p.variant for p in row.peers]
        if not ties.covered(a, peer.variant, peer.unique, [*theirs, time], row.env.outer_symbols, variants):
            return None
        names, zone = frames.partition_names(a, row, list(zip(theirs, mine, strict=True))), peer.variant.zone.copy()
        latest = a.symbols.fresh()
        zone.add(time.symbol, latest, (0, LOOSE))
        names[latest] = [bound.symbol]
        seen = peer.variant.existence | terms_of([*theirs, time])
        why = f"{a.show(part)} looks for rows at any later time"
        terms |= carry(seen, peer.variant, names, a.symbols, a.place(node), "002", why, zone)
        reads |= peer.variant.reads | reads_of([time])
    terms |= a.value(order[0].this, row).terms
    return Value(a.symbols.fresh(), terms, type="boolean", reads=reads)


def _sides(part: exp.Expr) -> tuple[exp.Window | None, exp.Expr | None]:
    """The window, and what it is compared with."""
    if isinstance(part, exp.LT | exp.LTE):
        low, high = part.this.unnest(), part.expression
    elif isinstance(part, exp.GT | exp.GTE):
        low, high = part.expression.unnest(), part.this
    else:
        return None, None
    return (low, high) if isinstance(low, exp.Window) and isinstance(low.this, exp.Lead) else (None, None)
