"""SELECT: its clauses in the order in which they act."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Group, Row, Scope
from insitu.proof.domain.rebase import project
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.terms import NOTHING, prune, refused
from insitu.proof.domain.variants import Key, Relation, Value, Variant
from insitu.proof.rules import grouping, limits, projection, tables, unique_keys
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import dependencies
from insitu.proof.rules.calls.call import aggregates_in, is_aggregated
from insitu.proof.rules.joins import join
from insitu.proof.rules.projection import Projection
from insitu.proof.rules.truth import predicates
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql.identifiers import identifier


def select(a: Analyser, node: exp.Select, env: Env) -> Relation:
    """The relation that a SELECT gives."""
    env = tables.with_ctes(a, node, env)
    windows = {identifier(w.this, a.dialect): w for w in node.args.get("windows") or []}
    env = replace(env, windows=windows)
    scope = _from(a, node, env)
    items = projection.expand(a, node, scope)
    aliases = {name: expression for name, expression in items}
    where = node.args.get("where")
    if where is not None:
        scope = _where(a, scope, where.this, env, aliases)
    aliases |= _shown_besides(node)
    having, group_by = node.args.get("having"), node.args.get("group")
    grouped = group_by is not None or having is not None or any(aggregates_in(e) for _, e in items)
    if grouped:
        rows, unique = _grouped(a, node, scope, items, aliases, env)
    else:
        rows = [Row(v, env, aliases, unique=scope.unique) for v in scope.variants]
        unique = []
    for row in rows:
        row.peers = rows
    values = [[_value(a, expression, row) for _, expression in items] for row in rows]
    qualify = node.args.get("qualify")
    if qualify is not None:
        kept = []
        for row, columns in zip(rows, values, strict=True):
            filtered = _filtered(a, qualify.this, row)
            if filtered is not None:
                kept.append((filtered, columns))
        rows, values = [r for r, _ in kept], [c for _, c in kept]
    names = [name for name, _ in items]
    if not grouped:
        unique = unique_keys.kept_keys(a, scope, items)
    relation = Relation(names, [], unique, unique_keys.ranks(a, scope, items) if not grouped else {})
    if not grouped:
        relation.unique = relation.unique + unique_keys.numbered(a, scope, items)
        relation.follows = dependencies.selected(a, scope, items, rows[0]) if rows else []
    for part in (qualify.this,) if qualify is not None else ():
        relation.unique = relation.unique + unique_keys.first_of(a, part, relation, scope, items)
    distinct = node.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    if on is not None:
        return limits.limited(a, node, limits.distinct_on(a, node, on, rows, values, items, env), rows, items, env)
    relation.variants = [
        project(r.variant, names, columns, a.symbols, env.outer_symbols)
        for r, columns in zip(rows, values, strict=True)
    ]
    if distinct is not None:
        relation = grouping.distinct(a, relation, env, node)
    return limits.limited(a, node, relation, rows, items, env)


def _shown_besides(node: exp.Select) -> dict[str, exp.Expr]:
    """Expressions outside of the select list that can distinguish rows, under names that no column can have."""
    shown = {" qualify": node.args["qualify"].this} if node.args.get("qualify") is not None else {}
    distinct = node.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    if on is not None:
        shown[" on"] = on
    if on is not None or node.args.get("limit") is not None or node.args.get("offset") is not None:
        shown |= {f" order {i}": item.this for i, item in enumerate(limits.order_of(node))}
    return shown


def _value(a: Analyser, expression: exp.Expr, row: Row) -> Value:
    """A column that is not understood is refused by itself, without the others."""
    try:
        return a.value(expression, row)
    except Refusal as refusal:
        place = a.place(refusal.node or expression)
        return Value(a.symbols.fresh(), frozenset({refused(place, refusal.code, str(refusal))}))


def _from(a: Analyser, node: exp.Select, env: Env) -> Scope:
    zone = env.outer[0].zone.copy() if env.outer else Zone()
    scope = Scope([Variant({}, zone)], unique=[frozenset()])
    clause = node.args.get("from_")
    if clause is None:
        if node.args.get("joins") or node.args.get("laterals"):
            raise Refusal("a join without FROM", node)
        return scope
    scope = join.first(a, clause.this, env, scope)
    for item in [*_nested(clause.this), *(node.args.get("joins") or []), *(node.args.get("laterals") or [])]:
        scope = join.join(a, scope, item, env)
    return scope


def _nested(node: exp.Expr) -> list[exp.Expr]:
    """Joins that the parser hangs on a table."""
    return list(node.args.get("joins") or [])


def _where(a: Analyser, scope: Scope, predicate: exp.Expr, env: Env, aliases: dict[str, exp.Expr]) -> Scope:
    if aggregates_in(predicate) or any(True for _ in _windows(predicate)):
        raise Refusal("an aggregate or window function in WHERE", predicate)
    variants = []
    visible = aliases if a.dialect == "duckdb" else {}
    for variant in scope.variants:
        filtered = _filtered(a, predicate, Row(variant, env, visible))
        if filtered is not None:
            variants.append(filtered.variant)
    unique = list(scope.unique)
    for part in conjuncts(predicate):
        for (alias, name), key in scope.ranks.items():
            if unique_keys.is_first(a, part, alias, name):
                unique.append(key)
    return Scope(variants, scope.sources, unique, scope.ranks, scope.follows)


def _windows(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Query):
        return []
    if isinstance(node, exp.Window):
        return [node]
    return [w for child in node.iter_expressions() for w in _windows(child)]


def _filtered(a: Analyser, predicate: exp.Expr, row: Row) -> Row | None:
    """The row where the predicate holds; whether it does becomes part of the row's presence."""
    assumed = predicates.assume(a, predicate, row)
    if assumed is None:
        return None
    terms, reads = predicates.truth(a, predicate, assumed)
    v = assumed.variant
    variant = Variant(v.columns, v.zone, prune(v.presence | terms | v.copies(reads)), v.multiplicity, v.reads | reads)
    return replace(assumed, variant=variant)


