"""Arithmetic on time: casts, truncation, and moving by a literal duration."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import CALENDAR, UNIT, length
from insitu.proof.domain.types import TIME, family
from insitu.proof.domain.variants import NULL, Value
from insitu.proof.rules import literals, scalars, session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import intervals

_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_PERIODS = {length(unit): unit for unit in (*UNIT, *CALENDAR)}
_SUBTRACT = (exp.Sub, exp.DateSub, exp.TimestampSub)


def _derived(value: Value, symbol: int, type_: str | None) -> Value:
    """A value that is a function of this one, in time."""
    constant = NULL if value.constant == NULL else None
    return value._replace(symbol=symbol, constant=constant, closing=False, type=type_, identifies=())


# Casts that fail rather than give two values the same result.
_EXACT = {(x, "text") for x in ("integer", "decimal", "float", "boolean", "date", "timestamp", "text")} | {
    ("integer", "integer"), ("integer", "decimal"), ("boolean", "integer"),
}  # fmt: skip


def cast(a: Analyser, node: exp.Cast, row: Row) -> Value:
    """A cast: of a time to a date it truncates; most others say nothing of order."""
    target = _type_name(a, node.to)
    to = family(target)
    if isinstance(node.this, exp.Literal) and node.this.is_string and to in TIME:
        moment = literals.instant(a, str(node.this.this), str(to))
        if moment is not None:
            return moment
    value = a.value(node.this, row)
    session.cast(a, node, value, target)
    if value.constant == NULL:
        return value._replace(type=to)
    if to == "date" and value.type in TIME:
        return _derived(value, a.symbols.truncate(value.symbol, "DAY"), "date")
    if to == "timestamp" and value.type in TIME and not node.to.expressions:
        return value._replace(type="timestamp")
    if to == value.type and to in ("integer", "boolean", "text") and target in ("bigint", "boolean", "varchar", "text"):
        return value
    exact = type(node) is exp.Cast and (value.type, to) in _EXACT and (to != "text" or target in ("varchar", "text"))
    result = scalars.opaque(a, ("cast", target, type(node).__name__), [value], to, identifying=exact)
    number = type(value.constant) is int and abs(value.constant) <= _IN_ANY_NUMBER and to in _NUMBERS
    return result._replace(constant=value.constant) if number else result


_NUMBERS = ("integer", "decimal", "float")
_IN_ANY_NUMBER = 127  # what each type of numbers holds as it is


def _type_name(a: Analyser, node: exp.Expr) -> str:
    plain = isinstance(node.this, exp.DType) and node.this is not exp.DType.USERDEFINED and not node.expressions
    return str(node.this.value).lower() if plain else a.show(node).lower()


def truncate(a: Analyser, node: exp.TimestampTrunc | exp.DateTrunc, row: Row) -> Value:
    """date_trunc: the start of the period that holds the time."""
    unit = node.args.get("unit")
    name = unit.name.upper().removesuffix("S") if unit is not None else ""
    if name not in UNIT and name not in CALENDAR:
        raise Refusal(f"date_trunc to {name.lower() or 'nothing'!r}: the unit must be a literal calendar unit", node)
    shifted = _shifted_by_whole(a, node.this.unnest(), name)
    if shifted is not None:
        start = a.value(shifted[0], row)
        if start.type in TIME:
            return _derived(start, _moved(a, a.symbols.truncate(start.symbol, name), shifted[1]), "timestamp")
    value = a.value(node.this, row)
    if value.type not in (None, *TIME):
        if value.type == "timestamptz" and not a.trusting:
            raise Refusal("date_trunc of a time with time zone depends on the session; convert to UTC in staging", node)
        return scalars.opaque(a, ("truncate", name), [value])
    return _derived(value, a.symbols.truncate(value.symbol, name), "timestamp")


def _shifted_by_whole(a: Analyser, node: exp.Expr, unit: str) -> tuple[exp.Expr, intervals.Duration] | None:
    """x and the duration, of x ± whole periods of the unit: the start of its period moves by as many periods."""
    if not isinstance(node, exp.Add | exp.Sub):
        return None
    duration = intervals.parse(node.expression)
    if duration is None or not duration.unit:
        return None
    months = _MONTHS.get(duration.unit, 0) * duration.count
    if unit in _MONTHS:
        whole = bool(months) and months % _MONTHS[unit] == 0
    else:
        whole = duration.unit in UNIT and duration.low % UNIT[unit] == 0
    return (node.this, -duration if isinstance(node, exp.Sub) else duration) if whole else None


def bucket(a: Analyser, node: exp.DateBin, row: Row) -> Value:
    """time_bucket, date_bin: the start of the bucket of a fixed length that holds the time."""
    duration = intervals.parse(node.this)
    origin = [v for k, v in node.args.items() if k not in ("this", "expression") and v is not None]
    literal = all(isinstance(o, exp.Cast) and isinstance(o.this, exp.Literal) for o in origin)
    calendar = (
        duration is not None and a.dialect == "duckdb" and (duration.low, duration.high) in _PERIODS and not origin
    )
    if duration is None or not literal or (duration.low != duration.high and not calendar):
        raise Refusal(f"{a.show(node)}: length and origin of the bucket must be literals, of a fixed length", node)
    value = a.value(node.expression, row)
    if value.type not in (None, *TIME):
        raise Refusal(f"{a.show(node)} of something that is not a time", node)
    unit = _PERIODS.get((duration.low, duration.high)) if a.dialect == "duckdb" and not origin else None
    if unit is not None:  # buckets of DuckDB begin where the calendar's do
        return _derived(value, a.symbols.truncate(value.symbol, unit), "timestamp")
    symbol = a.symbols.bucket(value.symbol, duration.low, "".join(o.sql() for o in origin))
    return _derived(value, symbol, "timestamp")


def to_date(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """date(x)"""
    if set(k for k, v in node.args.items() if v) - {"this"}:
        return scalars.pure(a, node, row)
    value = a.value(node.this, row)
    session.cast(a, node, value, "date")
    if value.type not in (None, *TIME):
        return scalars.pure(a, node, row)._replace(type="date")
    return _derived(value, a.symbols.truncate(value.symbol, "DAY"), "date")


def last_day(a: Analyser, node: exp.LastDay, row: Row) -> Value:
    """last_day of DuckDB: the day before the next month."""
    value = a.value(node.this, row)
    if a.dialect != "duckdb" or node.args.get("unit") is not None or value.type not in (None, *TIME):
        raise Refusal(f"{a.show(node)} is not understood", node)
    month = a.symbols.aligned[a.symbols.truncate(value.symbol, "MONTH")]
    if month.unit != "MONTH":  # the start of a year, of which only the year's end is known
        return scalars.opaque(a, "last_day", [value], "date")
    day = a.symbols.offset(month.end, -UNIT["DAY"], -UNIT["DAY"])
    a.symbols.align(day, "DAY", month.end)
    return _derived(value, day, "date")


def move(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """x ± duration; any other sum or difference is just a function."""
    named = isinstance(node, exp.DateAdd | exp.DateSub | exp.TimestampAdd | exp.TimestampSub)
    unit = node.args.get("unit")
    if unit is not None and named and not isinstance(unit, exp.Var):
        raise Refusal(f"{a.show(node)} is not understood", node)
    bare = unit.name if named and unit is not None else None
    left, right = node.this, node.expression
    duration = intervals.parse(right, bare)
    if duration is None and isinstance(node, exp.Add):
        duration, left = intervals.parse(left), right
        if duration is None:
            left = node.this
    value = a.value(left, row)
    if duration is None and isinstance(node, exp.Add | exp.Sub) and value.type == "date":
        duration = intervals.parse(right, "DAY")
    timed = value.type in (None, *TIME) or (value.type == "opaque" and _is_interval(right) and _is_interval(node.this))
    if duration is None and timed and isinstance(node, exp.Add | exp.Sub) and right.find(exp.Interval):
        return scalars.pure(a, node, row)._replace(type="timestamp")  # by a duration that is not a literal
    if duration is None or not timed:
        if value.type == "timestamptz" and not a.trusting and duration is not None:
            raise Refusal(
                "moving a time with time zone by days follows the session's zone; convert to UTC in staging", node
            )
        if named:
            raise Refusal(f"{a.show(node)}: the duration must be a literal", node)
        return scalars.pure(a, node, row)
    if isinstance(node, _SUBTRACT):
        duration = -duration
    moved = _moved(a, value.symbol, duration)
    type_ = (
        "date"
        if value.type == "date" and isinstance(node, exp.Add | exp.Sub) and not _is_interval(right)
        else "timestamp"
    )
    return _derived(value, moved, type_ if value.type in TIME else None)


def _is_interval(node: exp.Expr) -> bool:
    return not isinstance(node.unnest(), exp.Literal | exp.Neg)


def _moved(a: Analyser, symbol: int, duration: intervals.Duration) -> int:
    aligned = a.symbols.aligned.get(symbol)
    months = _MONTHS.get(duration.unit, 0) * duration.count
    if aligned and aligned.unit in _MONTHS and months and months % _MONTHS[aligned.unit] == 0:
        duration = replace(duration, unit=aligned.unit, count=months / _MONTHS[aligned.unit])  # of the same length
    if aligned and aligned.unit == duration.unit and duration.count == 1:
        result = aligned.end
        if result not in a.symbols.aligned:
            a.symbols.align(result, aligned.unit)
        return result
    result = a.symbols.offset(symbol, duration.low, duration.high)
    if aligned and result not in a.symbols.aligned and duration.unit:
        whole = duration.count == int(duration.count)
        if aligned.unit == duration.unit and whole:
            a.symbols.align(result, aligned.unit, symbol if duration.count == -1 else None)
        elif aligned.unit in UNIT and duration.low == duration.high and duration.low % UNIT[aligned.unit] == 0:
            if aligned.unit != "WEEK" or duration.unit in ("DAY", "WEEK"):
                a.symbols.align(result, aligned.unit)
        elif aligned.unit == "DAY" and duration.unit in CALENDAR and whole:
            a.symbols.align(result, "DAY")
    return result
