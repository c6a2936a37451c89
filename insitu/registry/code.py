"""The hash of the code that decides how a model comes out: the folder `insitu/training/fitting`, and two modules more.

The syntax trees are hashed, not the text: comments, docstrings, blank lines and line breaks retrain nothing, any other
change does. Trees differ between versions of Python, as training keys do anyway.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
FOLDER = "training/fitting"
# Modules outside the folder that are hashed too: the length of a duration decides which rows are in a slice, and the
# number of threads that add up a sum decides its last digits.
HASHED = ("durations.py", "threads.py")
# Modules that the folder may import although they are not hashed: messages decide nothing, and the values of the
# configuration, defaults included, have a hash of their own (`insitu.training.keys.config_hash`).
NOT_HASHED = ("errors.py", "config.py")


class _WithoutText(ast.NodeTransformer):
    """Drops statements that are nothing but a text: docstrings."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)


def tree(source: str) -> str:
    """A module's syntax without comments, docstrings and line numbers."""
    return ast.dump(_WithoutText().visit(ast.parse(source)))


def hash_of(root: Path, files: Iterable[Path]) -> str:
    """SHA-256 over the syntax trees of files and their paths below `root`, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in files):
        digest.update(f"{name}\0{tree(path.read_text(encoding='utf-8'))}\0".encode())
    return digest.hexdigest()


def hashed_files(library: Path = LIBRARY) -> list[Path]:
    """The files of `insitu` that decide how a model comes out."""
    return [*(library / FOLDER).rglob("*.py"), *(library / name for name in HASHED)]


@functools.cache
def code_hash() -> str:
    """The hash of the present code."""
    return hash_of(LIBRARY, hashed_files())
