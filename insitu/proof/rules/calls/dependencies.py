"""Functional dependencies: which columns are the same in all rows that agree in others.

Rows that tie show nothing of it in such columns, so picking any of them is determined:

* A window aggregate over a RANGE frame is one value for all rows with the same partition and order.
* A join that finds at most one row finds the same one for all left rows that agree in what its condition reads.
* An expression without a clock or a random number agrees where the columns in it do.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from insitu.proof.domain.context import Group, Row, Scope
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.variants import Key, Relation, is_present
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import frames
from insitu.proof.rules.calls.call import is_aggregate
from insitu.proof.rules.projection import Projection
from insitu.proof.sql import functions
from insitu.proof.sql.identifiers import identifier

Dependency = tuple[frozenset[Key], frozenset[Key]]


def closure(given: Iterable[Key], follows: list[Dependency]) -> set[Key]:
    """The given columns, and those that are the same where these are."""
    known, before = set(given), -1
    while len(known) != before:
        before = len(known)
        for determining, determined in follows:
            if determining <= known:
                known |= determined
    return known


def column(a: Analyser, node: exp.Column, scope: Scope) -> Key | None:
    """The column of FROM that a name means; None when there is not exactly one."""
    table, name = identifier(node.args.get("table"), a.dialect), identifier(node.this, a.dialect)
    found = [s.alias for s in scope.sources if name in s.names and table in ("", s.alias) and name not in s.hidden]
    return (found[0], name) if len(found) == 1 else None


def determinants(a: Analyser, node: exp.Expr, row: Row, scope: Scope) -> set[Key] | None:
    """The columns of FROM that determine an expression; None when they need not."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        found = column(a, node, scope)
        if found is not None:
            return {found}
        name = identifier(node.this, a.dialect)
        alias = row.aliases.get(name) if not node.args.get("table") else None
        if alias is None or name in row.resolving or alias.find(exp.Column) is None:
            return None
        inner = Row(row.variant, row.env, row.aliases, resolving=row.resolving | {name})
        return determinants(a, alias, inner, scope)
    if isinstance(node, exp.Window):
        return _shared_by_peers(a, node, row, scope)
    if isinstance(node, exp.Query | exp.Star) or is_aggregate(node) or functions.of(node).clock:
        return None
    if isinstance(node, exp.Func) and not (functions.of(node).pure or isinstance(node, _CHECKED)):
        return None
    return _all(a, node.iter_expressions(), row, scope)


_CHECKED = (exp.Cast, exp.Case, exp.If, exp.Coalesce, exp.Greatest, exp.Least, exp.TimestampTrunc, exp.DateTrunc)


def _all(a: Analyser, nodes: Iterable[exp.Expr], row: Row, scope: Scope) -> set[Key] | None:
    result: set[Key] = set()
    for node in nodes:
        some = determinants(a, node, row, scope)
        if some is None:
            return None
        result |= some
    return result


def _shared_by_peers(a: Analyser, node: exp.Window, row: Row, scope: Scope) -> set[Key] | None:
    """Partition and order of a window function that gives all rows that tie in them the same value."""
    partition, order, spec = frames.definition(a, node, row)
    function, _, _ = frames.unwrapped(node)
    facts = functions.of(function)
    exclude = spec.args.get("exclude") if spec is not None else None
    kind = str(spec.args.get("kind") or "RANGE").upper() if spec is not None else "RANGE"
    whole = spec is not None and spec.args.get("start") == spec.args.get("end") == "UNBOUNDED"
    by_value = (facts.aggregate and not facts.ordered and (kind == "RANGE" or whole)) or (
        facts.window in ("ranking", "whole") and not facts.sees_ties
    )
    if not by_value or facts.ordered or (exclude is not None and exclude.name.upper() != "GROUP"):
        return None
    return _all(a, [*partition, *(o.this for o in order)], row, scope)


def of_keys(relation: Relation, alias: str) -> list[Dependency]:
    """Keys without NULL determine their row: a unique column may hold NULL several times."""

    def never_null(name: str) -> bool:
        return all(is_present(v.columns["", name], v.zone) for v in relation.variants)

    everything = frozenset((alias, c) for c in relation.names)
    keys = [key for key in relation.unique if key and all(never_null(c) for c in key)]
    return [(frozenset((alias, c) for c in key), everything) for key in keys]


def of_join(
    a: Analyser, scope: Scope, relation: Relation, alias: str, on: exp.Expr | None, using: list[str], equal: set[str],
    one: bool, left: bool,
) -> list[Dependency]:  # fmt: skip
    """What holds after a join, besides what held of the left side.

    Args:
        equal: columns of the right side that are equal to something of the left row, and so not NULL in a match.
        one: a left row has at most one match.
        left: a LEFT JOIN, in which all columns of the right side are NULL where there is no match.
    """
    result = of_keys(relation, alias)
    for x, y in relation.follows:
        if not left or x & equal:
            result.append((frozenset((alias, c) for c in x), frozenset((alias, c) for c in y)))
    if one and (on is None or not on.find(exp.Query, exp.Window)):
        reads = [exp.column(name) for name in using] + (list(on.find_all(exp.Column)) if on is not None else [])
        keys: set[Key] = set()
        for node in reads:
            found = column(a, node, scope)
            if found is not None:
                keys.add(found)
            elif identifier(node.args.get("table"), a.dialect) != alias:
                return result
        if on is None or not any(functions.of(f).clock for f in on.find_all(exp.Func)):
            result.append((frozenset(keys), frozenset((alias, c) for c in relation.names)))
    return result


def constant_in_group(a: Analyser, node: exp.Expr, row: Row, group: Group) -> bool:
    """The expression has one value in all rows of a group: its keys determine it."""
    keys = [
        {key for key, value in variant.columns.items() if value.symbol in {k.symbol for k in values}}
        for variant, values in group.members
    ]
    needed = determinants(a, node, row, group.scope)
    return needed is not None and needed <= closure(set.intersection(*keys), group.scope.follows)


def selected(a: Analyser, scope: Scope, items: Projection, row: Row) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The dependencies of a select that does not group."""
    output: dict[Key, str] = {}
    computed: list[tuple[str, set[Key]]] = []
    for name, expression in items:
        inner = expression.unnest()
        found = column(a, inner, scope) if isinstance(inner, exp.Column) else None
        if found is not None:
            output.setdefault(found, name)
            continue
        try:
            needed = determinants(a, expression, row, scope)
        except Refusal:
            needed = None
        if needed:
            computed.append((name, needed))
    result = []
    for x, y in scope.follows:
        if x and all(c in output for c in x) and any(c in output for c in y):
            result.append((frozenset(output[c] for c in x), frozenset(output[c] for c in y if c in output)))
    result += [
        (frozenset(output[c] for c in needed), frozenset({name}))
        for name, needed in computed
        if all(c in output for c in needed)
    ]
    return result
