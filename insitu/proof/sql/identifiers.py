"""Names of relations and columns, as the warehouse compares them."""

from __future__ import annotations

from sqlglot import exp


def folded(name: str, dialect: str) -> str:
    """The name of something that is stored, or declared, which is written as the warehouse keeps it."""
    return name.lower() if dialect == "duckdb" else name


def fold(query: exp.Expr, dialect: str) -> exp.Expr:
    """The query with every name as the warehouse compares it, so that names can be compared as they are."""
    for node in query.find_all(exp.Identifier):
        node.set("this", identifier(node, dialect))
        node.set("quoted", True)
    return query


def identifier(node: exp.Expr | None, dialect: str) -> str:
    """The name as the warehouse compares it."""
    if node is None:
        return ""
    if isinstance(node, exp.Identifier) and dialect == "postgres" and node.args.get("quoted"):
        return str(node.this)
    return str(node.name).lower()
