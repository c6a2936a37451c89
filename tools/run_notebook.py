"""Run the code cells of a notebook without Jupyter, and keep what they print.

    python tools/run_notebook.py docs/python.ipynb FOLDER

The cells are run in FOLDER, one after another in one namespace; what a cell prints, and the value of its last
expression, is its output. `outputs` gives them, so that a test can compare them with those kept.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells that are run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: dict[str, Any]) -> list[str]:
    """What each code cell prints when it is run in the present folder."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    return [_run("".join(cell["source"]), namespace) for cell in code_cells(notebook)]


def kept(notebook: dict[str, Any]) -> list[str]:
    """What the notebook says that each code cell prints."""
    return ["".join(line for output in cell["outputs"] for line in output["text"]) for cell in code_cells(notebook)]


def _run(source: str, namespace: dict[str, Any]) -> str:
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "cell", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
            if value is not None:
                print(value)
    return printed.getvalue()


def main(path: Path, folder: Path) -> None:
    """Write the notebook anew, with its outputs."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    here = Path.cwd()
    os.chdir(folder)
    try:
        found = outputs(notebook)
    finally:
        os.chdir(here)
    for number, (cell, text) in enumerate(zip(code_cells(notebook), found, strict=True), 1):
        cell["execution_count"] = number
        stream = {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
        cell["outputs"] = [stream] if text else []
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
