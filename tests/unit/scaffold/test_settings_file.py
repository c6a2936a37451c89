"""Lists among the variables of dbt_project.yml are edited in place, however they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from insitu.errors import ConfigurationError
from insitu.scaffold.settings_file import read, with_item, without_item, write

HEAD, TAIL = "name: shop  # ours\n", "\nmodels:\n  shop: {+materialized: table}\n"
STYLES = {
    "no vars": HEAD,
    "no list": HEAD + "vars:\n  # of the shop\n  currency: EUR\n" + TAIL,
    "no list, vars in braces": HEAD + "vars: {currency: EUR}  # of the shop\n" + TAIL,
    "empty braces": HEAD + "vars: {}\n" + TAIL,
    "empty brackets": HEAD + "vars:\n  cases: []  # none yet\n" + TAIL,
    "inline": HEAD + "vars:\n  cases: [a, b]  # in order\n" + TAIL,
    "inline in braces": HEAD + "vars: {currency: EUR, cases: [a, 'b']}\n" + TAIL,
    "inline over lines": HEAD + "vars:\n  cases: [\n    a,\n    b,  # the second\n  ]\n" + TAIL,
    "dashes": HEAD + "vars:\n  cases:\n    - a\n    - b  # the second\n  currency: EUR\n" + TAIL,
    "dashes without indent": HEAD + "vars:\n  cases:\n  - a\n\n  # money\n  currency: EUR\n" + TAIL,
    "dashes at the end": HEAD + "vars:\n  cases:\n    - a\n",
    "dashes at the end, no last newline": HEAD + "vars:\n  cases:\n    - a",
    "of this project": HEAD + "vars:\n  shop:\n    cases: [a]\n  other: {cases: [z]}\n" + TAIL,
    "another's list": HEAD + "vars:\n  currency: EUR\n  other: {cases: [z]}\n" + TAIL,
    "a comment that looks like it": HEAD + "vars:\n  # cases: [x]\n  currency: 'cases: [y]'\n" + TAIL,
}


def listed(text: str) -> list[Any]:
    variables = (yaml.safe_load(text) or {}).get("vars") or {}
    return list(variables.get("cases") or variables.get("shop", {}).get("cases") or [])


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("style", STYLES)
def test_an_item_comes_and_goes_and_nothing_else_changes(style: str, end: str) -> None:
    text = STYLES[style].replace("\n", end)
    before = listed(text)
    more = with_item(text, "cases", "churn")
    assert listed(more) == [*before, "churn"]
    assert with_item(more, "cases", "churn") == more, "once is enough"
    assert all(comment in more for comment in ("# ours", *(["# the second"] if "# the second" in text else [])))
    less = without_item(more, "cases", "churn")
    if style == "no list, vars in braces":
        assert less == text.replace("{currency", "{cases: [], currency")
    elif style == "empty braces":
        assert less == text.replace("{}", "{cases: []}")
    else:
        assert less == text
    twice = with_item(more, "cases", "spend")
    assert without_item(twice, "cases", "spend") == more
    assert listed(without_item(twice, "cases", "churn")) == [*before, "spend"]


def test_what_had_no_last_newline_gets_one(tmp_path: Path) -> None:
    text = "name: shop\nprofile: shop"
    more = with_item(text, "cases", "churn")
    assert more.startswith(text + "\n") and listed(more) == ["churn"]
    assert without_item(more, "cases", "churn") == text + "\n"


def test_every_item_can_go() -> None:
    inline, dashes = "vars:\n  cases: [a, b, c]\n", "vars:\n  cases:\n  - a\n  - b\n"
    assert without_item(inline, "cases", "a") == "vars:\n  cases: [b, c]\n"
    assert without_item(inline, "cases", "b") == "vars:\n  cases: [a, c]\n"
    assert without_item(inline, "cases", "c") == "vars:\n  cases: [a, b]\n"
    assert without_item(dashes, "cases", "a") == "vars:\n  cases:\n  - b\n"
    assert without_item("vars:\n  cases:\n  - a\n", "cases", "a") == "vars:\n  cases: []\n"
    assert without_item(inline, "cases", "d") == inline


@pytest.mark.parametrize(
    "text", ['vars:\n  cases: "{{ env }}"\n', "vars:\n  cases: {a: 1}\n", "vars: [cases]\n", "a: ["]
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a list in brackets or with dashes"):
        with_item(text, "cases", "churn")


def test_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "dbt_project.yml"
    path.write_bytes(b"name: caf\xc3\xa9\r\nvars:\r\n  cases: [a]\r\n")
    write(path, with_item(read(path), "cases", "b"))
    assert path.read_bytes() == b"name: caf\xc3\xa9\r\nvars:\r\n  cases: [a, b]\r\n"
