"""The SQL of the dbt package reads as all SQL here does; sqlfluff cannot read what loops over use cases."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "insitu" / "dbt"
SQL = sorted(PACKAGE.rglob("*.sql"))
JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
TEXT = re.compile(r"--[^\n]*|'[^'\n]*'|\"[^\"\n]*\"")
KEYWORDS = re.compile(
    r"\b(SELECT|FROM|WHERE|JOIN|GROUP|ORDER|WITH|CASE|WHEN|THEN|ELSE|END|AND|OR|NOT|NULL|UNION|CAST)\b"
)


def is_ours(path: Path, line: str) -> bool:
    """A long line of the point-in-time macros; comments in SQL are part of what models compile to, and stay."""
    return "point_in_time" in str(path) and len(line) > 120 and not line.startswith("--")


def test_lines_of_the_point_in_time_macros_fit() -> None:
    lines = [(path, n, line) for path in SQL for n, line in enumerate(path.read_text().splitlines(), 1)]
    assert [f"{path.name}:{n}" for path, n, line in lines if is_ours(path, line)] == []


def test_keywords_are_lower_case() -> None:
    found = [path.name for path in SQL if KEYWORDS.search(TEXT.sub("", JINJA.sub("", path.read_text())))]
    assert found == []


def test_models_end_in_their_final_rows() -> None:
    models = [path for path in SQL if path.is_relative_to(PACKAGE / "models")]
    assert len(models) > 20
    odd = [path.name for path in models if not path.read_text().rstrip().endswith("select * from final")]
    assert [name for name in odd if not name.startswith("alert_")] == []


def test_what_is_called_is_named_with_its_package() -> None:
    """A macro of ours that another one calls by its bare name is not found in a project that uses the package."""
    names = {name for path in SQL for name in re.findall(r"\{%-?\s*macro\s+(\w+)\s*\(", path.read_text())}
    bare = re.compile(rf"(?<![\w.])({'|'.join(sorted(names, key=len, reverse=True))})\s*\(")
    found = []
    for path in SQL:
        for block in JINJA.findall(path.read_text()):
            code = re.sub(r"'[^']*'|\"[^\"]*\"", "", re.sub(r"^\{%-?\s*(macro|test)\s+\w+", "", block))
            if not block.startswith("{#") and bare.search(code):
                found.append(f"{path.name}: {bare.search(code).group(1)}")  # type: ignore[union-attr]
    assert found == []