# --- GROUP BY ---------------------------------------------------------------------------------------------------------


def _grouped(
    a: Analyser, node: exp.Select, scope: Scope, items: Projection, aliases: dict[str, exp.Expr], env: Env
) -> tuple[list[Row], list[frozenset[str]]]:
    clause = node.args.get("group")
    expressions = _keys(a, clause, items, aliases, scope) if clause is not None else []
    grouped = grouping.group(
        a, scope.variants, lambda v: [a.value(e, Row(v, env, aliases)) for e in expressions], env, clause or node,
        "GROUP BY" if expressions else "an aggregate without GROUP BY",
    )  # fmt: skip
    if not expressions and not grouped:
        grouped = [grouping.Grouped(Variant({}), [], [], [])]  # there is no input row, and still one row of output
    having = node.args.get("having")
    rows = []
    for g in grouped:
        if not expressions:
            # One row whatever there is.
            g.variant.presence = NOTHING
        g.variant.columns = _key_columns(g)
        context = Group(
            g.members, g.keys, frozenset(type(e) for e in expressions), env, aliases, scope.unique, g.translate, scope
        )
        row = Row(g.variant, env, aliases, context)
        if having is not None:
            filtered = _filtered(a, having.this, row)
            if filtered is None:
                continue
            row = filtered
        rows.append(row)
    if not expressions and len(rows) > 1:
        raise Refusal("an aggregate without GROUP BY over rows that could not be brought together", node)
    keys = {i: name for name, e in items for i, k in enumerate(expressions) if unique_keys.same(a, e, k)}
    complete = len(keys) == len(expressions)
    key_names = frozenset(keys.values())
    for row in rows:
        row.unique = (
            [frozenset(k for k, v in row.variant.columns.items() if v.symbol in {x.symbol for x in row.group.keys})]
            if row.group
            else []
        )
    return rows, [key_names] if complete else []


def _key_columns(g: grouping.Grouped) -> dict[Key, Value]:
    """The grouping columns as columns of the group, for subqueries in the select list."""
    columns: dict[Key, Value] = {}
    if not g.members:
        return columns
    first_variant, first_keys = g.members[0]
    for column, value in first_variant.columns.items():
        for i, key in enumerate(first_keys):
            same = value.symbol == key.symbol and all(
                column in v.columns and v.columns[column].symbol == keys[i].symbol for v, keys in g.members
            )
            if same:
                columns.setdefault(column, g.keys[i])
    for i, key in enumerate(g.keys):
        columns.setdefault(("", f":key{i}"), key)
    return columns


def _keys(
    a: Analyser, clause: exp.Group, items: Projection, aliases: dict[str, exp.Expr], scope: Scope
) -> list[exp.Expr]:
    names = {name for v in scope.variants[:1] for _, name in v.columns}
    if clause.args.get("all"):
        return [e for _, e in items if not is_aggregated(e, aliases, names, a.dialect)]
    result = []
    for key in clause.expressions:
        key = key.unnest()
        if isinstance(key, exp.Literal) and not key.is_string:
            key = projection.at(items, key)
        elif (
            isinstance(key, exp.Column)
            and not key.table
            and (name := identifier(key.this, a.dialect)) in aliases
            and name not in names
        ):
            key = aliases[name]
        if isinstance(key, exp.Cube | exp.Rollup | exp.GroupingSets):
            raise Refusal("GROUPING SETS", key)
        if aggregates_in(key):
            raise Refusal("an aggregate in GROUP BY", key)
        result.append(key.unnest())
    return result
