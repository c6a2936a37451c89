"""Lines: of a node in the compiled SQL, and from there to the model file that a person edits."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from sqlglot import exp


@lru_cache(maxsize=512)
def line_map(raw: str, compiled: str) -> tuple[int, ...]:
    """Compiled line → raw line, both from 1 (index 0 is unused).

    Lines that Jinja left alone map to themselves; what a macro expanded into maps to the line of its call.
    """
    before = [line.strip() for line in raw.splitlines()]
    after = [line.strip() for line in compiled.splitlines()]
    result = [1] * (len(after) + 1)
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for i in range(b0, b1):
            same = tag == "equal" or (tag == "replace" and a1 - a0 == b1 - b0)
            line = a0 + (i - b0) if same else _call(before, a0, a1)
            result[i + 1] = min(line, max(len(before) - 1, 0)) + 1
    return tuple(result)


def _call(lines: list[str], start: int, end: int) -> int:
    """The first line of a changed block that holds Jinja."""
    return next((i for i in range(start, end) if "{{" in lines[i] or "{%" in lines[i]), start)


def raw_line(raw: str, compiled: str, line: int) -> int:
    """The raw line of a compiled one; 1 when it is not known."""
    mapping = line_map(raw, compiled)
    return mapping[line] if 0 < line < len(mapping) else 1


def line_of(node: Any) -> int:
    """The line of a node in the SQL it was parsed from; 0 when unknown."""
    if node is None or not isinstance(node, exp.Expr):
        return 0
    if "line" not in node.meta:
        node.meta["line"] = _nearest_line(node)
    return int(node.meta["line"])


def _nearest_line(node: exp.Expr) -> int:
    """The line of the first name inside the node, else of one beside it: the parser notes lines for names only."""
    place: exp.Expr | None = node
    while place is not None:
        nearby = next((child.meta["line"] for child in place.walk() if child.meta.get("line")), 0)
        if nearby:
            return int(nearby)
        place = place.parent
    return 0
