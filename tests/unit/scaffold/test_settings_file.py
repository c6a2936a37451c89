"""Lists among the variables of dbt_project.yml are edited in place, however they are written."""

from __future__ import annotations

import pytest
import yaml

from insitu.errors import ConfigurationError
from insitu.scaffold.settings_file import with_item, without_item

HEAD, TAIL = "name: shop  # ours\n", "\nmodels:\n  shop: {+materialized: table}\n"
STYLES = {
    "no vars": HEAD,
    "no vars and no last newline": HEAD + "profile: shop",
    "no list": HEAD + "vars:\n  # of the shop\n  currency: EUR\n" + TAIL,
    "inline": HEAD + "vars:\n  cases: [a, b]  # in order\n" + TAIL,
    "inline over lines": HEAD + "vars:\n  cases: [\n    a,\n    b\n  ]\n" + TAIL,
    "dashes": HEAD + "vars:\n  cases:\n    - a\n    - b  # the second\n  currency: EUR\n" + TAIL,
    "dashes without indent": HEAD + "vars:\n  cases:\n  - a\n  currency: EUR\n" + TAIL,
    "dashes at the end": HEAD + "vars:\n  cases:\n    - a",
}


@pytest.mark.parametrize("style", STYLES)
def test_an_item_comes_and_goes_and_nothing_else_changes(style: str) -> None:
    text = STYLES[style]
    before = yaml.safe_load(text)
    more = with_item(text, "cases", "churn")
    assert yaml.safe_load(more)["vars"]["cases"] == [*before.get("vars", {}).get("cases", []), "churn"]
    assert all(line in more for line in text.splitlines() if "[" not in line and line.strip() != "b")
    less = without_item(more, "cases", "churn")
    assert less.rstrip("\n") == text.rstrip("\n")


def test_the_first_and_the_middle_item_go_too() -> None:
    assert "cases: [b, c]" in without_item("vars:\n  cases: [a, b, c]\n", "cases", "a")
    assert "cases: [a, c]" in without_item("vars:\n  cases: [a, b, c]\n", "cases", "b")
    assert without_item("vars:\n  cases:\n  - a\n  - b\n", "cases", "a") == "vars:\n  cases:\n  - b\n"


@pytest.mark.parametrize("text", ["vars: {cases: [a]}\n", "vars: {}\n", 'vars:\n  cases: "{{ env }}"\n'])
def test_what_cannot_be_edited_safely_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="Add `churn` to it by hand"):
        with_item(text, "cases", "churn")
