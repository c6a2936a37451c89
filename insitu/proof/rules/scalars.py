"""Pure functions: the value depends on what the arguments depend on, and nothing is known of its order in time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import refused
from insitu.proof.domain.types import ALIKE, TIME
from insitu.proof.domain.variants import NULL, Value, reads_of, terms_of
from insitu.proof.rules import session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import functions

_BARE = (exp.Var, exp.DataType, exp.Identifier, exp.JSONPath, exp.DataTypeParam)
_COMPARISONS = (exp.Predicate, exp.Connector, exp.Not)


def opaque(
    a: Analyser, key: object, values: Iterable[Value], type_: str | None = "opaque", identifying: bool = False
) -> Value:
    """A function of which only the arguments are known; the same key and arguments give the same symbol.

    Args:
        identifying: the result is another one for each other value of the argument that is not constant.
    """
    values = list(values)
    symbol = a.symbols.intern((key, tuple(v.symbol for v in values)))
    varying = [v.symbol for v in values if v.constant is None]
    if identifying and len(varying) == 1:
        a.symbols.identify(varying[0], symbol)
    return Value(symbol, terms_of(values), type=type_, reads=reads_of(values))


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The arguments that have a value (not units, types and names)."""
    return [
        child
        for child in node.iter_expressions()
        if not isinstance(child, _BARE)
        and not (isinstance(child, exp.Interval) and not child.find(exp.Column, exp.Query))
    ]


def _key(node: exp.Expr, evaluated: list[exp.Expr]) -> tuple[object, ...]:
    """All of a call but the values of its arguments. Calls with equal keys are the same function."""
    ids = {id(child) for child in evaluated}
    parts: list[object] = [type(node).__name__]
    for name, argument in sorted(node.args.items()):
        for item in argument if isinstance(argument, list) else [argument]:
            if isinstance(item, exp.Expr):
                parts.append((name, "·" if id(item) in ids else item.sql()))
            elif item not in (None, False):
                parts.append((name, str(item)))
    return tuple(parts)


