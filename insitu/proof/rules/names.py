"""Columns: which value a name means."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.variants import Value, Variant
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql.identifiers import identifier


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
    return hits[0] if hits else None


def column(a: Analyser, node: exp.Column, row: Row) -> Value:
    """The value that a name means, looked up as the warehouse does: in FROM, among the aliases, in the outer queries.

    Raises Refusal when it is not certain which of them is meant.
    """
    table, name = identifier(node.args.get("table"), a.dialect), identifier(node.this, a.dialect)
    if isinstance(node.this, exp.Star):
        raise Refusal("* in an expression", node)
    found = lookup(row.variant, table, name, node)
    if found is not None:
        return found  # an input column wins over an output alias of the same name, in every clause but ORDER BY
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
