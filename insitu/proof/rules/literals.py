"""Constants."""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import SECOND
from insitu.proof.domain.variants import NULL, Value
from insitu.proof.rules import scalars, session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import functions

_WHOLE = re.compile(r"\d+(\.0*)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
_EPOCH = datetime(1970, 1, 1)


_EXACT = 2**53  # beyond it a double is not any whole number
_PATTERNS = (exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike, exp.SimilarTo)
_CHOICES = (exp.Case, exp.If, exp.Coalesce, exp.Least, exp.Greatest)  # their rules look at what a text is beside


def literal(a: Analyser, node: exp.Literal, row: Row) -> Value:
    """A number or a text. A text that the warehouse may read as the time of the run is not proved.

    Of numbers only whole ones are constants: of others the warehouse's own arithmetic says which are equal.
    """
    symbol = a.symbols.intern(("literal", node.this, node.is_string))
    if node.is_string:
        text = str(node.this)
        if session.names_clock(text) and not _stays_text(a, node, row):
            return Value(symbol, frozenset({session.at_run(a, node)}), type="text")
        return Value(symbol, constant=text, type="text")
    family = "integer" if str(node.this).isdigit() else "decimal"
    number = int(str(node.this).partition(".")[0]) if _WHOLE.fullmatch(str(node.this)) else _EXACT
    return Value(symbol, constant=number if number < _EXACT else None, type=family)


def negative(a: Analyser, node: exp.Neg, row: Row) -> Value:
    """A minus sign: before a number it is part of the constant."""
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        value = literal(a, node.this, row)
        minus = None if value.constant is None else -value.constant  # a whole number
        return value._replace(symbol=a.symbols.intern(("minus", value.symbol)), constant=minus)
    return scalars.pure(a, node, row)


def _stays_text(a: Analyser, node: exp.Literal, row: Row) -> bool:
    """The literal stands where 'today' is only a word: compared with a text, in a pattern, in a function of texts."""
    inner: exp.Expr = node
    while isinstance(inner.parent, exp.Paren):
        inner = inner.parent
    parent = inner.parent
    if isinstance(parent, _PATTERNS):
        return True
    if isinstance(parent, exp.EQ | exp.NEQ | exp.In):
        others = [parent.this, *([parent.expression] if parent.expression else []), *parent.expressions]
        others = [x for x in others if x.unnest() is not node and not isinstance(x.unnest(), exp.Literal)]
        return bool(others) and all(a.value(x, row).type == "text" for x in others)
    if a.trusting or parent is None:
        return False  # what a staging model makes of a text is not followed
    if isinstance(parent, exp.Alias | exp.Select):
        return True  # a text from here on: it becomes a time by a cast only, or in a UNION
    return isinstance(parent, _CHOICES) or (
        functions.of(parent).text and not isinstance(parent, exp.TimeToStr | exp.ToChar)
    )


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
    if isinstance(constant, bool):
        return "boolean", constant
    if isinstance(constant, int):
        return "number", constant
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
    """Surely different constants. Texts differ when every collation says so, also one without case or accents."""
    x, y = kind(a), kind(b)
    if x is None or y is None or x[0] != y[0]:
        return False
    if x[0] == "text":
        return str(x[1]).isascii() and str(y[1]).isascii() and _letters(str(x[1])) != _letters(str(y[1]))
    return x[1] != y[1]


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def earlier(a: object, b: object, binary: bool) -> bool | None:
    """Does constant a come before b in ascending order? None when that is not certain.

    Args:
        binary: texts are ordered by their code points; otherwise the collation is not known, and only digits are
            ordered alike in all.
    """
    x, y = kind(a), kind(b)
    if x is None or y is None or x[0] != y[0]:
        return None
    if x[0] == "text" and not binary:
        one, two = str(x[1]), str(y[1])
        if not (one.isascii() and two.isascii() and one.isdigit() and two.isdigit() and len(one) == len(two)):
            return None
    return bool(x[1] < y[1])  # type: ignore[operator]
