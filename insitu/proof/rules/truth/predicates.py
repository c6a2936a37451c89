"""What a predicate tells when it is true: facts between times, what its truth depends on, and when it never holds."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.terms import NOTHING, Terms, tighten
from insitu.proof.domain.types import TIME, comparable
from insitu.proof.domain.variants import NULL, Read, Value
from insitu.proof.rules import literals, subqueries
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.truth import validity

_ORDER = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_NULL_REJECTING = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.NEQ, exp.Between, exp.Like, exp.ILike, exp.In)


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a predicate that are all true when it is."""
    node = node.unnest()
    if isinstance(node, exp.And):
        return conjuncts(node.this) + conjuncts(node.expression)
    if isinstance(node, exp.Is | exp.EQ) and isinstance(node.expression, exp.Boolean) and node.expression.this:
        return conjuncts(node.this)  # p is true
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        fallback = node.expressions[0].unnest()
        if isinstance(fallback, exp.Boolean) and not fallback.this:
            return conjuncts(node.this)  # coalesce(p, false)
    return [node]


def assume(a: Analyser, predicate: exp.Expr, row: Row) -> Row | None:
    """The row, knowing that the predicate is true; None when it cannot be."""
    known = row.assumed.get(id(predicate))
    if known is not None and known[0] is predicate:
        return known[1]
    result = None
    if not never(a, predicate, row):
        zone = row.variant.zone.copy()
        facts(a, predicate, row, zone)
        result = row.with_zone(zone)
    row.assumed[id(predicate)] = (predicate, result)
    return result


def truth(a: Analyser, predicate: exp.Expr, row: Row) -> tuple[Terms, frozenset[Read]]:
    """What it depends on whether the predicate is true (rather than false or NULL), and the columns it reads.

    The terms hold under the predicate's own facts: where it is true its inputs obey them, and where it is not, all
    that shows is that it is not.
    """
    terms, reads = NOTHING, frozenset[Read]()
    for part in conjuncts(predicate):
        value = validity.end_of_version(a, part, row)
        if value is None and isinstance(part, _ORDER) and part.find(exp.Lead):
            from insitu.proof.rules.truth import next_row

            value = next_row.comes_by(a, part, row)
        if value is None and isinstance(part, exp.Or):
            for side in (part.this, part.expression):
                assumed = assume(a, side, row)
                if assumed is not None:
                    some, read = truth(a, side, assumed)
                    terms |= tighten(some, a.symbols, assumed.variant.zone, visible(a, row))
                    reads |= read
            continue
        if value is None and isinstance(part, exp.In) and part.args.get("query"):
            value = subqueries.membership(a, part, row, positive=True)
        if value is None:
            value = a.value(part, row)
        terms |= value.terms
        reads |= value.reads
    return terms, reads


def visible(a: Analyser, row: Row) -> set[int]:
    """The symbols in reach of a row."""
    return a.symbols.with_ends(v.symbol for v in row.variant.columns.values()) | set(row.env.outer_symbols)


def never(a: Analyser, predicate: exp.Expr, row: Row) -> bool:
    """Never true: it rejects a NULL that is there, or two constants contradict it."""
    for part in conjuncts(predicate):
        if isinstance(part, _NULL_REJECTING):
            operands = [part.this, *([part.expression] if isinstance(part, exp.Binary) else [])]
            values = [a.value(o, row) for o in operands if not o.find(exp.Query)]
            if any(v.constant == NULL for v in values):
                return True
            if (
                len(values) == 2
                and isinstance(part, exp.EQ)
                and literals.differ(values[0].constant, values[1].constant)
            ):
                return True
            if len(values) == 2 and _out_of_order(part, values[0].constant, values[1].constant):
                return True
            unequal = len(values) == 2 and isinstance(part, exp.NEQ)
            if unequal and literals.same(values[0].constant, values[1].constant):
                return True
            if isinstance(part, exp.In) and part.expressions and not part.this.find(exp.Query) and values:
                options = [a.value(o, row).constant for o in part.expressions]
                if all(literals.differ(values[0].constant, o) for o in options):
                    return True
        elif isinstance(part, exp.Not):
            inner = part.this.unnest()
            if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
                if a.value(inner.this, row).constant == NULL:
                    return True
            elif isinstance(inner, exp.Column | exp.Boolean) and a.value(inner, row).constant in (True, NULL):
                return True
        elif isinstance(part, exp.Or):
            if never(a, part.this, row) and never(a, part.expression, row):
                return True
        elif isinstance(part, exp.Column | exp.Boolean | exp.Null):
            constant = a.value(part, row).constant
            if constant == NULL or constant is False:
                return True
    return False


def _out_of_order(part: exp.Expr, left: object, right: object) -> bool:
    """Numbers that surely do not stand in the order that the comparison asks for."""
    if isinstance(part, exp.LT | exp.GTE):
        return literals.below(left, right) is isinstance(part, exp.GTE)
    if isinstance(part, exp.GT | exp.LTE):
        return literals.below(right, left) is isinstance(part, exp.LTE)
    return False


def always(a: Analyser, predicate: exp.Expr, row: Row) -> bool:
    """Surely true: it compares equal constants, or is one."""
    for part in conjuncts(predicate):
        if isinstance(part, exp.EQ):
            if not literals.same(a.value(part.this, row).constant, a.value(part.expression, row).constant):
                return False
        elif not (isinstance(part, exp.Column | exp.Boolean) and a.value(part, row).constant is True):
            return False
    return True


def facts(a: Analyser, predicate: exp.Expr, row: Row, zone: Zone) -> None:
    """Add to the zone what holds when the predicate is true."""
    for part in conjuncts(predicate):
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


def _either(a: Analyser, part: exp.Or, row: Row, zone: Zone) -> None:
    """Only what both sides tell."""
    if never(a, part.this, row):
        return facts(a, part.expression, row, zone)
    if never(a, part.expression, row):
        return facts(a, part.this, row, zone)
    sides = []
    for side in (part.this, part.expression):
        one = zone.copy()
        facts(a, side, row, one)
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
