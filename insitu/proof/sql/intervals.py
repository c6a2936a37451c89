"""Literal durations, as shortest and longest length in microseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.domain.symbols import CALENDAR, UNIT, length
from insitu.proof.sql import functions

_PART = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_CLOCK = re.compile(r"(-?)(\d+):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?")
_NAMES = {
    "us": "MICROSECOND", "usec": "MICROSECOND", "ms": "MILLISECOND", "msec": "MILLISECOND", "s": "SECOND",
    "sec": "SECOND", "m": "MINUTE", "min": "MINUTE", "h": "HOUR", "hr": "HOUR", "d": "DAY", "w": "WEEK", "mon": "MONTH",
    "y": "YEAR", "yr": "YEAR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duration:
    """A literal duration: microseconds at the least and at the most."""

    low: int
    high: int
    unit: str = ""  # set when it is a whole number of one unit
    count: float = 0

    def __neg__(self) -> Duration:
        return Duration(-self.high, -self.low, self.unit, -self.count)


def parse(node: exp.Expr, bare_unit: str | None = None) -> Duration | None:
    """The duration a literal expression means; None when it is not literal.

    Args:
        bare_unit: unit of a bare number (days, when a number is added to a date).
    """
    if isinstance(node, exp.Paren):
        return parse(node.this, bare_unit)
    if isinstance(node, exp.Neg):
        inner = parse(node.this, bare_unit)
        return -inner if inner else None
    if isinstance(node, exp.Interval):
        number = _number(node.this)
        if number is not None and number != int(number):
            return None  # interval 1.9 days is one day, interval '1.9 days' more
        if node.unit is None:
            return _text(str(node.this.this)) if isinstance(node.this, exp.Literal) else None
        if number is not None and isinstance(node.unit, exp.Var):
            return _of(number, node.unit.name)
        if isinstance(node.this, exp.Literal) and node.this.is_string and isinstance(node.unit, exp.Var):
            return _text(f"{node.this.this} {node.unit.name}")
        return None
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.is_type("interval"):
        return _text(str(node.this.this))
    if isinstance(node, exp.Mul):
        for a, b in ((node.this, node.expression), (node.expression, node.this)):
            number, inner = _number(a), parse(b)
            if number is not None and inner is not None:
                low, high = sorted((inner.low * number, inner.high * number))
                fixed = inner.low == inner.high
                if low != int(low) or high != int(high) or not (fixed or number == int(number)):
                    return None
                return Duration(int(low), int(high), inner.unit, inner.count * number)
        return None
    unit = functions.of(node).unit
    if unit and not (isinstance(node, exp.Anonymous) and len(node.expressions) != 1):
        number = _number(node.expressions[0] if isinstance(node, exp.Anonymous) else node.this)
        return _of(number, unit) if number is not None else None
    if isinstance(node, exp.MakeInterval):
        return _make_interval(node)
    if bare_unit:
        number = _number(node)
        return _of(number, bare_unit) if number is not None else None
    return None


def _number(node: exp.Expr | None) -> float | None:
    if isinstance(node, exp.Paren):
        return _number(node.this)
    if isinstance(node, exp.Neg):
        inner = _number(node.this)
        return -inner if inner is not None else None
    if isinstance(node, exp.Literal):
        try:
            return float(node.this)
        except ValueError:
            return None
    return None


def _of(number: float, unit: str) -> Duration | None:
    name = unit.lower()
    name = _NAMES.get(name, _NAMES.get(name.rstrip("s"), name.upper().rstrip("S")))
    if name not in UNIT and name not in CALENDAR:
        return None
    if name in CALENDAR and number != int(number):
        return None  # half a year is six months, not half of 365 days
    low, high = length(name)
    ends = sorted((number * low, number * high))
    if any(e != int(e) for e in ends):
        return None
    return Duration(int(ends[0]), int(ends[1]), name, number)


def _text(text: str) -> Duration | None:
    """'7 days', '1 day 02:00:00', '36 hours 30 minutes'."""
    low = high = 0
    rest, parts = text.strip(), []
    for match in _PART.finditer(rest):
        part = _of(float(match.group(1)), match.group(2))
        if part is None:
            return None
        parts.append(part)
    rest = _PART.sub("", rest).strip()
    clock = _CLOCK.fullmatch(rest) if rest else None
    if rest and not clock:
        return None
    if clock:
        sign = -1 if clock.group(1) else 1
        seconds = int(clock.group(2)) * 3600 + int(clock.group(3)) * 60 + float(clock.group(4) or 0)
        micros = sign * round(seconds * UNIT["SECOND"])
        parts.append(Duration(micros, micros))
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        low, high = low + part.low, high + part.high
    return Duration(low, high)


def _make_interval(node: exp.MakeInterval) -> Duration | None:
    low = high = 0
    for name, argument in node.args.items():
        if argument is None:
            continue
        value = argument.expression if isinstance(argument, exp.Kwarg) else argument
        number, unit = _number(value), name.rstrip("s").upper()
        part = _of(number, unit) if number is not None else None
        if part is None:
            return None
        low, high = low + part.low, high + part.high
    return Duration(low, high)
