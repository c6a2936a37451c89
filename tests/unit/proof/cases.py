"""Fixture files: SQL in, verdict out.

`-- proved: title` or `-- leak 001 002: title` starts a case; ` | duckdb` after the title limits it to one dialect.
`-- model name:` inside a case starts another model, which the last statement reads; `-- declared: {yaml}` declares the
case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).parent / "fixtures"
RELATIONS = yaml.safe_load((HERE / "relations.yml").read_text())
_START = re.compile(r"-- (proved|leak)((?: \d{3})*): (.*)")


@dataclass
class Case:
    file: str
    title: str
    codes: set[str]
    dialects: list[str]
    sql: str = ""
    models: dict[str, str] = field(default_factory=dict)
    declaration: dict | None = None

    @property
    def id(self) -> str:
        return f"{self.file}: {self.title}"


def read(path: Path) -> list[Case]:
    cases: list[Case] = []
    model = ""
    for line in path.read_text().splitlines():
        start = _START.fullmatch(line)
        if start:
            title, _, dialect = start.group(3).partition(" | ")
            dialects = [dialect.strip()] if dialect else ["duckdb", "postgres"]
            cases.append(Case(path.stem, title.strip(), set(start.group(2).split()), dialects))
            model = ""
        elif line.startswith("-- model "):
            model = line.removeprefix("-- model ").rstrip(":")
            cases[-1].models[model] = ""
        elif line.startswith("-- declared: "):
            cases[-1].declaration = yaml.safe_load(line.removeprefix("-- declared: "))
        elif line.startswith("-- final"):
            model = ""
        elif cases and model:
            cases[-1].models[model] += line + "\n"
        elif cases:
            cases[-1].sql += line + "\n"
    return cases


def all_cases() -> list[tuple[Case, str]]:
    return [(case, dialect) for path in sorted(HERE.glob("*.sql")) for case in read(path) for dialect in case.dialects]
