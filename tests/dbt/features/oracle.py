"""Window features by brute force: for each spine row, look at every event. Slow, and obviously what is meant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.dbt.features.specs import Spec

Row = dict[str, Any]

# What the SQL expressions of the specs mean.
EXPRESSIONS: dict[str, Callable[[Row], Any]] = {
    "c / 2.0": lambda e: None if e["c"] is None else e["c"] / 2,
    "flag": lambda e: e["flag"],
    "c > 0 or flag": lambda e: (e["c"] is not None and e["c"] > 0) or e["flag"],
}
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def duration(text: str) -> timedelta | None:
    """'6 hours' as a timedelta, 'all' as None."""
    if text == "all":
        return None
    number, unit = text.split()
    return timedelta(seconds=int(number) * UNITS[unit.rstrip("s")])


def label(text: str) -> str:
    """'6 hours' as '6h'."""
    return "all" if text == "all" else text.split()[0] + text.split()[1][0]


def order_key(value: Any) -> tuple[int, Any]:
    """As both warehouses sort: NaN above every number, NULL above all."""
    if value is None:
        return (2, 0)
    return (1, 0) if isinstance(value, float) and math.isnan(value) else (0, value)


def exact_sum(values: Sequence[Any]) -> float:
    """The sum of finite numbers rounded once; NaN and infinities as IEEE has them."""
    if any(not math.isfinite(v) for v in values):
        return float(sum(float(v) for v in values if not math.isfinite(v)))
    return float(sum((Fraction(v) for v in values), Fraction(0)))


def exact_stddev(values: Sequence[Any]) -> float | None:
    """Sample standard deviation in rational arithmetic; NaN if a value is not finite."""
    if len(values) < 2:
        return None
    if any(not math.isfinite(v) for v in values):
        return math.nan
    fractions = [Fraction(v) for v in values]
    mean = sum(fractions) / len(fractions)
    variance = sum((f - mean) ** 2 for f in fractions) / (len(fractions) - 1)
    return math.sqrt(variance)


class Found(NamedTuple):
    """A feature's value, and the size of what went into it: the sum of the absolute values in its window."""

    value: Any
    size: float


def aggregate(
    agg: str, rows: Sequence[tuple[Row, Any]], measure: Spec, as_of: datetime, window: timedelta | None
) -> Any:
    """One aggregate of the window's (event, value that is not NULL) pairs."""
    values = [value for _, value in rows]
    if agg == "count":
        return len(values)
    if agg == "rate_per_day":
        assert window
        return len(values) / (window / timedelta(days=1))
    if agg == "count_distinct":
        return len({order_key(v) for v in values})
    if not values:
        return None
    if agg == "time_since_last":
        return (as_of - max(e["known_at"] for e, _ in rows)) / timedelta(seconds=UNITS[measure.get("unit", "hour")])
    if agg == "sum":
        return exact_sum(values)
    if agg == "avg":
        return exact_sum(values) / len(values)
    if agg == "stddev":
        return exact_stddev(values)
    if agg == "min":
        return min(values, key=order_key)
    if agg == "max":
        return max(values, key=order_key)
    if agg == "decayed_sum":
        half_life = duration(measure["half_life"])
        assert half_life
        return math.fsum(float(v) * 0.5 ** ((as_of - e["known_at"]) / half_life) for e, v in rows)
    if agg == "mode":
        counts = Counter(order_key(v) for v in values)
        best = min(counts, key=lambda key: (-counts[key], key))
        return next(v for v in values if order_key(v) == best)
    order_by = measure.get("order_by", [])
    order_by = [order_by] if isinstance(order_by, str) else order_by
    ordered = sorted(rows, key=lambda r: (r[0]["known_at"], *(order_key(r[0][c]) for c in order_by), order_key(r[1])))
    return ordered[0 if agg == "first" else -1][1]


def features(spec: Spec, spine: Sequence[Row], events: Sequence[Row]) -> list[Row]:
    """One row per spine row: id, as_of and every generated column as `Found`."""
    gap = duration(spec["gap"]) if "gap" in spec else timedelta(0)
    assert gap is not None
    result = []
    for row in spine:
        end = row["as_of"] - gap
        mine = [
            event
            for event in events
            if event["known_at"] is not None
            and event["known_at"] < end
            and all(row[mine] is not None and row[mine] == event[theirs] for mine, theirs in spec["keys"].items())
        ]

        def value(
            measure: Spec, agg: str, window: str, mine: list[Row] = mine, row: Row = row, end: datetime = end
        ) -> Found:
            length = duration(window)
            expression = EXPRESSIONS.get(
                measure.get("expr", ""), lambda e: e[measure["expr"]] if "expr" in measure else 1
            )
            where = EXPRESSIONS.get(measure.get("where", ""), lambda e: True)
            inside = [e for e in mine if (length is None or e["known_at"] >= end - length) and where(e)]
            rows = [(e, v) for e in inside if (v := expression(e)) is not None]
            size = math.fsum(abs(float(v)) for _, v in rows if not isinstance(v, str) and math.isfinite(v))
            return Found(aggregate(agg, rows, measure, row["as_of"], length), size)

        out: Row = {"id": row["id"], "as_of": row["as_of"]}
        for measure in spec["measures"]:
            aggs = measure.get("agg", [])
            for agg in [aggs] if isinstance(aggs, str) else aggs:
                for window in measure.get("windows", spec["windows"]):
                    found = value(measure, agg, window)
                    default = measure.get("default")
                    out[column(spec, measure, agg, window)] = Found(default, 0) if found.value is None else found
            for trend in measure.get("trend", []):
                (short, _), (long, size) = (value(measure, trend["agg"], window) for window in trend["windows"])
                name = column(spec, measure, trend["agg"], trend["windows"][0])
                if trend.get("how") == "ratio":
                    found = None if short is None or long in (None, 0) else short / long
                    out[f"{name}_over_{label(trend['windows'][1])}"] = Found(found, abs(found or 0))
                else:
                    found = None if short is None or long is None else short - long
                    out[f"{name}_minus_{label(trend['windows'][1])}"] = Found(found, size)
        result.append(out)
    return result


def column(spec: Spec, measure: Spec, agg: str, window: str) -> str:
    """The documented name of a generated column."""
    part = {"rate_per_day": "_per_day", "time_since_last": f"_{measure.get('unit', 'hour')}s_since_last"}.get(
        agg, f"_{agg}"
    )
    part = "" if agg == "count" and "expr" not in measure else part
    return f"{spec['prefix']}__{measure['name']}{part}_{label(window)}"
