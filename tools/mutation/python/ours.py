"""Faults that cosmic-ray has no operators for: something is left out, or a number is one more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.mutation.edits import Edit
from tools.mutation.python.places import Places


def ours(text: str) -> Iterator[Edit]:
    """Keyword arguments, parts of conditions, filters of comprehensions, handlers and calls for their effect, each left
    out; and whole numbers."""
    places = Places(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield from _keywords(node, places)
        elif isinstance(node, ast.BoolOp):
            yield from _parts(node, places)
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                yield Edit("dropped filter", *places.span(condition), "True")
        elif isinstance(node, ast.ExceptHandler) and node.type:
            yield Edit("dropped handler", *places.span(node.type), "()")
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield Edit("number", *places.span(node), str(node.value + 1))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield Edit("dropped call", *places.span(node), "pass")


def _keywords(call: ast.Call, places: Places) -> Iterator[Edit]:
    """A call without one of its keyword arguments, and the comma before or after it."""
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    arguments.sort(key=lambda item: (item.lineno, item.col_offset))
    for place, argument in enumerate(arguments):
        if not isinstance(argument, ast.keyword) or argument.arg is None:
            continue
        start, end = places.span(argument)
        if place + 1 < len(arguments):
            end = places.span(arguments[place + 1])[0]
        elif place:
            start = places.span(arguments[place - 1])[1]
        yield Edit("dropped argument", start, end, "")


def _parts(condition: ast.BoolOp, places: Places) -> Iterator[Edit]:
    """`a and b` with True for one of the two, `a or b` with False."""
    neutral = "True" if isinstance(condition.op, ast.And) else "False"
    for part in condition.values:
        yield Edit("dropped condition", *places.span(part), neutral)
