"""`as_of - ts > interval '0'`, `date_diff('day', ts, as_of) between 1 and 30`: bounds that a difference of times gives.

A difference D is read as a number of steps from an earlier symbol to a later one: D ≥ n says that they are at least n
steps apart, D ≤ n at most n, less what the function rounds away. NULL on either side makes D NULL, so where the
predicate is true neither is.

| difference | what it counts |
|---|---|
| `b - a` of timestamps | microseconds, exactly; compared with them, a month counts 30 days, a year 360 |
| `b - a` of dates | days, exactly |
| `date_diff(unit, a, b)` | starts of units passed: as many units as lie between the starts of both |
| `date_diff('week', a, b)` | weeks, cut at a weekday that depends on the version: one week more or less |
| `datesub(unit, a, b)`, `extract(day from b - a)` | whole units, rounded toward zero |
| `epoch(b) - epoch(a)`, `extract(epoch from b - a)` | seconds, as a floating-point number: one second more or less |
| `age(b, a)` | years, months and days, of which only the sign is read |
| any of these `/ 86400` | rounded toward zero or not at all |
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import CALENDAR, DAY, LOOSE, SECOND, STRICT, UNIT, Zone
from insitu.proof.domain.types import TIME
from insitu.proof.domain.variants import Value
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import intervals

_EXACT = tuple(unit for unit in UNIT if unit != "WEEK")
_COMPARED = {"MONTH": 30 * DAY, "QUARTER": 90 * DAY, "YEAR": 360 * DAY}  # what an interval counts in a comparison
_NOTHING = ("0", "00:00", "00:00:00")
_FLIPPED: dict[type, type] = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ}


@dataclass(frozen=True, slots=True)
class Steps:
    """A difference D: the later symbol lies D steps after the earlier one."""

    earlier: int
    later: int
    low: int  # the length of a step, in microseconds, at the least and at the most
    high: int
    slack: int = 0  # what they can be nearer or farther than D steps, on either side
    truncated: bool = False  # rounded toward zero: what is lost is less than one step
    whole: bool = False  # D is a whole number
    signed: bool = False  # where D is positive the later symbol is later, whatever the slack
    measured: bool = True  # D has a size; of one without only the sign is known
    unit: str = ""  # D counts starts of this unit, and both symbols are such starts
    operands: tuple[int, int] = (0, 0)  # the two times, neither of them NULL where D is compared


def add(a: Analyser, part: exp.Expr, row: Row, zone: Zone) -> bool:
    """Add what a comparison of a difference with a literal says; False for another predicate."""
    kind: type = type(part)
    if kind not in _FLIPPED:
        return False
    if _instants(a, part, row, zone):
        return True
    steps, number = _steps(a, part.this, row), _number(part.expression)
    if steps is None or number is None:
        steps, number, kind = _steps(a, part.expression, row), _number(part.this), _FLIPPED[kind]
    if steps is None or number is None:
        return False
    zone.present |= {steps.earlier, steps.later, *steps.operands}
    if kind in (exp.GT, exp.GTE, exp.EQ):
        _at_least(a, steps, number, kind is exp.GT, zone)
    if kind in (exp.LT, exp.LTE, exp.EQ):
        _at_most(a, steps, number, kind is exp.LT, zone)
    return True


def _instants(a: Analyser, part: exp.Expr, row: Row, zone: Zone) -> bool:
    """epoch(ts) + 3600 <= epoch(as_of): times as numbers, which are never in another order than the times."""
    kind: type = type(part)
    left, right = _shifted(part.this), _shifted(part.expression)
    if left is None or right is None or left[1] != right[1] or kind is exp.EQ:
        return False
    if kind in (exp.GT, exp.GTE):
        left, right, kind = right, left, _FLIPPED[kind]
    x, y = a.value(left[0], row), a.value(right[0], row)
    if not (_is_time(x) and _is_time(y)):
        return False
    later = (right[2] - left[2]) * left[1]
    exact = kind is exp.LT and later == 0
    zone.present |= {x.symbol, y.symbol}
    zone.add(x.symbol, y.symbol, (0 if exact else math.ceil(later) + SECOND, STRICT))
    return True


def _shifted(node: exp.Expr) -> tuple[exp.Expr, int, float] | None:
    """x, the length of a unit and k, of epoch(x) + k."""
    node = node.unnest()
    time = _epoch(node)
    if time is not None:
        return *time, 0.0
    if isinstance(node, exp.Add | exp.Sub):
        inner, number = _epoch(node.this.unnest()), _number(node.expression)
        if inner is not None and number is not None and not node.expression.find(exp.Interval):
            return *inner, number if isinstance(node, exp.Add) else -number
    return None


def _at_least(a: Analyser, steps: Steps, n: float, strict: bool, zone: Zone) -> None:
    """D ≥ n, or D > n."""
    if steps.whole:
        n, strict = math.floor(n) + 1 if strict else math.ceil(n), False
    if n > 0 or (n == 0 and strict):
        if steps.signed:
            zone.add(steps.earlier, steps.later, (0, STRICT))
        start = a.symbols.aligned.get(steps.earlier)
        if start is not None and steps.unit == start.unit and n >= 1:
            zone.add(start.end, steps.later, (-math.floor((n - 1) * steps.low), LOOSE))
    elif n == 0 and steps.signed and not steps.measured:
        zone.add(steps.earlier, steps.later, (0, LOOSE))
    if not steps.measured:
        return
    lost = steps.slack + (steps.high if steps.truncated and n <= 0 else 0)
    apart = n * (steps.low if n >= 0 else steps.high) - lost
    zone.add(steps.earlier, steps.later, (-math.floor(apart), STRICT if strict or lost else LOOSE))


def _at_most(a: Analyser, steps: Steps, n: float, strict: bool, zone: Zone) -> None:
    """D ≤ n, or D < n: seen from the other end, −D ≥ −n."""
    turned = replace(steps, earlier=steps.later, later=steps.earlier)
    _at_least(a, turned, -n, strict, zone)


def _steps(a: Analyser, node: exp.Expr, row: Row) -> Steps | None:
    """The difference that an expression counts; None when it is another expression."""
    node = node.unnest()
    if isinstance(node, exp.Div):
        return _divided(a, node, row)
    if isinstance(node, exp.Cast | exp.Floor) and (isinstance(node, exp.Floor) or node.to.is_type("bigint", "int")):
        return _rounded(a, node, row)
    if isinstance(node, exp.Sub):
        return _subtracted(a, node, row)
    if isinstance(node, exp.DateDiff):
        return _boundaries(a, node, row)
    if isinstance(node, exp.Extract) or (isinstance(node, exp.Anonymous) and str(node.this).lower() == "date_part"):
        return _extracted(a, node, row)
    if isinstance(node, exp.TimeToUnix):
        return _in_seconds(a, node.this, row)
    if isinstance(node, exp.Anonymous):
        name, arguments = str(node.this).lower(), node.expressions
        if name == "age" and len(arguments) == 2:
            return _between(a, arguments[1], arguments[0], row, Steps(0, 0, 0, 0, signed=True, measured=False))
        if name in ("datesub", "date_sub") and a.dialect == "duckdb" and len(arguments) == 3:
            unit = _unit(arguments[0].name) if isinstance(arguments[0], exp.Literal) else None
            if unit in UNIT:
                size = UNIT[unit]
                steps = Steps(0, 0, size, size, truncated=True, whole=True)
                return _between(a, arguments[1], arguments[2], row, steps)
    return None


def _between(a: Analyser, earlier: exp.Expr, later: exp.Expr, row: Row, steps: Steps) -> Steps | None:
    """The steps between two times that are compared as they are."""
    x, y = a.value(earlier, row), a.value(later, row)
    if not (_is_time(x) and _is_time(y)):
        return None
    return replace(steps, earlier=x.symbol, later=y.symbol, operands=(x.symbol, y.symbol))


def _is_time(value: Value) -> bool:
    return value.type in TIME


def _subtracted(a: Analyser, node: exp.Sub, row: Row) -> Steps | None:
    """b - a: of times, of dates, or of seconds since 1970."""
    later, earlier = node.this.unnest(), node.expression.unnest()
    first, last = _epoch(earlier), _epoch(later)
    if first is not None and last is not None:
        steps = Steps(0, 0, first[1], first[1], slack=SECOND, signed=True)
        return _between(a, first[0], last[0], row, steps) if first[1] == last[1] else None
    if intervals.parse(earlier) is not None or isinstance(earlier, exp.Literal):
        return None
    types = a.value(earlier, row).type, a.value(later, row).type
    dates = types == ("date", "date")
    size = DAY if dates else 1
    return _between(a, earlier, later, row, Steps(0, 0, size, size, whole=dates, unit="DAY" if dates else ""))


def _epoch(node: exp.Expr) -> tuple[exp.Expr, int] | None:
    """x and the length of a unit, of epoch(x), epoch_ms(x), extract(epoch from x) and their like."""
    if isinstance(node, exp.TimeToUnix):
        return node.this.unnest(), SECOND
    if isinstance(node, exp.UnixToTime) and node.text("scale") == "3":  # how the parser reads epoch_ms(x)
        return node.this.unnest(), UNIT["MILLISECOND"]
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "epoch_us" and len(node.expressions) == 1:
        return node.expressions[0].unnest(), 1
    part = _part(node)
    return (part[1].unnest(), SECOND) if part is not None and part[0] == "EPOCH" else None


def _part(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """The name of the part, and of what it is extracted."""
    if isinstance(node, exp.Extract):
        return node.this.name.upper(), node.expression
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "date_part" and len(node.expressions) == 2:
        return node.expressions[0].name.upper(), node.expressions[1]
    return None


def _extracted(a: Analyser, node: exp.Expr, row: Row) -> Steps | None:
    """Seconds or days of b - a."""
    part = _part(node)
    if part is None:
        return None
    name, inner = part[0], part[1].unnest()
    if name == "EPOCH":
        return _in_seconds(a, inner, row)
    steps = _subtracted(a, inner, row) if isinstance(inner, exp.Sub) else None
    if steps is None or steps.low != 1 or name not in ("DAY", "DAYS"):
        return None
    return replace(steps, low=DAY, high=DAY, truncated=True, whole=True)


def _in_seconds(a: Analyser, node: exp.Expr, row: Row) -> Steps | None:
    inner = node.unnest()
    steps = _subtracted(a, inner, row) if isinstance(inner, exp.Sub) else None
    if steps is None or steps.low != 1:
        return None
    return replace(steps, low=SECOND, high=SECOND, slack=SECOND, signed=True)


def _boundaries(a: Analyser, node: exp.DateDiff, row: Row) -> Steps | None:
    """date_diff of DuckDB: how many units begin after a, up to b."""
    unit = _unit(node.args["unit"].name) if isinstance(node.args.get("unit"), exp.Var) else None
    if a.dialect != "duckdb" or unit is None:
        return None
    if unit == "WEEK":
        week = UNIT["WEEK"]
        return _between(a, node.expression, node.this, row, Steps(0, 0, week, week, slack=week, whole=True))
    plain = _between(a, node.expression, node.this, row, Steps(0, 0, 0, 0))
    if plain is None:
        return None
    low, high = CALENDAR.get(unit) or (UNIT[unit], UNIT[unit])
    first, last = (a.symbols.truncate(s, unit) for s in (plain.earlier, plain.later))
    return replace(plain, earlier=first, later=last, low=low, high=high, whole=True, unit=unit)


def _divided(a: Analyser, node: exp.Div, row: Row) -> Steps | None:
    """D / k: a fraction, or rounded toward zero where D is an integer."""
    steps, divisor = _steps(a, node.this, row), _number(node.expression)
    if steps is None or divisor is None or divisor < 1 or divisor != int(divisor) or steps.low <= 1:
        return None  # an interval divided is rounded part by part
    size = int(divisor)
    # The quotient is a floating-point number: near a whole one it may be taken for it.
    slack = steps.slack or (0 if steps.whole else SECOND)
    low, high = steps.low * size, steps.high * size
    return replace(steps, low=low, high=high, slack=slack, truncated=True, whole=False, signed=True, unit="")


def _rounded(a: Analyser, node: exp.Cast | exp.Floor, row: Row) -> Steps | None:
    """floor(D), or a cast to an integer, which rounds to the nearest: only what both keep."""
    steps = _steps(a, node.this, row)
    if steps is None or steps.low <= 1 or steps.whole:
        return steps if steps is not None and steps.whole else None
    return replace(steps, slack=steps.slack + 2 * steps.high, truncated=False, whole=True, signed=False, unit="")


def _unit(name: str) -> str | None:
    unit = name.upper()
    unit = unit if unit in UNIT or unit in CALENDAR else unit.removesuffix("S")
    return unit if unit in _EXACT or unit in CALENDAR or unit == "WEEK" else None


def _number(node: exp.Expr) -> float | None:
    """A literal number, or the microseconds that a literal interval counts in a comparison."""
    inner = node.unnest()
    if isinstance(inner, exp.Neg):
        number = _number(inner.this)
        return -number if number is not None else None
    if isinstance(inner, exp.Literal):
        return float(inner.this) if not inner.is_string else None
    if isinstance(inner, exp.Interval) and inner.unit is None and inner.text("this").strip() in _NOTHING:
        return 0.0
    duration = intervals.parse(inner)
    if duration is None or not (duration.unit or "-" not in inner.sql()):
        return None  # of mixed signs: days and hours are compared one after the other
    if duration.unit in _COMPARED:
        return duration.count * _COMPARED[duration.unit]
    return float(duration.low) if duration.low == duration.high else None
