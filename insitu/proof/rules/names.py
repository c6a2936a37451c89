"""Columns: which value a name means."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.variants import UNLISTED, Value, Variant
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.scalars import clock
from insitu.proof.sql.identifiers import identifier

# Parts of names that no column of the warehouse has.
UNNAMED = "?column? "  # what the warehouse calls an expression without alias differs
AGAIN = ":"  # a column whose name occurs before it in the select
_ROW_IDS = {"duckdb": {"rowid"}, "postgres": {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}}
_OF_SESSION = {"user", "current_role", "current_catalog", "current_schema", "session_user", "system_user"}


def lookup(variant: Variant, table: str, name: str, node: exp.Expr) -> Value | None:
    """A column of a variant; None when it has none of that name.

    Raises Refusal when the name is ambiguous.
    """
    if table:
        return variant.columns.get((table, name))
    merged = variant.columns.get(("", name))
    if merged is not None:
        return merged
    hits = [value for (_, column), value in variant.columns.items() if column == name]
    if len(hits) > 1:
        raise Refusal(f"column {name} is ambiguous: it exists in several relations", node)
    if any(_may_be_called(known, name) for _, known in variant.columns):
        raise Refusal(f"{name} may be a column that has no name of its own; give each column of the select one", node)
    if not hits and any(known.startswith(UNLISTED) for _, known in variant.columns):
        raise Refusal(
            f"{name} may be a column of a source whose YAML does not list all of them; build the warehouse or write a "
            "catalog (`dbt docs generate`), so that they are known",
            node,
        )
    return hits[0] if hits else None


def _may_be_called(known: str, name: str) -> bool:
    """May the warehouse give this name to a column that has none, or that has the name of another one?"""
    base, again, _ = known.partition(AGAIN)
    return known.startswith(UNNAMED) or (bool(again) and re.fullmatch(re.escape(base) + r"(_\d+)+", name) is not None)


def column(a: Analyser, node: exp.Column, row: Row) -> Value:
    """The value that a name means, looked up as the warehouse does: in FROM, among the aliases, in the outer queries.

    Raises Refusal when it is not certain which of them is meant.
    """
    table, name = identifier(node.args.get("table"), a.dialect), identifier(node.this, a.dialect)
    if isinstance(node.this, exp.Star):
        raise Refusal("* in an expression", node)
    if not table and a.dialect == "postgres" and name in _OF_SESSION and not node.this.args.get("quoted"):
        return clock(a, node, row)
    found = lookup(row.variant, table, name, node)
    if found is not None:
        return found  # an input column wins over an output alias of the same name, in every clause but ORDER BY
    if not table and name in _ROW_IDS.get(a.dialect, ()) and row.variant.columns:
        raise Refusal(f"{name} is the number that the warehouse gives a row, which changes when rows move", node)
    alias = row.aliases.get(name) if not table else None
    if alias is not None and name not in row.resolving:
        if any(key[1] == name for outer in row.env.outer for key in outer.columns):
            raise Refusal(f"{name} may be the output alias or the column of the outer query", node)
        return a.value(alias, replace(row, resolving=row.resolving | {name}))
    if not table and any(key[0] == name for key in row.variant.columns):
        raise Refusal(f"{name} is a whole row here", node)
    if table and row.env.outer and (table in row.aliases or any(key[1] == table for key in row.variant.columns)):
        raise Refusal(f"{a.show(node)} may be a field of the column {table}, or a column of the outer query", node)
    for outer in row.env.outer:
        found = lookup(outer, table, name, node)
        if found is not None:
            a.outer_read.add(id(outer))
            return found
    raise Refusal(f"column {a.show(node)} is not found", node)
