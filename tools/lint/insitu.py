"""What stands for the library's macros while sqlfluff reads models that call them; running the models tests them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

VALUES: dict[str, Any] = {
    # queries
    **dict.fromkeys(("latest_before", "lag_features", "window_features", "validity_lookup"), "select 1 as feature"),
    # values
    "backtests": ["churn"],
    "drift_measures": {},
    "feature_columns": {},
    "limits_of_use_cases": "select 1 as use_case",
    "overall_model": "",
    "quantile_columns": [],
    "use_case_config": {"entity": ["customer_id"], "key": ["customer_id", "as_of"], "task": "binary"},
    "use_cases": ["churn"],
}
PACKAGE = Path(__file__).parents[2] / "insitu" / "dbt" / "macros"
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(.*?{%-?\s*endmacro\s*-?%}", re.DOTALL)
_JINJA = re.compile(r"{#.*?#}|{{.*?}}|{%.*?%}", re.DOTALL)
_TEXTS = {
    found[1]: _JINJA.sub("", found[0]) for path in PACKAGE.rglob("*.sql") for found in _MACRO.finditer(path.read_text())
}
# Written by other macros that they call.
QUERIES = {"target_encoding", "parity", "predictions_latest", "champion", "promotions", "evaluation_metrics"}


def __getattr__(name: str) -> Callable[..., Any]:
    """A query for a macro that writes one, else an expression."""
    if name.startswith("_"):
        raise AttributeError(name)
    if name in VALUES:
        return lambda *arguments, **named: VALUES[name]
    is_query = name in QUERIES or re.search(r"\bselect\b", _TEXTS.get(name, "select"), re.IGNORECASE)
    return lambda *arguments, **named: "select 1 as x" if is_query else "x"
