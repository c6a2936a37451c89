"""Places in Python's text, as `ast` and parso name them, as distances from its beginning."""

from __future__ import annotations

import ast
from itertools import accumulate
from typing import Protocol


class _Placed(Protocol):
    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class Places:
    """Of one text. Columns of `ast` count bytes, those of parso characters."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True)
        self.starts = [0, *accumulate(map(len, self.lines))]

    def at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def span(self, node: _Placed) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._of_bytes(node.lineno, node.col_offset), self._of_bytes(node.end_lineno, node.end_col_offset)

    def _of_bytes(self, line: int, offset: int) -> int:
        return self.at(line, len(self.lines[line - 1].encode()[:offset].decode()))


def declarations(text: str, places: Places) -> list[tuple[int, int]]:
    """What only declares, and is never run as such: annotations, `@dataclass(…)`, and all below `if TYPE_CHECKING`."""
    found: list[ast.expr | ast.stmt] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.extend([node.returns] if node.returns else [])
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.extend([node.annotation] if node.annotation else [])
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found.append(node)
        elif isinstance(node, ast.ClassDef):
            found.extend(item for item in node.decorator_list if "dataclass" in ast.unparse(item))
    return [places.span(node) for node in found]