def pure(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """An operator or function on the list of pure ones."""
    children = arguments(node)
    values = [a.value(child, row) for child in children]
    facts = functions.of(node)
    if facts.strict and any(v.constant == NULL for v in values):
        return Value(a.symbols.intern("null"), constant=NULL, reads=reads_of(values))
    family: str | None = facts.gives or "opaque"
    if isinstance(node, _COMPARISONS):
        family = "boolean"
        for side in _sides(children):
            session.bring_together(a, node, [a.value(x, row) for x in side])
    elif any(v.type == "timestamptz" for v in values) and not a.trusting:
        raise Refusal(f"{a.show(node)} reads a time with time zone, in the session's zone", node)
    elif facts.text:
        family = "text"
        session.written(a, node, values)
    elif facts.arithmetic and all(v.type == "integer" for v in values):
        family = "integer"
    elif facts.keeps_type:
        family = values[0].type
    elif facts.counting or (facts.exact and {v.type for v in values} <= ALIKE):
        family = "plain"
    return opaque(a, _key(node, children), values, family, facts.identifying)


def _sides(children: list[exp.Expr]) -> list[tuple[exp.Expr, ...]]:
    """What a comparison brings together: its two sides, or those of each pair of two rows."""
    rows = [x.unnest() for x in children]
    if rows and all(isinstance(x, exp.Tuple) for x in rows):
        return list(zip(*(x.expressions for x in rows), strict=False))
    return [tuple(children)]


def named(a: Analyser, node: exp.Anonymous, row: Row) -> Value:
    """A function that the parser knows by its name only."""
    name, facts = str(node.this).lower(), functions.of(node)
    if facts.clock or (name == "age" and len(node.expressions) == 1):  # the age of a time is that of today
        return clock(a, node, row)
    if not facts.pure or (facts.zoned and not a.trusting):
        raise Refusal(f"{name}() is not on the list of pure built-in functions (is it a UDF or a macro?)", node)
    if name == "to_aggregate_state":
        of = node.expressions[1] if len(node.expressions) > 1 else None
        if not (isinstance(of, exp.Literal) and functions.is_mergeable(of.this)):
            raise Refusal(f"{a.show(node)} is a state of an aggregate that is not known to ignore the order", node)
    return pure(a, node, row)


def clock(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """A value that changes from run to run: nothing that reads it is proved."""
    term = refused(a.place(node), "007", f"{a.show(node)} changes from run to run; use the variable as_of or a column")
    return Value(a.symbols.fresh(), frozenset({term}), type="timestamp")


def zoned(a: Analyser, node: exp.Expr, row: Row) -> Value:
    """AT TIME ZONE, which staging models may use to come from local time to UTC; to UTC itself nothing is shifted."""
    zone = node.args.get("zone")
    if isinstance(node, exp.AtTimeZone) and isinstance(zone, exp.Literal) and zone.name.upper() == "UTC":
        value = a.value(node.this, row)
        other = {"timestamp": "timestamptz", "timestamptz": "timestamp"}.get(value.type or "")
        if other is not None:
            constant = NULL if value.constant == NULL else None
            return value._replace(type=other, constant=constant, closing=False, identifies=())
    if not a.trusting:
        raise Refusal("AT TIME ZONE shifts local times; convert to UTC in staging", node)
    values = [a.value(child, row) for child in arguments(node)]
    flipped = {"timestamp": "timestamptz", "timestamptz": "timestamp"}.get(values[0].type or "", "opaque")
    return opaque(a, _key(node, arguments(node)), values, flipped)


def parenthesis(a: Analyser, node: exp.Paren | exp.Alias, row: Row) -> Value:
    """What stands inside."""
    return a.value(node.this, row)


def collate(a: Analyser, node: exp.Collate, row: Row) -> Value:
    """x collate "C": the text itself, ordered by its code points."""
    name = node.expression
    if not (isinstance(name, exp.Identifier | exp.Column | exp.Var) and name.name.lower() in ("c", "posix")):
        raise Refusal(f'{a.show(node)}: only collate "C" orders alike everywhere', node)
    return a.value(node.this, row)


def dot(a: Analyser, node: exp.Dot, row: Row) -> Value:
    """(struct).field. A function with a schema is a user-defined one, and refused."""
    if not isinstance(node.expression, exp.Identifier) or isinstance(node.this, exp.Identifier):
        raise Refusal(f"{a.show(node)} is not a built-in function (is it a UDF or a macro?)", node)
    return pure(a, node, row)


def function_of_elements(a: Analyser, node: exp.Lambda, row: Row) -> Value:
    """x -> x + 1: what it does to each element depends on the other columns in it, and on no clock."""
    if node.find(exp.Query):
        raise Refusal(f"{a.show(node)}: a subquery in a lambda", node)
    return opaque(a, ("lambda", node.sql()), [a.value(node.this, row)])


def parameter(a: Analyser, node: exp.Identifier, row: Row) -> Value:
    """The element that a lambda is called with: it depends on what the list depends on."""
    around = node.find_ancestor(exp.Lambda)
    while around is not None and node.name not in {p.name for p in around.expressions}:
        around = around.find_ancestor(exp.Lambda)
    if around is None:
        raise Refusal(f"{a.show(node)} is not understood", node)
    return Value(a.symbols.intern(("parameter", node.name)), type="opaque")


def unix_time(a: Analyser, node: exp.UnixToTime, row: Row) -> Value:
    """to_timestamp(seconds): a time with time zone. With a time in it, it is how the parser reads epoch_ms(time)."""
    if node.text("scale") == "3":
        of = a.value(node.this, row)
        if of.type not in TIME:
            raise Refusal(f"{a.show(node)} of something that is not a time without zone", node)
        return opaque(a, "epoch_ms", [of], "integer")
    if set(k for k, v in node.args.items() if v) - {"this"}:
        raise Refusal(f"{a.show(node)} is not understood", node)
    return opaque(a, "to_timestamp", [a.value(node.this, row)], "timestamptz")
