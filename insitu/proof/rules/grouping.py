"""GROUP BY, DISTINCT, DISTINCT ON: many rows become one, whose terms are those of its members, over the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.rebase import carry, rebase
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import NOTHING, prune
from insitu.proof.domain.variants import Relation, Value, Variant, terms_of
from insitu.proof.rules import literals
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls.call import aggregates_in, is_aggregate


@dataclass(slots=True)
class Grouped:
    """A group as one row, its keys, its members with their keys, and per member its symbols → symbols of the keys."""

    variant: Variant
    keys: list[Value]
    members: list[tuple[Variant, list[Value]]]
    translate: list[dict[int, list[int]]]


def group(
    a: Analyser,
    variants: Sequence[Variant],
    keys_of: Callable[[Variant], list[Value]],
    env: Env,
    node: exp.Expr,
    what: str,
) -> list[Grouped]:
    """Group variants by their key values. Variants whose constant keys differ cannot be in one group."""
    result = []
    for members in _partition([(v, keys_of(v)) for v in variants]):
        based = rebase(members, a.symbols, env.outer_symbols)
        presence, reads = NOTHING, members[0][0].reads
        why = f"{what} mixes rows that are not bounded by its keys"
        for (variant, keys), names in zip(members, based.maps, strict=True):
            terms = variant.existence_of(keys) | terms_of(keys)
            presence |= carry(terms, variant, names, a.symbols, a.place(node), "002", why)
            reads |= variant.reads.union(*(k.reads for k in keys))
        presence = prune(presence)
        own = [NOTHING for _ in based.values]
        for (variant, values), names in zip(members, based.maps, strict=True):
            for i, value in enumerate(values):
                own[i] |= carry(value.terms, variant, names, a.symbols, a.place(node), "002", why)
        keys = [k._replace(terms=terms) for k, terms in zip(based.values, own, strict=True)]
        result.append(Grouped(Variant({}, based.zone, presence, NOTHING, reads), keys, list(members), based.maps))
    return result


def _partition(members: list[tuple[Variant, list[Value]]]) -> list[list[tuple[Variant, list[Value]]]]:
    groups: list[list[tuple[Variant, list[Value]]]] = []
    for member in members:
        together = [g for g in groups if any(_may_meet(member[1], keys) for _, keys in g)]
        merged = [member]
        for other in together:
            merged = other + merged
            groups.remove(other)
        groups.append(merged)
    return groups


def _may_meet(a: list[Value], b: list[Value]) -> bool:
    return not any(literals.differ(x.constant, y.constant) for x, y in zip(a, b, strict=True))


def distinct(a: Analyser, relation: Relation, env: Env, node: exp.Expr) -> Relation:
    """DISTINCT: a group for each combination of all columns."""
    names = relation.names
    grouped = group(a, relation.variants, lambda v: [v.columns["", n] for n in names], env, node, "DISTINCT")
    variants = []
    for g in grouped:
        columns = {("", n): k for n, k in zip(names, g.keys, strict=True)}
        variants.append(Variant(columns, g.variant.zone, g.variant.presence, NOTHING, g.variant.reads))
    return Relation(names, variants, [frozenset(names)])


def key_value(a: Analyser, node: exp.Expr, row: Row) -> Value | None:
    """In a grouped select: the value of an expression that is one of the keys; None for other expressions."""
    group_ = row.group
    assert group_ is not None
    if isinstance(
        node, exp.Literal | exp.Null | exp.Boolean | exp.Window | exp.Query | exp.Subquery | exp.Alias | exp.Paren
    ):
        return None
    if not group_.members:
        return None
    is_column = isinstance(node, exp.Column)
    if is_aggregate(node) or (not is_column and type(node) not in group_.key_types):
        return None
    if not is_column and (aggregates_in(node) or node.find(exp.Window, exp.Query)):
        return None
    try:
        inside = [a.value(node, Row(v, group_.env, group_.aliases)) for v, _ in group_.members]
    except Refusal:
        return None  # an alias of an aggregate, or a column of an outer query
    for i, key in enumerate(group_.keys):
        if all(v.symbol == keys[i].symbol for v, (_, keys) in zip(inside, group_.members, strict=True)):
            return key
    if not is_column:
        return None
    outer = {v.symbol for o in group_.env.outer for v in o.columns.values()}
    if all(v.symbol in outer or v.constant is not None for v in inside):
        return inside[0] if len({v.symbol for v in inside}) == 1 else None
    raise Refusal(f"column {a.show(node)} is neither a grouping column nor inside an aggregate", node)
