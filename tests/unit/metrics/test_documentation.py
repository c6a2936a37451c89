"""Every macro says what it does and what its arguments are."""

from __future__ import annotations

from tests.unit.metrics.render import macros

FOLDERS = ("metrics", "drift", "evaluation", "actions", "monitoring", "sources", "training", "promotion", "predictions")


def test_every_macro_is_documented() -> None:
    found = [macro for macro in macros("duckdb") if any(f"macros/{folder}/" in macro.path for folder in FOLDERS)]
    assert len(found) > 80
    assert [macro.name for macro in found if not macro.description.strip()] == []
    assert [macro.name for macro in found if any(not argument.description for argument in macro.arguments)] == []
