"""The window_features calls under test: each becomes one dbt model, and the oracle reads the same dictionaries."""

from typing import Any

Spec = dict[str, Any]

MEASURES: list[Spec] = [
    {"name": "n", "agg": ["count", "time_since_last"]},
    {"name": "flagged", "agg": ["count", "time_since_last"], "where": "flag", "unit": "minute"},
    {
        "name": "x",
        "expr": "x",
        "agg": ["count", "sum", "avg", "stddev", "min", "max", "count_distinct", "first", "last", "mode"],
        "order_by": "seq",
    },
    {
        "name": "c",
        "expr": "c",
        "agg": ["sum", "avg", "stddev", "min", "max", "count_distinct", "first", "last", "mode"],
        "where": "flag",
        "default": -1,
    },
    {"name": "d", "expr": "d", "agg": ["sum", "avg", "stddev", "min", "max"]},
    {"name": "b", "expr": "b", "agg": ["sum", "avg", "stddev", "max"]},
    {
        "name": "s",
        "expr": "s",
        "agg": ["count", "min", "max", "count_distinct", "first", "last", "mode"],
        "order_by": ["seq", "c"],
    },
    {"name": "recent", "expr": "c", "agg": "decayed_sum", "half_life": "90 minutes", "windows": ["1 hour", "1 day"]},
    {
        "name": "kinds",
        "expr": "s",
        "agg": "count_distinct",
        "windows": ["30 minutes", "1 hour", "90 minutes", "6 hours", "1 day", "2 days"],
    },
    {"name": "pace", "agg": "rate_per_day", "windows": ["6 hours", "1 day"]},
    {
        "name": "change",
        "expr": "c",
        "trend": [
            {"agg": "avg", "windows": ["1 hour", "1 day"], "how": "ratio"},
            {"agg": "sum", "windows": ["1 hour", "6 hours"]},
        ],
    },
]

EVERYTHING: Spec = {
    "keys": {"k": "key"},
    "windows": ["1 hour", "6 hours", "1 day", "all"],
    "measures": MEASURES,
    "spine_key": ["id"],
    "prefix": "f",
}

SPECS: dict[str, Spec] = {
    "everything": EVERYTHING,
    "everything_timeline": EVERYTHING | {"strategy": "timeline"},
    "everything_joined": EVERYTHING | {"strategy": "range_join"},
    "two_keys_and_gap": {
        "keys": {"k": "key", "s": "s"},
        "available_at": "known_at",
        "windows": ["90 minutes", "2 days", "all"],
        "gap": "30 minutes",
        "measures": [
            {"name": "n", "agg": ["count", "time_since_last"]},
            {"name": "x", "expr": "x", "agg": ["sum", "stddev", "min", "first", "last", "count_distinct"]},
            {"name": "c", "expr": "c / 2.0", "agg": ["sum", "avg", "stddev", "max", "mode"], "where": "c > 0 or flag"},
            {"name": "recent", "expr": "c", "agg": "decayed_sum", "half_life": "1 hour", "windows": ["2 days"]},
        ],
        "spine_key": ["id"],
        "prefix": "f",
        "strategy": "timeline",
    },
}


def model_sql(spec: Spec) -> str:
    """The model an author would write for the spec."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in spec.items())
    return (
        f"{{{{ insitu.window_features(spine=source('raw', 'spine'), events=source('raw', 'events'), {arguments}) }}}}"
    )
