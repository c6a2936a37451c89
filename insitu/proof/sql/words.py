"""SQL for messages: in the words in which it was written, where the parser knows another name for them."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import ErrorLevel

_NAMES: dict[type, str] = {exp.GroupConcat: "string_agg", exp.ApproxDistinct: "approx_count_distinct"}
_LONGEST = 60


def function(node: exp.Expr, dialect: str | None = None) -> str:
    """The name of the function that a node calls."""
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    word = str(node.meta.get("word") or _NAMES.get(type(node)) or _written(node, dialect).partition("(")[0])
    return word.strip().lower()


def shown(node: exp.Expr, dialect: str | None = None) -> str:
    """The SQL of a node, short enough for a message."""
    text = _written(node, dialect)
    for call in node.find_all(exp.Func):
        known, word = _written(call, dialect).partition("(")[0], function(call, dialect)
        if known != word and known.isidentifier():
            text = text.replace(f"{known}(", f"{word}(")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "…"


def _written(node: exp.Expr, dialect: str | None) -> str:
    return node.sql(dialect, normalize_functions="lower", unsupported_level=ErrorLevel.IGNORE)
