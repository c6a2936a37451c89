"""Every macro says what it does and what its arguments are, once."""

from __future__ import annotations

import re

from tests.unit.metrics.render import macros
from tools.document_macros import mistakes, stale

# The types of arguments that dbt 1.12 knows, with the number of their parameters.
TYPES = {name: 0 for name in ("str", "string", "bool", "int", "integer", "float", "any", "relation", "column")}
GENERICS = {"list": 1, "dict": 2, "optional": 1}


def is_known(type_: str) -> bool:
    """As dbt 1.12 reads a type."""
    found = re.fullmatch(r"(\w+)(?:\[(.+)\])?", type_)
    if found is None:
        return False
    name, inner = found.groups()
    if inner is None:
        return name in TYPES
    parts = inner.split(", ", 1) if name == "dict" else [inner]
    return GENERICS.get(name) == len(parts) and all(is_known(part) for part in parts)


def test_every_macro_and_argument_is_described_once() -> None:
    assert mistakes() == []


def test_the_documentation_is_that_of_the_comments() -> None:
    assert stale() == [], "run python tools/document_macros.py"


def test_dbt_reads_it() -> None:
    found = macros("duckdb")
    assert len(found) > 300
    tests = {macro.name for macro in found if macro.name.startswith("test_")}
    assert [macro.name for macro in found if not macro.description.strip() and macro.name not in tests] == []
    assert [macro.name for macro in found if any(not argument.description for argument in macro.arguments)] == []


def test_types_are_those_of_dbt() -> None:
    assert is_known("optional[dict[string, any]]") and not is_known("list") and not is_known("dict[string]")
    unknown = {
        (macro.name, argument.name, argument.type)
        for macro in macros("duckdb")
        for argument in macro.arguments
        if argument.type and not is_known(argument.type)
    }
    assert unknown == set()
