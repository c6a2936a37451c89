"""What stands for the library's macros while sqlfluff reads models that call them; running the models tests them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VALUES: dict[str, Any] = {
    # queries
    **dict.fromkeys(("latest_before", "lag_features", "window_features", "validity_lookup"), "select 1 as feature"),
    # values
    "backtests": ["churn"],
    "drift_measures": {},
    "feature_columns": {},
    "key_columns": ["customer_id", "as_of"],
    "limits_of_use_cases": "select 1 as use_case",
    "overall_model": "",
    "quantile_columns": [],
    "use_case_config": {"entity": ["customer_id"], "key": ["customer_id", "as_of"], "task": "binary"},
    "use_cases": ["churn"],
}
EXPRESSIONS = ("timestamp_literal", "as_of", "number_text", "count_text", "days_before_now", "entity_id", "value_text")


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("_"):
        raise AttributeError(name)
    if name in VALUES:
        return lambda *arguments, **named: VALUES[name]
    return lambda *arguments, **named: "x" if name in EXPRESSIONS else "select 1 as x"
