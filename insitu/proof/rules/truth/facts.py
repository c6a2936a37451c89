"""Facts: how values are ordered in the rows where a predicate is true."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.types import TIME, comparable
from insitu.proof.domain.variants import NULL, Value
from insitu.proof.rules import identity, literals
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.truth import certain, differences
from insitu.proof.rules.truth.parts import conjuncts

_ORDER = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def add(a: Analyser, predicate: exp.Expr, row: Row, zone: Zone) -> None:
    """Add to the zone what holds when the predicate is true."""
    for part in conjuncts(predicate):
        if not differences.add(a, part, row, zone):
            _note(a, part, row)
        if isinstance(part, exp.Not):
            inner = part.this.unnest()
            if (
                isinstance(inner, exp.Is)
                and isinstance(inner.expression, exp.Null)
                and isinstance(inner.this, exp.Column)
            ):
                zone.present.add(a.value(inner.this, row).symbol)
        elif isinstance(part, exp.Or):
            _either(a, part, row, zone)
        elif isinstance(part, exp.EQ | exp.NullSafeEQ):
            left, right = part.this.unnest(), part.expression.unnest()
            pairs = [(left, right)]
            if isinstance(left, exp.Tuple) or isinstance(right, exp.Tuple):
                both = isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)
                pairs = list(zip(left.expressions, right.expressions, strict=False)) if both else []
            for x, y in pairs:
                if not isinstance(y, exp.Any | exp.All) and not isinstance(x, exp.Any | exp.All):
                    _equal(a, a.value(x, row), a.value(y, row), zone, isinstance(part, exp.NullSafeEQ))
        elif isinstance(part, _ORDER) and not (
            isinstance(part.this.unnest(), exp.Tuple) or isinstance(part.expression, exp.Any | exp.All)
        ):
            _order(a, type(part), a.value(part.this, row), a.value(part.expression, row), zone)


def _note(a: Analyser, part: exp.Expr, row: Row) -> None:
    """Remember a comparison of times that are inside of other expressions: it may have been meant as a bound."""
    if row.group is not None or not isinstance(part, exp.Binary) or part.find(exp.Query, exp.Window, exp.Lambda):
        return
    if all(isinstance(side.unnest(), exp.Column) for side in (part.this, part.expression)):
        return
    times = [v for v in (a.value(c, row) for c in part.find_all(exp.Column)) if v.type in TIME]
    for value in times if len({v.symbol for v in times}) > 1 else ():
        a.symbols.without_rule.setdefault(value.symbol, a.show(part))


def _order(a: Analyser, kind: type, left: Value, right: Value, zone: Zone) -> None:
    if kind in (exp.LT, exp.LTE):
        _less(a, left, right, kind is exp.LT, zone)
    else:
        _less(a, right, left, kind is exp.GT, zone)


def _timed(a: Analyser, value: Value, other: Value) -> Value:
    """A string literal compared with a time is that time."""
    if value.type == "text" and isinstance(value.constant, str) and other.type in TIME:
        return literals.instant(a, value.constant, str(other.type)) or value
    return value


def _less(a: Analyser, x: Value, y: Value, strict: bool, zone: Zone) -> None:
    x, y = _timed(a, x, y), _timed(a, y, x)
    if comparable(x.type, y.type):
        a.symbols.compare(zone, x.symbol, y.symbol, strict)


def _equal(a: Analyser, x: Value, y: Value, zone: Zone, null_safe: bool) -> None:
    x, y = _timed(a, x, y), _timed(a, y, x)
    if NULL in (x.constant, y.constant) or not comparable(x.type, y.type):
        return
    a.symbols.equate(zone, x.symbol, y.symbol)
    if not null_safe:
        zone.present |= {x.symbol, y.symbol}
        identity.equate(a, x, y, zone)


def _either(a: Analyser, part: exp.Or, row: Row, zone: Zone) -> None:
    """The facts of an OR: those that both sides give."""
    if certain.never(a, part.this, row):
        return add(a, part.expression, row, zone)
    if certain.never(a, part.expression, row):
        return add(a, part.this, row, zone)
    sides = []
    for side in (part.this, part.expression):
        one = zone.copy()
        add(a, side, row, one)
        sides.append(one)
    zone.present |= sides[0].present & sides[1].present
    touched = set()
    for one in sides:
        for x, ys in one.edges.items():
            for y, weight in ys.items():
                if zone.edges.get(x, {}).get(y) != weight:
                    touched |= {x, y}
    for x in touched:
        first, second = (a.symbols.paths(one, x) for one in sides)
        for y in touched:
            if x != y and y in first and y in second:
                zone.add(x, y, max(first[y], second[y]))
    return None
