"""SELECT: its clauses in the order in which they act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from insitu.proof.context import Env, Group, Row, Scope
from insitu.proof.domain import (
    NOTHING,
    Key,
    Refusal,
    Relation,
    Terms,
    Value,
    Variant,
    prune,
    refused,
    restrict,
)  # fmt: skip
from insitu.proof.rebase import carry, project
from insitu.proof.rules import aggregates, determinism, grouping, joins, predicates, projection, tables
from insitu.proof.symbols import Zone

if TYPE_CHECKING:
    from insitu.proof.analyser import Analyser

Projection = list[tuple[str, exp.Expr]]


def select(a: Analyser, node: exp.Select, env: Env) -> Relation:
    env = tables.with_ctes(a, node, env)
    windows = {w.name.lower() or str(w.this): w for w in node.args.get("windows") or []}
    env = replace(env, windows=windows)
    scope = _from(a, node, env)
    items = projection.expand(a, node, scope)
    aliases = {name: expression for name, expression in items}
    where = node.args.get("where")
    if where is not None:
        scope = _where(a, scope, where.this, env, aliases)
    having, group_by = node.args.get("having"), node.args.get("group")
    grouped = group_by is not None or having is not None or any(aggregates.calls(e) for _, e in items)
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
        unique = _kept_keys(a, scope, items)
    relation = Relation(names, [], unique, _ranks(a, scope, items, rows) if not grouped else {})
    for part in (qualify.this,) if qualify is not None else ():
        relation.unique = relation.unique + _first_of(a, part, relation, items)
    distinct = node.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    if on is not None:
        return _limited(a, node, _distinct_on(a, node, on, rows, values, items, env), rows, items, env)
    relation.variants = [
        project(r.variant, names, columns, a.symbols, env.outer_symbols)
        for r, columns in zip(rows, values, strict=True)
    ]
    if distinct is not None:
        relation = grouping.distinct(a, relation, env, node)
    return _limited(a, node, relation, rows, items, env)


def _value(a: Analyser, expression: exp.Expr, row: Row) -> Value:
    """A column that is not understood does not condemn the others."""
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
    scope = joins.first(a, clause.this, env, scope)
    for item in [*_nested(clause.this), *(node.args.get("joins") or []), *(node.args.get("laterals") or [])]:
        scope = joins.join(a, scope, item, env)
    return scope


def _nested(node: exp.Expr) -> list[exp.Expr]:
    """Joins that the parser hangs on a table."""
    return list(node.args.get("joins") or [])


def _where(a: Analyser, scope: Scope, predicate: exp.Expr, env: Env, aliases: dict[str, exp.Expr]) -> Scope:
    if aggregates.calls(predicate) or any(True for _ in _windows(predicate)):
        raise Refusal("an aggregate or window function in WHERE", predicate)
    variants = []
    visible = aliases if a.dialect == "duckdb" else {}
    for variant in scope.variants:
        filtered = _filtered(a, predicate, Row(variant, env, visible))
        if filtered is not None:
            variants.append(filtered.variant)
    unique = list(scope.unique)
    for part in predicates.conjuncts(predicate):
        for (alias, name), key in scope.ranks.items():
            if _is_first(part, alias, name):
                unique.append(key)
    return Scope(variants, scope.sources, unique, scope.ranks)


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
    variant = Variant(v.columns, v.zone, prune(v.presence | terms), v.multiplicity, v.reads | reads)
    return replace(assumed, variant=variant)


def _is_first(part: exp.Expr, alias: str, name: str) -> bool:
    """`row_number = 1` (or <= 1)."""
    part = part.unnest()
    if not isinstance(part, exp.EQ | exp.LTE) or not isinstance(part.this.unnest(), exp.Column):
        return False
    column, one = part.this.unnest(), part.expression.unnest()
    return (
        column.name.lower() == name
        and column.table.lower() in ("", alias)
        and isinstance(one, exp.Literal)
        and one.this == "1"
    )


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
        grouped = [grouping.Grouped(Variant({}), [], [], [])]  # no row can reach it, yet it gives one
    having = node.args.get("having")
    rows = []
    for g in grouped:
        if not expressions:
            # One row whatever there is.
            g.variant.presence = NOTHING
        g.variant.columns = _key_columns(g)
        context = Group(
            g.members, g.keys, frozenset(type(e) for e in expressions), env, aliases, scope.unique, g.translate
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
    keys = {i: name for name, e in items for i, k in enumerate(expressions) if _same(e, k)}
    complete = len(keys) == len(expressions)
    key_names = frozenset(keys.values())
    for row in rows:
        row.unique = (
            [frozenset(k for k, v in row.variant.columns.items() if v.symbol in {x.symbol for x in row.group.keys})]
            if row.group
            else []
        )
    return rows, [key_names] if complete else []


def _same(a: exp.Expr, b: exp.Expr) -> bool:
    a, b = a.unnest(), b.unnest()
    if a == b:
        return True
    return (
        isinstance(a, exp.Column)
        and isinstance(b, exp.Column)
        and a.name.lower() == b.name.lower()
        and (not a.table or not b.table)
    )


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
    if clause.args.get("all"):
        return [e for _, e in items if not aggregates.calls(e)]
    names = {name for v in scope.variants[:1] for _, name in v.columns}
    result = []
    for key in clause.expressions:
        key = key.unnest()
        if isinstance(key, exp.Literal) and not key.is_string:
            position = int(key.this)
            if not 1 <= position <= len(items):
                raise Refusal(f"GROUP BY {position}: there is no such column", key)
            key = items[position - 1][1]
        elif (
            isinstance(key, exp.Column)
            and not key.table
            and key.name.lower() in aliases
            and key.name.lower() not in names
        ):
            key = aliases[key.name.lower()]
        if isinstance(key, exp.Cube | exp.Rollup | exp.GroupingSets):
            raise Refusal("GROUPING SETS", key)
        if aggregates.calls(key):
            raise Refusal("an aggregate in GROUP BY", key)
        result.append(key.unnest())
    return result


# --- keys that survive ------------------------------------------------------------------------------------------------


def _plain(a: Analyser, items: Projection, scope: Scope) -> dict[Key, str]:
    """Scope column → output column, for columns selected as they are."""
    result: dict[Key, str] = {}
    for name, expression in items:
        column = expression.unnest()
        if not isinstance(column, exp.Column):
            continue
        for source in scope.sources:
            if column.name.lower() in source.names and column.table.lower() in ("", source.alias):
                result.setdefault((source.alias, column.name.lower()), name)
    return result


def _kept_keys(a: Analyser, scope: Scope, items: Projection) -> list[frozenset[str]]:
    output = _plain(a, items, scope)
    constants = {
        key
        for v in scope.variants[:1]
        if len(scope.variants) == 1
        for key, x in v.columns.items()
        if x.constant is not None
    }
    result = []
    for key in scope.unique:
        needed = [_equal_column(a, scope, c, output) for c in key if c not in constants]
        if all(c is not None for c in needed):
            result.append(frozenset(output[c] for c in needed if c is not None))
    return result[:8]


def _equal_column(a: Analyser, scope: Scope, column: Key, output: dict[Key, str]) -> Key | None:
    """A selected column that equals this one in every row."""
    if column in output:
        return column
    for other in output:
        equal = True
        for v in scope.variants:
            x, y = v.columns.get(column), v.columns.get(other)
            if x is None or y is None:
                equal = False
                break
            there, back = a.symbols.paths(v.zone, x.symbol), a.symbols.paths(v.zone, y.symbol)
            if there.get(y.symbol) != (0, 1) or back.get(x.symbol) != (0, 1):
                equal = False
                break
        if equal:
            return other
    return None


def _ranks(a: Analyser, scope: Scope, items: Projection, rows: list[Row]) -> dict[str, frozenset[str]]:
    """Output columns that number the rows of each partition."""
    output, ranks = _plain(a, items, scope), {}
    for name, expression in items:
        column = expression.unnest()
        if isinstance(column, exp.Column):
            for key, partition in scope.ranks.items():
                if output.get(key) == name and all(c in output for c in partition):
                    ranks[name] = frozenset(output[c] for c in partition)
            continue
        key_names = _partition(column, scope, output)
        if key_names is not None:
            ranks[name] = key_names
    return ranks


def _partition(node: exp.Expr, scope: Scope, output: dict[Key, str]) -> frozenset[str] | None:
    """The partition columns of row_number(), as output columns."""
    if not (isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber)) or node.args.get("alias"):
        return None
    names = set()
    for part in node.args.get("partition_by") or []:
        column = part.unnest()
        if not isinstance(column, exp.Column):
            return None
        keys = [k for k in output if k[1] == column.name.lower() and column.table.lower() in ("", k[0])]
        if len(keys) != 1:
            return None
        names.add(output[keys[0]])
    return frozenset(names)


def _first_of(a: Analyser, predicate: exp.Expr, relation: Relation, items: Projection) -> list[frozenset[str]]:
    """QUALIFY row_number() … = 1 leaves one row per partition."""
    result = []
    by_name = dict(items)
    for part in predicates.conjuncts(predicate):
        if not isinstance(part, exp.EQ | exp.LTE):
            continue
        left, one = part.this.unnest(), part.expression.unnest()
        if not (isinstance(one, exp.Literal) and one.this == "1"):
            continue
        if isinstance(left, exp.Column) and left.name.lower() in relation.ranks:
            result.append(relation.ranks[left.name.lower()])
        elif isinstance(left, exp.Window) and isinstance(left.this, exp.RowNumber) and not left.args.get("alias"):
            parts = [p.unnest() for p in left.args.get("partition_by") or []]
            names = [next((n for n, e in by_name.items() if _same(e, p)), None) for p in parts]
            if all(n is not None for n in names):
                result.append(frozenset(n for n in names if n is not None))
    return result


# --- DISTINCT ON, LIMIT -----------------------------------------------------------------------------------------------


def _order(node: exp.Select) -> list[exp.Expr]:
    order = node.args.get("order")
    return list(order.expressions) if order is not None else []


def _ordered_value(a: Analyser, item: exp.Expr, row: Row, items: Projection) -> Value:
    """ORDER BY position, output alias or expression."""
    expression = item.this.unnest()
    if isinstance(expression, exp.Literal) and not expression.is_string:
        return a.value(items[int(expression.this) - 1][1], row)
    if isinstance(expression, exp.Column) and not expression.table:
        for name, projected in items:
            if name == expression.name.lower():
                return a.value(projected, row)
    return a.value(expression, row)


def _distinct_on(
    a: Analyser, node: exp.Select, on: exp.Expr, rows: list[Row], values: list[list[Value]], items: Projection, env: Env
) -> Relation:
    """One row of each group: which one depends on all of them."""
    names = [name for name, _ in items]
    expressions = list(on.expressions) if isinstance(on, exp.Tuple) else [on]
    by_variant = {id(r.variant): (r, v) for r, v in zip(rows, values, strict=True)}
    grouped = grouping.group(
        a, [r.variant for r in rows], lambda v: [a.value(e, by_variant[id(v)][0]) for e in expressions], env, node,
        "DISTINCT ON",
    )  # fmt: skip
    variants = []
    for g in grouped:
        terms, reads = NOTHING, g.variant.reads
        for (member, keys), mapping in zip(g.members, g.translate, strict=True):
            row, columns = by_variant[id(member)]
            order = [_ordered_value(a, o, row, items) for o in _order(node)]
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
            if not determinism.covered(a, member, row.unique, [*order, *keys], env.outer_symbols):
                tie = f"DISTINCT ON picks any of several rows that tie; {determinism.ADVICE}"
                terms |= {refused(a.place(node), "007", tie)}
        columns_out: dict[Key, Value] = {}
        for i, name in enumerate(names):
            first = by_variant[id(g.members[0][0])][1][i]
            key = next((g.keys[k] for k, v in enumerate(g.members[0][1]) if v.symbol == first.symbol), None)
            same = key is not None and len(g.members) == 1
            columns_out["", name] = (
                replace(key, terms=terms | key.terms)
                if same and key is not None
                else Value(a.symbols.fresh(), terms, type=first.type, reads=reads)
            )
        v = Variant(columns_out, g.variant.zone, g.variant.presence, NOTHING, reads)
        variants.append(project(v, names, list(columns_out.values()), a.symbols, env.outer_symbols))
    return Relation(names, variants)


def _limited(
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
    order = _order(node)
    lost: Terms = NOTHING
    place, why = a.place(limit or offset), "LIMIT picks among rows of any time"
    for row in rows:
        keys = [_ordered_value(a, o, row, items) for o in order]
        seen = row.variant.existence.union(*(k.terms for k in keys))
        lost |= restrict(seen, a.symbols, row.variant.zone, set(env.outer_symbols), place, "002", why)
        single = row.group is not None and not row.group.keys
        if not single and not determinism.covered(a, row.variant, row.unique, keys, env.outer_symbols):
            lost |= {refused(place, "007", f"LIMIT picks any of several rows that tie; {determinism.ADVICE}")}
    variants = [
        Variant(v.columns, v.zone, prune(v.presence | lost), v.multiplicity, v.reads) for v in relation.variants
    ]
    unique = list(relation.unique)
    if limit is not None and str(limit.expression.this) in ("0", "1"):
        unique.insert(0, frozenset())
    return Relation(relation.names, variants, unique)
