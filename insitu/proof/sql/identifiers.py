"""Names of relations and columns, as the warehouse compares them."""

from __future__ import annotations

from sqlglot import exp


def identifier(node: exp.Expr | None, dialect: str) -> str:
    """The name as the warehouse compares it."""
    if node is None:
        return ""
    if isinstance(node, exp.Identifier) and dialect == "postgres" and node.args.get("quoted"):
        return str(node.this)
    return str(node.name).lower()
