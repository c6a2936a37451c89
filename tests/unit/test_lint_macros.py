"""sqlfluff reads models through stand-ins for the macros: there is one for each, and it gives SQL that parses."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import jinja2
import pytest
import sqlglot

ROOT = Path(__file__).parents[2]
DEFINED = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(")
MACROS = sorted(
    {name for path in (ROOT / "insitu/dbt/macros").rglob("*.sql") for name in DEFINED.findall(path.read_text())}
)
DOCS = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def stand_ins() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lint_insitu", ROOT / "tools/lint/insitu.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_macro_has_one(stand_ins: ModuleType) -> None:
    assert len(MACROS) > 100
    for name in MACROS:
        getattr(stand_ins, name)("any", argument="any")


def test_an_expression_is_no_query(stand_ins: ModuleType) -> None:
    for name in ("minus_duration", "squared", "timestamp_literal", "content_hash", "hash_share"):
        sqlglot.parse_one(f"select a from b where c > {getattr(stand_ins, name)('c')}", dialect="duckdb")
    for name in ("lag_features", "target_encoding", "validity_lookup", "fit_encodings", "training_set"):
        assert getattr(stand_ins, name)("c").startswith("select ")


BLOCKS = [
    (path.stem, n, text) for path in DOCS for n, text in enumerate(BLOCK.findall(path.read_text())) if "insitu." in text
]


@pytest.mark.parametrize(("text"), [pytest.param(text, id=f"{page}-{n}") for page, n, text in BLOCKS])
def test_models_of_the_documentation_parse(stand_ins: ModuleType, text: str) -> None:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    given = {
        "insitu": stand_ins, "ref": lambda *names: names[-1], "source": lambda *names: names[-1], "this": "this",
        "config": lambda **settings: "", "is_incremental": lambda: True, "var": lambda *names: "x",
    }  # fmt: skip
    for model in re.split(r"^-- .*\n(?={{)", text, flags=re.MULTILINE):
        rendered = environment.from_string(model.replace("…", "")).render(given).strip()
        if rendered:
            sqlglot.parse_one(rendered, dialect="duckdb")
