"""UNION, EXCEPT, INTERSECT."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Env
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import restrict
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import NULL, UNLISTED, Key, Relation, Value, Variant, terms_of
from insitu.proof.rules import grouping, literals, session, tables
from insitu.proof.rules.analyser import Analyser


def set_operation(a: Analyser, node: exp.SetOperation, env: Env) -> Relation:
    """UNION puts variants side by side; EXCEPT and INTERSECT see the other side's equal rows."""
    env = tables.with_ctes(a, node, env)
    left, right = a.relation(node.this, env), a.relation(node.expression, env)
    names = left.names
    if node.args.get("by_name"):
        unlisted = any(n.startswith(UNLISTED) for n in left.names + right.names)
        if unlisted and set(left.names) != set(right.names):
            raise Refusal("UNION BY NAME of relations of which YAML does not list all columns", node)
        names = left.names + [n for n in right.names if n not in left.names]
        left, right = _filled(a, left, names), _filled(a, right, names)
        order = names
    else:
        if any(n.startswith(UNLISTED) for n in names + right.names):
            raise Refusal(
                "a set operation by the position of columns, of which YAML does not list all; name the columns in each "
                "select",
                node,
            )
        if len(names) != len(right.names):
            raise Refusal("a set operation of relations with different numbers of columns", node)
        order = right.names

    def renamed(v: Variant) -> Variant:
        columns: dict[Key, object] = {("", n): v.columns["", m] for n, m in zip(names, order, strict=True)}
        return Variant(columns, v.zone, v.presence, v.multiplicity, v.reads)  # type: ignore[arg-type]

    others = [renamed(v) for v in right.variants]
    for name in names:
        session.bring_together(a, node, [v.columns["", name] for v in left.variants + others])
    _forget_cast_constants(names, left.variants + others)
    if isinstance(node, exp.Union):
        relation = Relation(names, left.variants + others, _unique(left, right, others, order))
        return grouping.distinct(a, relation, env, node) if node.args.get("distinct") else relation
    if not node.args.get("distinct"):
        raise Refusal(f"{type(node).__name__.upper()} ALL", node)
    variants = []
    what = f"{type(node).__name__.upper()} compares with rows of any time"
    for v in left.variants:
        allowed = a.symbols.with_ends(x.symbol for x in v.columns.values()) | set(env.outer_symbols)
        presence, reads = v.existence, v.reads
        for u in others:
            zone = v.zone.copy()
            zone.update(u.zone)
            for n in names:
                if comparable(v.columns["", n].type, u.columns["", n].type):
                    zone.equal(v.columns["", n].symbol, u.columns["", n].symbol)
            seen = u.existence | terms_of(u.columns.values())
            presence |= restrict(seen, a.symbols, zone, allowed, a.place(node), "002", what)
            reads |= u.reads
        presence |= terms_of(v.columns.values())
        variants.append(Variant(v.columns, v.zone, presence, frozenset(), reads))
    return grouping.distinct(a, Relation(names, variants), env, node)


def _filled(a: Analyser, relation: Relation, names: list[str]) -> Relation:
    """The relation with all of the columns, NULL where it has none of that name."""
    null = Value(a.symbols.intern("null"), constant=NULL)
    variants = [replace(v, columns={("", n): v.columns.get(("", n), null) for n in names}) for v in relation.variants]
    return replace(relation, names=names, variants=variants)


_NUMBERS = {"integer", "decimal", "float"}


def _forget_cast_constants(names: list[str], variants: list[Variant]) -> None:
    """Where branches have different types the warehouse casts: their constants can no longer be compared as written."""
    for name in names:
        types = {v.columns["", name].type for v in variants if v.columns["", name].constant != NULL}
        if len(types) > 1 and not types <= _NUMBERS:
            for v in variants:
                value = v.columns["", name]
                if value.constant is not None and value.constant != NULL:
                    v.columns["", name] = value._replace(constant=None, type="other")


def _unique(left: Relation, right: Relation, others: list[Variant], order: list[str]) -> list[frozenset[str]]:
    """Columns that hold a key of either side, with a column whose constant differs between the two."""
    position = dict(zip(order, left.names, strict=True))
    theirs = [frozenset(position[c] for c in key) for key in right.unique]
    tags = [
        n
        for n in left.names
        if all(
            literals.differ(v.columns["", n].constant, u.columns["", n].constant) for v in left.variants for u in others
        )
    ]
    keys = {a | b | {tag} for tag in tags for a in left.unique for b in theirs}
    return sorted(keys, key=lambda key: (len(key), sorted(key)))[:8]
