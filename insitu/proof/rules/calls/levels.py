"""Which query an aggregate in a subquery belongs to: the innermost one of which its arguments read a column.

`(select count(s.id) from events)` counts rows of the query that has `s`, however many of them its joins make.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from insitu.proof.domain.context import Group
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql.identifiers import identifier


def is_own(a: Analyser, call: exp.Expr, group: Group) -> bool:
    """Does an aggregate call, its FILTER and order included, surely belong to the query in which it stands?"""
    return _reads_own(a, call, group, frozenset()) or not any(call.find_all(exp.Column, exp.Query))


def _reads_own(a: Analyser, node: exp.Expr, group: Group, resolving: frozenset[str]) -> bool:
    """Does an expression read a column of the group's own rows, by itself or through an alias?"""
    for column, hidden in _columns(a, node, frozenset()):
        table, name = identifier(column.args.get("table"), a.dialect), identifier(column.this, a.dialect)
        if hidden and (not table or table in hidden):
            continue  # it may be a column of a query inside of the call
        keys = {key for member, _ in group.members for key in member.columns}
        if any(name == known and table in ("", alias) for alias, known in keys):
            return True
        if not table and not hidden and name in group.aliases and name not in resolving:
            return _reads_own(a, group.aliases[name], group, resolving | {name})
    return False


def _columns(a: Analyser, node: exp.Expr, hidden: frozenset[str]) -> Iterator[tuple[exp.Column, frozenset[str]]]:
    """All columns, each with the names of the relations that the queries around it, inside of the node, bring along."""
    if isinstance(node, exp.Query):
        relations = node.find_all(exp.Table, exp.TableAlias)
        hidden |= {identifier(r.this, a.dialect) for r in relations if isinstance(r.this, exp.Identifier)} | {""}
    if isinstance(node, exp.Column):
        yield node, hidden
    for child in node.iter_expressions():
        yield from _columns(a, child, hidden)
