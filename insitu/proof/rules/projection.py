"""The select list: stars expanded, names given."""

from __future__ import annotations

import re

from sqlglot import exp

from insitu.proof.domain.context import Scope
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.variants import UNLISTED
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.names import AGAIN, UNNAMED
from insitu.proof.sql.identifiers import identifier
from insitu.proof.sql.lines import line_of

Projection = list[tuple[str, exp.Expr]]  # name and expression of each output column


def expand(a: Analyser, node: exp.Select, scope: Scope) -> Projection:
    """The select list as names and expressions."""
    result: Projection = []
    for item in node.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            result += _star(a, item, scope)
        elif isinstance(item, exp.Alias):
            result.append((identifier(item.args["alias"], a.dialect), item.this))
        elif isinstance(item, exp.Aliases):
            raise Refusal("several aliases of one expression", item)
        elif isinstance(item, exp.Column):
            result.append((identifier(item.this, a.dialect), item))
        elif a.dialect == "postgres" and isinstance(item, exp.Cast) and isinstance(item.this, exp.Column):
            result.append((identifier(item.this.this, a.dialect), item))
        else:
            result.append((f"{UNNAMED}{len(result)}", item))
    names = [n for n, _ in result]
    doubles = {n for n in names if names.count(n) > 1}
    if doubles:
        # DuckDB calls the second `x` x_1, and what was written as x_1 something else: neither can be named later on.
        result = [
            (n if names.index(n) == i and not _given_again(n, doubles) else f"{n}{AGAIN}{i}", e)
            for i, (n, e) in enumerate(result)
        ]
    return result


def at(items: Projection, position: exp.Literal) -> exp.Expr:
    """The expression of the column at a position, as GROUP BY and ORDER BY name one."""
    number = int(position.this)
    if not 1 <= number <= len(items):
        raise Refusal(f"position {number}: there is no such column", position)
    if any(name.startswith(UNLISTED) for name, _ in items[:number]):
        raise Refusal(f"position {number} lies behind a *, of whose columns YAML does not list all", position)
    return items[number - 1][1]


def _given_again(name: str, doubles: set[str]) -> bool:
    """May the warehouse give the name to another column, one that occurs twice?"""
    return any(re.fullmatch(re.escape(n) + r"(_\d+)+", name) for n in doubles)


def _star(a: Analyser, item: exp.Expr, scope: Scope) -> Projection:
    star = item if isinstance(item, exp.Star) else item.this
    table = identifier(item.args.get("table"), a.dialect) if isinstance(item, exp.Column) else ""
    for node in star.args.get("except_") or []:
        if not isinstance(node, exp.Identifier | exp.Column):
            raise Refusal("EXCLUDE of something that is not a column", item)
    excluded = {x.name.lower() for x in star.args.get("except_") or []}  # these are DuckDB's alone
    replaced = {x.alias.lower(): x.this for x in star.args.get("replace") or []}
    renamed = {x.this.name.lower(): x.alias.lower() for x in star.args.get("rename") or []}
    if table and not any(s.alias == table for s in scope.sources):
        raise Refusal(f"{table}.* names no FROM item", item)
    result: Projection = []
    merged, line = {name for s in scope.sources for name in s.hidden}, line_of(item)
    for source in scope.sources:
        if table and source.alias != table:
            continue
        for name in source.names:
            if name in excluded or (not table and name in source.hidden):
                continue
            column = exp.Column(
                this=_quoted(name), table=None if not table and name in merged else _quoted(source.alias)
            )
            column.this.meta["line"] = line
            result.append((renamed.get(name, name), replaced.get(name, column)))
    return result


def _quoted(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)
