"""May a model with features be given some rows of its spine, to have just those rows of itself?

It may where every relation that has a row for each row of a spine (a spine, other features) meets the others by equal
as-of times, and is grouped and ranked within as-of times only. The library's macros do so with their `spine`. What is
not understood is no proof: such a model is computed for the whole of its spine, which costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import jinja2
from jinja2 import nodes
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from insitu.proof.project.templates import parse
from insitu.quoting import identifier
from insitu.scoring.compiled import ASKED, Model

MADE = "made_by_the_library"  # stands for the query of a macro, with a row for each row of its spine


class NotUnderstood(Exception):
    """The template holds something whose rows cannot be told."""


def may_be_given_rows(model: Model, models: Mapping[str, Model], by: Sequence[str], dialect: str) -> bool:
    """Whether some rows of the spine will do for the same rows of a model, with all that dbt inlines into its SQL.

    Args:
        models: of the project, by id.
        by: columns of the spine by which rows are told apart; those that are equal in all of them come together.
        dialect: of the SQL.
    """
    if model.kind == "features" and model.as_of not in by:
        return False
    asked = [other.name for other in models.values() if other.kind in ASKED]
    inlined = [models[id_] for id_ in model.reads if id_ in models and models[id_].materialized == "ephemeral"]
    # What is inlined reads the same relations as the model: it is given the same rows of the spine.
    return all(is_row_by_row(model.template, asked, column, dialect) for column in by) and all(
        other.kind == "features" and may_be_given_rows(other, models, by, dialect)
        for other in inlined
        if _is_below_a_spine(other, models)
    )


def _is_below_a_spine(model: Model, models: Mapping[str, Model]) -> bool:
    read = [models[id_] for id_ in model.reads if id_ in models]
    return model.kind == "spine" or any(_is_below_a_spine(other, models) for other in read)


def is_row_by_row(template: str, asked: Collection[str], as_of: str, dialect: str) -> bool:
    """Whether some rows of the spine will do for the same rows of the model.

    Args:
        template: the model's file.
        asked: names of the models that have a row for each row of a spine.
        as_of: the column of as-of times, the same in all of them.
        dialect: of the SQL.
    """
    try:
        sql = "".join(_text(parse(template).body, asked))
        query = parse_one(sql, dialect=dialect)
    except (NotUnderstood, jinja2.TemplateError, SqlglotError):
        return False
    carrying = {name.casefold() for name in (*asked, MADE)}
    ctes = list(query.find_all(exp.CTE))
    if any(cte.alias.casefold() in carrying for cte in ctes):
        return False  # a name for two things
    # A CTE has rows for those of a spine if it reads one that has, also through others; those may stand in any order.
    for _ in ctes:
        carrying |= {cte.alias.casefold() for cte in ctes if _carrying(cte.this, carrying)}
    return all(_is_kept_apart(select, carrying, as_of.casefold()) for select in query.find_all(exp.Select))


# The template as SQL


def _text(body: list[nodes.Node], asked: Collection[str]) -> Iterator[str]:
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                yield part.data if isinstance(part, nodes.TemplateData) else _expression(part, asked)
        elif isinstance(node, nodes.If) and _is_incremental(node.test) and not node.elif_:
            yield from _text(node.else_, asked)  # computed as a full build would
        elif list(_refs(node)) or not isinstance(node, nodes.Assign | nodes.ExprStmt):
            raise NotUnderstood


def _expression(part: nodes.Node, asked: Collection[str]) -> str:
    while isinstance(part, nodes.Filter) and part.name in ("indent", "trim") and part.node is not None:
        part = part.node
    if not isinstance(part, nodes.Call):
        raise NotUnderstood
    name = _called(part)
    if name == "config":
        return ""
    if name in ("ref", "source"):
        return identifier(_last(part))
    if isinstance(part.node, nodes.Getattr) and isinstance(part.node.node, nodes.Call):  # ref(…).include(…)
        return _expression(part.node.node, asked)
    if not name.startswith("insitu."):
        raise NotUnderstood
    if name == "insitu.join_features":
        return f"select * from {MADE}"
    spine = next((argument.value for argument in part.kwargs if argument.key == "spine"), None)
    if spine is None:
        if list(_refs(part)):
            raise NotUnderstood
        return "null"  # a value, such as a moment
    others = [ref for ref in _refs(part) if ref not in list(_refs(spine))]
    if any(ref in asked for ref in others):
        raise NotUnderstood  # rows of a spine as events
    return f"select * from {MADE}"


def _called(call: nodes.Call) -> str:
    if isinstance(call.node, nodes.Name):
        return call.node.name
    if isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name):
        return f"{call.node.node.name}.{call.node.attr}"
    return ""


def _refs(node: nodes.Node) -> Iterator[str]:
    """Names of the models that a piece of template names."""
    calls = ([node] if isinstance(node, nodes.Call) else []) + list(node.find_all(nodes.Call))
    for call in calls:
        if _called(call) in ("ref", "builtins.ref"):
            yield _last(call)


def _last(call: nodes.Call) -> str:
    texts = [argument.value for argument in call.args if isinstance(argument, nodes.Const)]
    if not texts or len(texts) != len(call.args):
        raise NotUnderstood
    return str(texts[-1])


def _is_incremental(test: nodes.Node) -> bool:
    return isinstance(test, nodes.Call) and _called(test) == "is_incremental"


# The SQL


def _carrying(query: exp.Expr, names: Collection[str]) -> bool:
    return any(table.name.casefold() in names for table in query.find_all(exp.Table))


def _is_kept_apart(select: exp.Select, carrying: Collection[str], as_of: str) -> bool:
    """Do rows of different as-of times never meet in this select?"""
    joins = select.args.get("joins") or []
    sources = [source for source in (select.args.get("from_"), *joins) if source is not None]
    own = [source.this for source in sources if _carrying(source.this, carrying)]
    if not own:
        return True
    if any(e.alias.casefold() == as_of and not _is_as_of(e.unalias(), as_of) for e in select.expressions):
        return False  # another time under the same name
    if select.args.get("limit") or select.args.get("offset") or select.args.get("sample"):
        return False
    group = select.args.get("group")
    clauses = [
        *select.expressions,
        *(x for x in (select.args.get("having"), select.args.get("qualify")) if x is not None),
    ]
    windows = [w for clause in clauses for w in clause.find_all(exp.Window)] + list(select.args.get("windows") or [])
    if group is not None:
        if group.args.keys() - {"expressions"} and any(v for k, v in group.args.items() if k != "expressions"):
            return False
        if not any(_is_as_of(key, as_of) for key in group.expressions):
            return False
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        windows.append(exp.Window(partition_by=distinct.args["on"].expressions))
    if not all(any(_is_as_of(key, as_of) for key in w.args.get("partition_by") or []) for w in windows):
        return False
    inner = select.find_ancestor(exp.Select)
    outside = _outer_names(select, carrying) if inner is not None else set()
    if group is None and not outside and any(map(_is_bare_aggregate, clauses)):
        return False
    names = [source.alias_or_name.casefold() for source in own]
    if len(set(names)) != len(names) or outside & set(names) or (select.args.get("ctes") and inner is not None):
        return False
    return _are_joined([*names, *outside], select, as_of)


def _outer_names(select: exp.Select, carrying: Collection[str]) -> set[str]:
    """The relations outside of a subquery that have rows for those of a spine; none for a CTE or a derived table."""
    found: set[str] = set()
    at: exp.Expr = select
    while at.parent is not None:
        if isinstance(at.parent, exp.CTE | exp.From):
            return found
        if isinstance(at.parent, exp.Join) and not isinstance(at, exp.Lateral):
            return found
        if isinstance(at.parent, exp.Select):
            outer = at.parent
            sources = [outer.args.get("from_"), *(outer.args.get("joins") or [])]
            found |= {
                source.this.alias_or_name.casefold()
                for source in sources
                if source is not None and _carrying(source.this, carrying) and not _holds(source, select)
            }
        at = at.parent
    return found


def _holds(node: exp.Expr, below: exp.Expr) -> bool:
    at: exp.Expr | None = below
    while at is not None and at is not node:
        at = at.parent
    return at is node


def _are_joined(names: list[str], select: exp.Select, as_of: str) -> bool:
    """Do equalities of as-of times connect all of them?"""
    together = {name: {name} for name in names}
    conditions = [join.args["on"] for join in select.args.get("joins") or [] if join.args.get("on") is not None]
    if select.args.get("where") is not None:
        conditions.append(select.args["where"].this)
    pairs = [
        (part.this.table.casefold(), part.expression.table.casefold())
        for condition in conditions
        for part in _conjuncts(condition)
        if isinstance(part, exp.EQ) and _is_as_of(part.this, as_of) and _is_as_of(part.expression, as_of)
    ]
    for join in select.args.get("joins") or []:
        if any(column.name.casefold() == as_of for column in join.args.get("using") or []):
            pairs += [(join.this.alias_or_name.casefold(), name) for name in names]
    for one, other in pairs:
        if one in together and other in together:
            merged = together[one] | together[other]
            for name in merged:
                together[name] = merged
    return all(group == set(names) for group in together.values())


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition


def _is_as_of(node: exp.Expr, as_of: str) -> bool:
    return isinstance(node, exp.Column) and node.name.casefold() == as_of


def _is_bare_aggregate(clause: exp.Expr) -> bool:
    """An aggregate over all rows of the select."""
    return any(
        not isinstance(aggregate.parent, exp.Window | exp.Filter | exp.WithinGroup)
        and not _in_window(aggregate)
        and aggregate.find_ancestor(exp.Select) is clause.find_ancestor(exp.Select)
        for aggregate in clause.find_all(exp.AggFunc)
    )


def _in_window(aggregate: exp.Expr) -> bool:
    at = aggregate.parent
    while at is not None and not isinstance(at, exp.Select):
        if isinstance(at, exp.Window):
            return True
        at = at.parent
    return False
