"""What the query of a later run leaves out, compared with that of the full build."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql import intervals


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition by which a later run leaves out rows: it reads the model itself."""

    predicate: exp.Expr
    select: exp.Select  # whose WHERE holds it
    is_last: bool  # the select is the query itself


def conditions(full: exp.Expr, later: exp.Expr, own: set[str]) -> list[Condition] | None:
    """The conditions that the later query has besides; None when anything else is different.

    Args:
        full, later: with folded names.
        own: how the model itself is called.
    """
    found = []
    for select in list(later.find_all(exp.Select)):
        where = select.args.get("where")
        for part in conjuncts(where.this) if where is not None else []:
            if _reads(part, own):
                found.append(Condition(part, select, select is later))
    left = {id(c.predicate) for c in found}
    return found if _plain(later, left) == _plain(full, set()) else None


def _reads(part: exp.Expr, own: set[str]) -> bool:
    """Does a predicate read the model itself?"""
    return any(t.name in own for t in part.find_all(exp.Table))


def _plain(query: exp.Expr, left: set[int]) -> str:
    """The text of a query without the predicates that are `left` out, however its conditions are put together."""
    wheres = {}
    for select in query.find_all(exp.Select):
        where = select.args.get("where")
        if where is not None:
            wheres[id(select)] = [p for p in conjuncts(where.this) if id(p) not in left]

    def text(node: exp.Expr) -> str:
        parts = [type(node).__name__]
        for name, value in sorted(node.args.items()):
            if name == "where" and id(node) in wheres:
                kept = [text(p) for p in wheres[id(node)]]
                parts.append(f"where({' and '.join(kept)})" if kept else "")
                continue
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, exp.Expr):
                    parts.append(f"{name}={text(item)}")
                elif item not in (None, False):
                    parts.append(f"{name}={item}")
        return f"({' '.join(p for p in parts if p)})"

    return text(query)


def at_the_end(condition: Condition, time: str) -> bool:
    """Does it filter the rows that the last select gives out, so that all else is as in the full build?"""
    select = condition.select
    if not condition.is_last or any(select.args.get(x) for x in ("limit", "offset", "qualify", "sample", "windows")):
        return False
    distinct, order = select.args.get("distinct"), select.args.get("order")
    shown = [*select.expressions, *([order] if order is not None else [])]
    if any(e.find(exp.Window) for e in shown) or (distinct is not None and distinct.args.get("on")):
        return False
    outer = {_named(c, select) for c in _outer(condition.predicate)}
    column = _column_of(select, time)
    if column is None or _named(column, select) not in outer:
        return False
    group = select.args.get("group")
    if group is not None:
        return not (group.args.keys() - {"expressions"}) and outer <= _grouped(select, group)
    mixed = select.args.get("having") or any(e.find(exp.AggFunc) for e in select.expressions)
    return not mixed and all(_is_shown(select, name) for name in outer)


def _grouped(select: exp.Select, group: exp.Group) -> set[str]:
    keys = set()
    for key in group.expressions:
        if isinstance(key, exp.Literal) and not key.is_string:
            key = select.expressions[int(key.this) - 1].unalias()
        keys.add(_named(key, select) if isinstance(key, exp.Column) else key.sql())
    return keys


def _named(column: exp.Column, select: exp.Select) -> str:
    """A column of the select's FROM, by its name alone where there is one relation only."""
    return column.sql() if select.args.get("joins") else column.name


def _outer(predicate: exp.Expr) -> list[exp.Column]:
    """The columns of the row that is left out or kept, rather than of the model's rows in a subquery."""
    result = []
    for column in predicate.find_all(exp.Column):
        inner = column.find_ancestor(exp.Select)
        if inner is None or not _is_below(inner, predicate) or column.table not in ("", _alias(inner)):
            result.append(column)
    return result


def _is_below(node: exp.Expr, above: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None:
        if at is above:
            return True
        at = at.parent
    return False


def _alias(select: exp.Select) -> str:
    source = select.args.get("from_")
    return str(source.this.alias_or_name) if source is not None else ""


def _column_of(select: exp.Select, time: str) -> exp.Column | None:
    """The input column that the select gives out as its time."""
    for item in select.expressions:
        if isinstance(item, exp.Star):
            return None if select.args.get("joins") else exp.column(time)
        column = item.unalias()
        if item.alias_or_name == time and isinstance(column, exp.Column):
            return column
    return None


def _is_shown(select: exp.Select, name: str) -> bool:
    shown = [e.unalias() for e in select.expressions]
    return any(isinstance(e, exp.Star) or (isinstance(e, exp.Column) and _named(e, select) == name) for e in shown)


def is_new(condition: Condition, time: str, replaces: bool) -> bool:
    """`time > (select max(time) from this)`; with a unique_key it may begin earlier."""
    part = condition.predicate.unnest()
    if isinstance(part, exp.GT | exp.GTE):
        high, low = part.this, part.expression
    elif isinstance(part, exp.LT | exp.LTE):
        high, low = part.expression, part.this
    else:
        return False
    column = _column_of(condition.select, time)
    high = high.unnest()
    if column is None or not isinstance(high, exp.Column):
        return False
    if _named(high, condition.select) != _named(column, condition.select):
        return False
    newest, earlier = _newest(low, time)
    return newest and (replaces or (isinstance(part, exp.GT | exp.LT) and not earlier))


def _newest(node: exp.Expr, time: str) -> tuple[bool, bool]:
    """(is it the model's latest time, or earlier by a literal duration; is it earlier)"""
    if isinstance(node, exp.Paren):
        return _newest(node.this, time)
    if isinstance(node, exp.Sub):
        inner, _ = _newest(node.this, time)
        duration = intervals.parse(node.expression)
        return inner and duration is not None and duration.low >= 0, True
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        literal = node.expressions[0].unnest()
        literal = literal.this if isinstance(literal, exp.Cast) else literal
        return _newest(node.this, time) if isinstance(literal, exp.Literal) else (False, False)
    if isinstance(node, exp.Subquery | exp.Select):
        select = node.this if isinstance(node, exp.Subquery) else node
        plain = isinstance(select, exp.Select) and len(select.expressions) == 1 and _only(select, "expressions")
        return _newest(select.expressions[0].unalias(), time) if plain else (False, False)
    if isinstance(node, exp.Max):
        return isinstance(node.this, exp.Column) and node.this.name == time, False
    return False, False


def _only(select: exp.Select, *clauses: str) -> bool:
    """Has the select these clauses, a FROM of one relation, and no others?"""
    given = {k for k, v in select.args.items() if v} - {"kind"}
    source = select.args.get("from_")
    return given - {"from_"} <= set(clauses) and source is not None and isinstance(source.this, exp.Table)


def is_absent(condition: Condition, keys: list[set[str]]) -> bool:
    """`not exists (select … from this as t where t.key = row.key and …)` over a whole declared key."""
    part = condition.predicate.unnest()
    exists = part.this.unnest() if isinstance(part, exp.Not) else None
    if not isinstance(exists, exp.Exists):
        return False
    select = exists.this.this if isinstance(exists.this, exp.Subquery) else exists.this
    if not isinstance(select, exp.Select) or not _only(select, "expressions", "where"):
        return False
    where, inner, compared = select.args.get("where"), _alias(select), set()
    for equal in conjuncts(where.this) if where is not None else []:
        left, right = (equal.this, equal.expression) if isinstance(equal, exp.EQ) else (None, None)
        if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
            return False
        if left.name != right.name or [left.table, right.table].count(inner) != 1:
            return False
        compared.add(left.name)
    return compared in keys
