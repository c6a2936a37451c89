"""Items of FROM: tables, CTEs, subqueries, VALUES, series, unnest."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Cte, Env, Row
from insitu.proof.domain.rebase import instantiate
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.variants import NULL, UNLISTED, Key, Relation, Value, Variant, reads_of, terms_of
from insitu.proof.rules import session, subqueries
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import functions, intervals
from insitu.proof.sql.identifiers import identifier


def with_ctes(a: Analyser, node: exp.Expr, env: Env) -> Env:
    """The environment inside a query: its WITH clause is in reach."""
    clause = node.args.get("with_")
    if clause is None:
        return env
    ctes = dict(env.ctes)
    names = [identifier(cte.args["alias"].this, a.dialect) for cte in clause.expressions]
    for i, cte in enumerate(clause.expressions):
        name = identifier(cte.args["alias"].this, a.dialect)
        if clause.args.get("recursive") and any(
            not t.args.get("db") and identifier(t.this, a.dialect) in names[i:] for t in cte.this.find_all(exp.Table)
        ):
            ctes[name] = _series_of_constants(a, cte, name, Env(dict(ctes)))
            continue
        columns = tuple(identifier(c, a.dialect) for c in cte.args["alias"].args.get("columns") or [])
        inner = Env(dict(ctes))  # a CTE does not see the row around it: a correlated one is refused
        ctes[name] = Cte(cte.this, inner, columns)
    return replace(env, ctes=ctes)


def _series_of_constants(a: Analyser, cte: exp.CTE, name: str, env: Env) -> Cte:
    """A recursive CTE that reads nothing but itself, such as a calendar: its rows are written in the SQL.

    Whatever the recursion does, it does the same in every run and reads no source, if neither part has any term.
    """
    body = cte.this
    columns = tuple(identifier(c, a.dialect) for c in cte.args["alias"].args.get("columns") or [])
    tables = [t for t in body.find_all(exp.Table) if t.args.get("db") or identifier(t.this, a.dialect) != name]
    if not isinstance(body, exp.Union) or body.args.get("by_name") or tables or body.this.find(exp.Table):
        raise Refusal("a recursive CTE that reads other relations", cte)
    base = a.relation(body.this, env)
    step = a.relation(body.expression, replace(env, ctes={**env.ctes, name: Cte(body.this, env, columns)}))
    for variant in [*base.variants, *step.variants]:
        if variant.existence or terms_of(variant.columns.values()):
            raise Refusal("a recursive CTE that is not made of constants", cte)
    values: dict[tuple[str, str], Value] = {}
    for column in base.names:
        types = {v.columns["", column].type for v in base.variants}
        values["", column] = Value(a.symbols.fresh(), type=types.pop() if len(types) == 1 else None)
    return Cte(body, env, columns, Relation(base.names, [Variant(values)]))


def source(a: Analyser, node: exp.Expr, env: Env, left: Variant | None) -> tuple[Relation, str, bool]:
    """The relation of a FROM item, its alias, and whether it depends on the row to its left."""
    alias = node.args.get("alias")
    name = identifier(alias.this, a.dialect) if alias is not None and alias.this is not None else ""
    columns = [identifier(c, a.dialect) for c in (alias.args.get("columns") or [])] if alias is not None else []
    lateral = False
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        relation = table(a, node, env)
        name = name or identifier(node.this, a.dialect)
    elif isinstance(node, exp.Table):
        relation, lateral = series(a, node.this, name, columns, env, left)
        return relation, name or f"_{id(node)}", lateral
    elif isinstance(node, exp.Unnest | exp.Explode):
        relation, lateral = series(a, node, name, columns, env, left)
        return relation, name or f"_{id(node)}", lateral
    elif isinstance(node, exp.Lateral):
        inner, lateral = node.this, left is not None
        if not isinstance(inner, exp.Subquery):
            relation, lateral = series(a, inner, name, columns, env, left)
            return relation, name or f"_{id(node)}", lateral
        relation = a.relation(inner, subqueries.inner_env(a, Row(left, env)) if left is not None else env)
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        raise Refusal("a parenthesised join", node)
    elif isinstance(node, exp.Subquery):
        relation, lateral = _beside(a, node, env, left)
    elif isinstance(node, exp.Values):
        if left is not None and _names_some_of(a, node, left):
            raise Refusal("VALUES that read the rows beside them; write a LATERAL subquery", node)
        relation = values(a, node, env)
    else:
        raise Refusal(f"{a.show(node)} in FROM", node)
    return rename(relation, columns, node), name or f"_{id(node)}", lateral


def _beside(a: Analyser, node: exp.Subquery, env: Env, left: Variant | None) -> tuple[Relation, bool]:
    """A subquery, and whether it reads the rows to its left: DuckDB looks there, also without LATERAL, before it looks
    at the rows of an outer query."""
    if left is not None and a.dialect == "duckdb":
        a.outer_read.discard(id(left))
        relation = a.relation(node, subqueries.inner_env(a, Row(left, env)))
        if id(left) in a.outer_read:
            return relation, True
    return a.relation(node, env), False


def _names_some_of(a: Analyser, node: exp.Expr, left: Variant) -> bool:
    """A column in it has a name that the rows to the left have, too: they come before those of an outer query."""
    for column in node.find_all(exp.Column):
        table, name = identifier(column.args.get("table"), a.dialect), identifier(column.this, a.dialect)
        if any(table in ("", alias) and name == known for alias, known in left.columns):
            return True
    return False


def rename(relation: Relation, columns: list[str], node: exp.Expr) -> Relation:
    """The relation with its first columns named as an alias says."""
    if not columns:
        return relation
    if any(n.startswith(UNLISTED) for n in relation.names):
        raise Refusal("column aliases by the position of columns, of which YAML does not list all", node)
    if len(columns) > len(relation.names):
        raise Refusal("more column aliases than columns", node)
    names = columns + relation.names[len(columns) :]
    double = next((n for n in names if names.count(n) > 1), None)
    if double is not None:
        raise Refusal(f"two columns are named {double} by this alias; give each its own name", node)
    new = dict(zip(relation.names, names, strict=True))
    variants = [
        Variant({("", new[n]): x for (_, n), x in v.columns.items()}, v.zone, v.presence, v.multiplicity, v.reads)
        for v in relation.variants
    ]
    unique = [frozenset(new[c] for c in key) for key in relation.unique]
    ranks = {new[k]: frozenset(new[c] for c in key) for k, key in relation.ranks.items()}
    follows = [(frozenset(new[c] for c in x), frozenset(new[c] for c in y)) for x, y in relation.follows]
    return Relation(names, variants, unique, ranks, follows)


def table(a: Analyser, node: exp.Table, env: Env) -> Relation:
    """A CTE in reach of that name, else a relation of the project."""
    name = identifier(node.this, a.dialect)
    cte = env.ctes.get(name) if not node.args.get("db") else None
    if cte is None:
        return a.catalog.resolve(node, a)
    known = instantiate(cte.relation, a.symbols) if cte.relation is not None else a.cte(cte.query, cte.env)
    return rename(known, list(cte.columns), node)


def query_table(a: Analyser, node: exp.Table, env: Env) -> Relation:
    """`from x` as a whole query."""
    return source(a, node, env, None)[0]


def subquery(a: Analyser, node: exp.Subquery, env: Env) -> Relation:
    """A query in parentheses."""
    return a.relation(node.this, with_ctes(a, node, env))


def values(a: Analyser, node: exp.Values, env: Env) -> Relation:
    """VALUES with constants: facts that are written in the SQL."""
    rows = node.expressions
    width = len(rows[0].expressions) if rows else 0
    names = [f"col{i}" if a.dialect == "duckdb" else f"column{i + 1}" for i in range(width)]
    row = Row(Variant({}), env)
    reading = [a.value(x, row) for r in rows for x in r.expressions]
    columns: dict[Key, Value] = {}
    for i, name in enumerate(names):
        cells = reading[i::width]
        session.bring_together(a, node, cells)
        types = {v.type for v in cells if v.constant != NULL}
        type_ = types.pop() if len(types) == 1 else None if not types else "other"
        columns["", name] = Value(a.symbols.fresh(), terms_of(reading), type=type_, reads=reads_of(reading))
    relation = Relation(names, [Variant(columns, presence=terms_of(reading))])
    alias = node.args.get("alias")
    aliases = [identifier(c, a.dialect) for c in (alias.args.get("columns") or [])] if alias is not None else []
    return rename(relation, aliases, node)


def series(
    a: Analyser, node: exp.Expr, name: str, columns: list[str], env: Env, left: Variant | None
) -> tuple[Relation, bool]:
    """generate_series, range and unnest: as many rows as their arguments say."""
    arguments = [x for x in node.iter_expressions() if not isinstance(x, exp.TableAlias | exp.Identifier)]
    if isinstance(node, exp.Unnest | exp.Explode) and len(arguments) == 1:
        inner = arguments[0].unnest()
        if isinstance(inner, exp.GenerateSeries):
            return series(a, inner, name or "unnest", columns, env, left)
    if not functions.of(node).series:
        raise Refusal(f"table function {a.show(node)}", node)
    row = Row(left or Variant({}), env)
    read = [a.value(x, row) for x in arguments]
    session.bring_together(a, node, read[:2])
    if any(v.type == "timestamptz" for v in read) and not a.trusting:
        raise Refusal(f"{a.show(node)} counts days in the session's zone; convert to UTC in staging", node)
    terms = terms_of(read)
    default = name or ("generate_series" if isinstance(node, exp.GenerateSeries) else "unnest")
    if len(columns) > 1 or (isinstance(node, exp.Unnest | exp.Explode) and len(arguments) > 1):
        raise Refusal("a table function with several columns", node)
    names = columns or [default]
    value = Value(a.symbols.fresh(), terms, reads=reads_of(read))
    zone = Zone()
    if isinstance(node, exp.GenerateSeries) and len({v.type for v in read[:2]}) == 1:
        value = value._replace(type=read[0].type, not_null=True)
        step = intervals.parse(node.args["step"], "DAY") if node.args.get("step") is not None else None
        if step is not None and step.low > 0:
            zone.add(read[0].symbol, value.symbol)
            zone.add(value.symbol, read[1].symbol)
    symbols = a.symbols.with_ends(v.symbol for v in left.columns.values()) if left is not None else set()
    variant = Variant({("", names[0]): value}, zone, terms, reads=reads_of(read))
    lateral = bool(symbols & {v.symbol for v in read}) or bool(terms) or bool(reads_of(read))
    return Relation(names, [variant]), lateral
