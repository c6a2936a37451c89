"""Constants."""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import SECOND
from insitu.proof.domain.terms import refused
from insitu.proof.domain.variants import NULL, Value
from insitu.proof.rules import scalars
from insitu.proof.rules.analyser import Analyser

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
_EPOCH = datetime(1970, 1, 1)


_CLOCKS = {"now", "today", "tomorrow", "yesterday"}  # what a warehouse reads as the time of the run
_EXACT = 2**53


def literal(a: Analyser, node: exp.Literal, row: Row) -> Value:
    """A number or a text. A text that the warehouse may read as the time of the run is not proved."""
    symbol = a.symbols.intern(("literal", node.this, node.is_string))
    if node.is_string:
        text = str(node.this)
        if text.strip().lower() in _CLOCKS and not _among_text(a, node, row):
            why = f"{a.show(node)} may be read as the time of the run; use the variable as_of or a column"
            return Value(symbol, frozenset({refused(a.place(node), "007", why)}), type="text")
        return Value(symbol, constant=text, type="text")
    family = "integer" if str(node.this).isdigit() else "decimal"
    number = float(node.this)
    return Value(symbol, constant=number if abs(number) < _EXACT else None, type=family)


def negative(a: Analyser, node: exp.Neg, row: Row) -> Value:
    """A minus sign: before a number it is part of the constant."""
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        value = literal(a, node.this, row)
        minus = None if value.constant is None else -value.constant
        return value._replace(symbol=a.symbols.intern(("minus", value.symbol)), constant=minus)
    return scalars.pure(a, node, row)


def _among_text(a: Analyser, node: exp.Literal, row: Row) -> bool:
    """The literal is compared with a text column: there 'today' is only a word."""
    parent = node.parent
    if not isinstance(parent, exp.EQ | exp.NEQ | exp.In | exp.Like | exp.ILike):
        return False
    others = [x for x in (parent.this, parent.expression) if isinstance(x, exp.Column)]
    return bool(others) and all(a.value(x, row).type == "text" for x in others)


def null(a: Analyser, node: exp.Null, row: Row) -> Value:
    """NULL."""
    return Value(a.symbols.intern("null"), constant=NULL)


def boolean(a: Analyser, node: exp.Boolean, row: Row) -> Value:
    """TRUE or FALSE."""
    return Value(a.symbols.intern(("boolean", bool(node.this))), constant=bool(node.this), type="boolean")


def instant(a: Analyser, text: str, family: str) -> Value | None:
    """A time literal that both warehouses read alike; None for any other text."""
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if family == "date":
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    delta = moment - _EPOCH
    micros = (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds
    return Value(a.symbols.literal(micros), constant=("time", micros), type=family)


def kind(constant: object) -> tuple[str, object] | None:
    """The kind of a constant, and what it is compared by within that kind; None when it is no constant."""
    if constant is None or constant == NULL:
        return None
    if isinstance(constant, bool | float):
        return "number", float(constant)
    if isinstance(constant, tuple):
        return "time", constant[1]
    return "text", constant


def same(a: object, b: object) -> bool:
    """Surely equal constants."""
    x, y = kind(a), kind(b)
    return x is not None and x == y


def below(a: object, b: object) -> bool | None:
    """Is one number surely below the other? None when either is not a known number."""
    x, y = kind(a), kind(b)
    if x is None or y is None or (x[0], y[0]) != ("number", "number"):
        return None
    return bool(x[1] < y[1])  # type: ignore[operator]


def differ(a: object, b: object) -> bool:
    """Surely different constants."""
    x, y = kind(a), kind(b)
    return x is not None and y is not None and x[0] == y[0] and x[1] != y[1]
