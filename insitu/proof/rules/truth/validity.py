"""Versions with valid_from and valid_to: `x < valid_to` is known at x, although valid_to itself is not."""

from __future__ import annotations

import re

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import LOOSE, STRICT
from insitu.proof.domain.variants import Value, is_present
from insitu.proof.rules.analyser import Analyser

_FOREVER = re.compile(r"infinity|(2[2-9]\d\d|[3-9]\d\d\d)-\d\d-\d\d.*", re.IGNORECASE)


def end_of_version(a: Analyser, part: exp.Expr, row: Row) -> Value | None:
    """The truth of `x < valid_to`, where an open version counts as valid for ever; None when it is another predicate.

    A version's end becomes known at the end itself. Cutting at T ≥ x keeps every end up to x, and opens the others: the
    predicate says the same. (Ends that are known only after their time leave out those at T: `x <= end` says the same
    of them.) An open end is NULL (so NULL must satisfy the predicate), unless valid_to is declared
    not_null (then it is a date beyond all others).
    """
    part, open_ended = part.unnest(), False
    if isinstance(part, exp.Or):
        sides = [part.this.unnest(), part.expression.unnest()]
        nulls = [s for s in sides if isinstance(s, exp.Is) and isinstance(s.expression, exp.Null)]
        if len(nulls) != 1 or not isinstance(nulls[0].this.unnest(), exp.Column):
            return None
        null = a.value(nulls[0].this, row)
        part, open_ended = next(s for s in sides if s is not nulls[0]), True
        inner = end_of_version_of(a, part, row, open_ended)
        return inner if null.closing and inner is not None else None
    return end_of_version_of(a, part, row, open_ended)


def end_of_version_of(a: Analyser, part: exp.Expr, row: Row, open_ended: bool) -> Value | None:
    """The same of the comparison alone; open_ended says that NULL satisfies the predicate."""
    if isinstance(part, exp.LT | exp.LTE):
        low, high = part.this, part.expression
    elif isinstance(part, exp.GT | exp.GTE):
        low, high = part.expression, part.this
    else:
        return None
    high = high.unnest()
    if isinstance(high, exp.Coalesce) and len(high.expressions) == 1:
        if not is_forever(high.expressions[0].unnest()):
            return None
        high, open_ended = high.this.unnest(), True
    if not isinstance(high, exp.Column):
        return None
    end = a.value(high, row)
    if not end.closing or not (open_ended or end.not_null):
        return None
    moment = a.value(low, row)
    if moment.closing or (open_ended and not is_present(moment, row.variant.zone)):
        return None
    # `x <= end` is the same whether the end is x itself or later: it need be known only if it is before x.
    flag = STRICT if isinstance(part, exp.LTE | exp.GTE) else LOOSE
    terms = frozenset(
        t._replace(bounds=((moment.symbol, t.lag, flag),), code="001", why="", closing=False) if t.closing else t
        for t in end.terms
    )
    return Value(a.symbols.fresh(), moment.terms | terms, reads=moment.reads | end.reads, type="boolean")


def is_forever(node: exp.Expr) -> bool:
    """A literal date beyond all others, as stands for the end of an open version."""
    literal = node.this if isinstance(node, exp.Cast) else node
    return isinstance(literal, exp.Literal) and _FOREVER.fullmatch(str(literal.this)) is not None
