"""DISTINCT ON, LIMIT and OFFSET: which rows remain depends on all of them."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.rebase import carry, project
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import NOTHING, Terms, prune, restrict, tied
from insitu.proof.domain.variants import Key, Relation, Value, Variant, is_present
from insitu.proof.rules import grouping, projection, unique_keys
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import ties
from insitu.proof.rules.projection import Projection
from insitu.proof.sql.identifiers import identifier


def order_of(node: exp.Select) -> list[exp.Expr]:
    """The items of ORDER BY."""
    order = node.args.get("order")
    return list(order.expressions) if order is not None else []


def _output_value(a: Analyser, node: exp.Expr, row: Row, items: Projection) -> Value:
    """ORDER BY and DISTINCT ON take a position, an output alias or an expression."""
    expression = node.unnest()
    if isinstance(expression, exp.Literal) and not expression.is_string:
        return a.value(projection.at(items, expression), row)
    if isinstance(expression, exp.Column) and not expression.table:
        for name, projected in items:
            if name == identifier(expression.this, a.dialect):
                return a.value(projected, row)
    return a.value(expression, row)


def distinct_on(
    a: Analyser, node: exp.Select, on: exp.Expr, rows: list[Row], values: list[list[Value]], items: Projection, env: Env
) -> Relation:
    """One row of each group: which one depends on all of them."""
    names = [name for name, _ in items]
    expressions = list(on.expressions) if isinstance(on, exp.Tuple) else [on]
    by_variant = {id(r.variant): (r, v) for r, v in zip(rows, values, strict=True)}

    def keys_of(v: Variant) -> list[Value]:
        return [_output_value(a, e, by_variant[id(v)][0], items) for e in expressions]

    grouped = grouping.group(a, [r.variant for r in rows], keys_of, env, node, "DISTINCT ON")
    variants = []
    for g in grouped:
        terms, reads = NOTHING, g.variant.reads
        for (member, keys), mapping in zip(g.members, g.translate, strict=True):
            row, columns = by_variant[id(member)]
            order = [_output_value(a, o.this, row, items) for o in order_of(node)]
            seen = member.existence.union(*(v.terms for v in [*columns, *order]))
            reads |= frozenset().union(*(v.reads for v in columns))
            terms |= carry(
                seen,
                member,
                mapping,
                a.symbols,
                a.place(node),
                "002",
                "DISTINCT ON picks among rows that its keys do not bound",
            )
            together = [v for v, _ in g.members]
            if not ties.covered(a, member, row.unique, [*order, *keys], env.outer_symbols, together):
                settled = ties.settled_by(a, member, row.unique, [*order, *keys], env.outer_symbols)
                tie = f"DISTINCT ON picks any of several rows that tie; {settled}"
                terms |= {tied(a.place(node), tie)}
        columns_out: dict[Key, Value] = {}
        for i, name in enumerate(names):
            first = by_variant[id(g.members[0][0])][1][i]
            key = next((g.keys[k] for k, v in enumerate(g.members[0][1]) if v.symbol == first.symbol), None)
            same = key is not None and len(g.members) == 1
            columns_out["", name] = (
                key._replace(terms=terms | key.terms)
                if same and key is not None
                else Value(a.symbols.fresh(), terms, type=first.type, reads=reads)
            )
            if not (same and key is not None):
                picked = [by_variant[id(member)][1][i].symbol for member, _ in g.members]
                _order_picked(a, columns_out["", name].symbol, picked, g)
        v = Variant(columns_out, g.variant.zone, g.variant.presence, NOTHING, reads)
        variants.append(project(v, names, list(columns_out.values()), a.symbols, env.outer_symbols))
    return Relation(names, variants, _one_row_each(a, items, expressions))


def _order_picked(a: Analyser, new: int, picked: list[int], g: grouping.Grouped) -> None:
    """A picked value is ordered against the keys as it is in every row of the group.

    What a key identifies is a value of the group only where the key is not NULL.
    """
    fixed = {k.symbol for k in g.keys}
    fixed |= {t.symbol for k in g.keys if is_present(k, g.variant.zone) for t in k.identifies if t.present}
    there, back = [], []
    for old, (member, _), names in zip(picked, g.members, g.translate, strict=True):
        paths = a.symbols.paths(member.zone, old)
        there.append({y: w for x, w in paths.items() for y in names.get(x, ()) if y in fixed})
        ways = ((y, a.symbols.paths(member.zone, x).get(old)) for x, ys in names.items() for y in ys if y in fixed)
        back.append({y: w for y, w in ways if w is not None})
    for y in set.intersection(*(set(some) for some in there)):
        g.variant.zone.add(new, y, max(some[y] for some in there))
    for y in set.intersection(*(set(some) for some in back)):
        g.variant.zone.add(y, new, max(some[y] for some in back))


def _one_row_each(a: Analyser, items: Projection, expressions: list[exp.Expr]) -> list[frozenset[str]]:
    """The columns that hold the keys of DISTINCT ON, if all of them are selected."""
    found = [next((name for name, e in items if unique_keys.same(a, e, key)), None) for key in expressions]
    return [frozenset(name for name in found if name is not None)] if None not in found else []


def limited(
    a: Analyser, node: exp.Select, relation: Relation, rows: list[Row], items: Projection, env: Env
) -> Relation:
    """LIMIT and OFFSET: which rows remain depends on all of them."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is None and offset is None:
        return relation
    for clause in (limit, offset):
        if clause is not None and not isinstance(clause.expression, exp.Literal):
            raise Refusal("LIMIT or OFFSET that is not a literal", clause)
    if node.args.get("distinct") is not None:
        raise Refusal("LIMIT together with DISTINCT", node)
    order = order_of(node)
    lost: Terms = NOTHING
    place, why = a.place(limit or offset), "LIMIT picks among rows of any time"

    def keys_of(row: Row) -> list[Value]:
        return [_output_value(a, o.this, row, items) for o in order]

    same = bool(order and rows) and ties.interchangeable(a, rows, [], keys_of, None)
    for row in rows:
        keys = keys_of(row)
        seen = row.variant.existence.union(*(k.terms for k in keys))
        lost |= restrict(seen, a.symbols, row.variant.zone, set(env.outer_symbols), place, "002", why)
        single = row.group is not None and not row.group.keys
        variants = [r.variant for r in rows]
        if not (single or same or ties.covered(a, row.variant, row.unique, keys, env.outer_symbols, variants)):
            settled = ties.settled_by(a, row.variant, row.unique, keys, env.outer_symbols)
            lost |= {tied(place, f"LIMIT picks any of several rows that tie; {settled}")}
    variants = [
        Variant(v.columns, v.zone, prune(v.presence | lost), v.multiplicity, v.reads) for v in relation.variants
    ]
    unique = list(relation.unique)
    if limit is not None and str(limit.expression.this) in ("0", "1"):
        unique.insert(0, frozenset())
    return replace(relation, variants=variants, unique=unique, ranks={})
