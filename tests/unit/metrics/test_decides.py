"""Who said when a prediction asks for an action: costs, a threshold, or names for the two actions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.metrics.conftest import Macros


@pytest.mark.parametrize(
    ("declared", "decides"),
    [
        ({}, False),
        ({"costs": {"true_positive": 1, "false_positive": -1}}, True),
        ({"evaluation": {"threshold": 0.0}}, True),
        ({"evaluation": {"capacity": 0.2}}, False),
        ({"actions": {"treat": "call", "none": "wait"}}, True),
        ({"actions": {"treat": "intervene", "none": "none"}}, False),
    ],
)
def test_who_decides(macros: Macros, declared: dict[str, Any], decides: bool) -> None:
    config = macros.render("with_defaults", declared=declared)
    assert bool(macros.render("decides", config=config)) is decides
