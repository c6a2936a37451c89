"""What of a project needs the package: its use cases, and files that call its macros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from insitu.install.layout import Layout, relative
from insitu.warehouse.places import PROJECT_FILE

CALL = re.compile(r"\binsitu\.[a-z_]+\s*\(|\bref\(\s*['\"]insitu['\"]|^\s*(?:from|import)\s+insitu\b", re.MULTILINE)
TEST = re.compile(r"^\s*-\s*[\"']?insitu\.[a-z_]+[\"']?\s*(?::|$)", re.MULTILINE)
COMMENT = re.compile(r"^\s*#.*$|\{#.*?#\}", re.MULTILINE | re.DOTALL)
KINDS = ("model", "macro", "seed", "test", "analysis", "snapshot")


def project_files(layout: Layout) -> Iterator[Path]:
    """The files that dbt reads as the project's own."""
    yield layout.root / PROJECT_FILE
    found = layout.project.dbt_project
    for folder in dict.fromkeys(path for kind in KINDS for path in getattr(found, f"{kind}_paths")):
        yield from sorted(path for path in (layout.root / folder).rglob("*") if path.suffix in (".sql", ".yml", ".py"))


def use_cases(layout: Layout) -> list[str]:
    """The use cases that have files, whether dbt has seen them yet or not."""
    found = layout.project.dbt_project.model_paths
    files = (path for folder in found for path in (layout.root / folder).rglob("*__models.*"))
    return sorted({path.stem.removesuffix("__models") for path in files if path.suffix in (".py", ".sql")})


def of_package(layout: Layout) -> list[str]:
    """What would not work without the package, one line each."""
    cases = use_cases(layout)
    lines = [f"use case {name}" for name in cases]
    for path in project_files(layout):
        text = COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else ""
        if (CALL.search(text) or TEST.search(text)) and not any(path.name.startswith((c, f"_{c}")) for c in cases):
            lines.append(relative(path, layout.root))
    return lines
