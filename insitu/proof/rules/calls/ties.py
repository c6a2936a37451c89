"""Ties: a value that depends on the order of rows must have an order that leaves none.

Such a value may differ from run to run although no source row does, so training and scoring would differ. The order is
complete when it holds, together with the partition or the grouping columns, a key of the relation (declared in
`unique`, or implied by GROUP BY, DISTINCT or row_number).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlglot import exp

from insitu.proof.domain.context import Group, Row
from insitu.proof.domain.symbols import ORIGIN
from insitu.proof.domain.variants import Key, Value, Variant
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import dependencies, frames
from insitu.proof.rules.calls.call import Call
from insitu.proof.rules.names import lookup
from insitu.proof.sql.identifiers import identifier

Numbering = tuple[list[exp.Expr], list[exp.Expr]]  # partition and order of a window


def covered(
    a: Analyser,
    variant: Variant,
    unique: list[frozenset[Key]],
    given: Iterable[Value],
    outer: frozenset[int] = frozenset(),
    together: Sequence[Variant] = (),
) -> bool:
    """Do the given values contain a key of the relation? In a subquery the outer row's values are given, too.

    Args:
        together: the variants whose rows may tie with this one's. A column that is constant in this one
            separates its rows from theirs, unless they have the same constant there.
    """
    known = {v.symbol for v in given} | (outer - {ORIGIN})
    if not known and frozenset() not in unique:
        return False
    return any(all(_determined(a, variant, column, known, together) for column in key) for key in unique)


def _determined(a: Analyser, variant: Variant, column: Key, known: set[int], together: Sequence[Variant]) -> bool:
    value = variant.columns.get(column)
    if value is None:
        return False
    if value.symbol in known or (value.constant is not None and _same_in(value, column, together)):
        return True
    return not known.isdisjoint(a.symbols.as_distinct(variant.zone, value.symbol))


def settled_by(
    a: Analyser,
    variant: Variant,
    unique: list[frozenset[Key]],
    given: Iterable[Value],
    outer: frozenset[int] = frozenset(),
) -> str:
    """What would make an order complete: the columns of a known key that it lacks, the fewest there are."""
    known = {v.symbol for v in given} | (outer - {ORIGIN})
    lacking = [sorted(c for c in key if not _determined(a, variant, c, known, ())) for key in unique]
    lacking = [columns for columns in lacking if columns and all(c in variant.columns for c in columns)]
    if not lacking:
        return "declare a key of what it reads in `unique`, and add its columns to the order"
    best = min(lacking, key=lambda columns: (len(columns), columns))
    shown = ", ".join(f"{alias}.{name}" if alias and not alias.startswith("_") else name for alias, name in best)
    return f"add {shown} to its order, which makes it unique"


def _same_in(value: Value, column: Key, together: Sequence[Variant]) -> bool:
    return all(column in v.columns and v.columns[column].constant == value.constant for v in together)


def follows(a: Analyser, node: exp.Expr, rows: Sequence[Row], given: Callable[[Row], list[Value]]) -> bool:
    """Do rows with equal given values have equal values here? They do if it is one of those, or one constant in all.

    Args:
        rows: those that may tie, one for each variant.
    """
    values = [a.value(node, row) for row in rows]
    if values[0].constant is not None and all(v.constant == values[0].constant for v in values):
        return True
    places = [
        {i for i, known in enumerate(given(row)) if known.symbol == value.symbol}
        for row, value in zip(rows, values, strict=True)
    ]
    return bool(set.intersection(*places))


def parts(node: exp.Expr) -> list[exp.Expr]:
    """The expressions of a compound order key: (ts, id), row(ts, id), {'a': ts, 'b': id}."""
    node = node.unnest()
    if isinstance(node, exp.Tuple) or (isinstance(node, exp.Anonymous) and str(node.this).lower() == "row"):
        return [p for e in node.expressions for p in parts(e)]
    if isinstance(node, exp.Struct):
        return [p for e in node.expressions for p in parts(e.expression if isinstance(e, exp.PropertyEQ) else e)]
    return [node]


def interchangeable(
    a: Analyser,
    rows: Sequence[Row],
    arguments: Iterable[exp.Expr],
    given: Callable[[Row], list[Value]],
    numbering: Numbering | None,
) -> bool:
    """Rows that tie are equal: the given values fix all that the select shows of them, and the arguments.

    Args:
        rows: those that may tie, one for each variant.
        numbering: partition and order of the window function in question. Another one that depends on the order of
            rows may stand beside it only if its partition and order are the same. None for LIMIT: there any such
            function gives the rows different values.
    """
    peer = rows[0]

    def same(node: exp.Expr) -> bool:
        return follows(a, node, rows, given)

    def shown(node: exp.Expr) -> bool:
        if isinstance(node, exp.Query | exp.AggFunc | exp.Filter | exp.WithinGroup):
            return False
        if isinstance(node, exp.Window):
            return numbered(node)
        if isinstance(node, exp.Column):
            return _is_alias(a, node, peer) or same(node)  # an alias is shown by itself
        return all(shown(child) for child in node.iter_expressions())

    def numbered(node: exp.Window) -> bool:
        partition, order, spec = frames.definition(a, node, peer)
        function, condition, _ = frames.unwrapped(node)
        parts = [*partition, *(o.this for o in order)]
        if any(_is_alias(a, c, peer) for p in parts for c in p.find_all(exp.Column)):
            return False
        if condition is not None or not all(same(p) for p in parts):
            return False
        if frames.frame(a, function, order, spec, peer).positional and (partition, order) != numbering:
            return False
        return all(shown(child) for child in function.iter_expressions())

    return all(same(x) for x in arguments) and all(shown(e) for e in peer.aliases.values())


def _is_alias(a: Analyser, node: exp.Column, row: Row) -> bool:
    """An output column, rather than one of the input."""
    table, name = identifier(node.args.get("table"), a.dialect), identifier(node.this, a.dialect)
    return not table and name in row.aliases and lookup(row.variant, table, name, node) is None


def aggregate_tie(a: Analyser, call: Call, row: Row, keys: list[Value], group: Group) -> str:
    """Why an order-dependent aggregate is not determined; empty when it is."""
    if not call.facts.ordered:
        return ""
    if call.arguments and dependencies.constant_in_group(a, call.arguments[0], row, group):
        return ""
    name = call.name
    by: list[exp.Expr] = list(call.order)
    if call.facts.picks_by == "argument":
        by += call.arguments[1:2]
    by_frequency = call.facts.picks_by == "frequency"
    if by_frequency and call.order and not call.arguments:
        return ""  # mode() within group (order by x): the first of the most frequent in that order
    if by_frequency and not call.order:
        return "mode() picks any of several equally frequent values; count, then take the first by count and value"
    if not by and frozenset() not in group.unique:
        variants = [v for v, _ in group.members]
        if covered(a, row.variant, group.unique, keys, group.env.outer_symbols, variants):
            return ""
        settled = settled_by(a, row.variant, group.unique, keys, group.env.outer_symbols)
        return f"{name}() depends on the order in which rows arrive and has none; {settled}"
    members = [v for v, _ in group.members]
    rows = [Row(v, group.env, group.aliases) for v in members]

    def order(row: Row) -> list[Value]:
        return [a.value(p, row) for e in by for p in parts(e)]

    picked = [x for x in call.arguments if not any(x is e for e in by)]
    if picked and all(follows(a, x, rows, order) for x in picked):
        return ""
    if covered(a, row.variant, group.unique, [*order(row), *keys], group.env.outer_symbols, members):
        return ""
    settled = settled_by(a, row.variant, group.unique, [*order(row), *keys], group.env.outer_symbols)
    return f"{a.show(call.node)} is not determined when two rows tie; {settled}"
