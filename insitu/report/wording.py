"""How numbers and names are written for people."""

import datetime as dt
from typing import Any

from insitu import metrics

MINUS = "−"


def metric_name(metric: str) -> str:
    """A metric's name for people."""
    return metrics.of(metric).title


def number(value: Any, digits: int = 3) -> str:
    """A real number with a real minus sign; an em dash for what is unknown. Large numbers lose decimals."""
    if value is None:
        return "—"
    size = abs(float(value))
    shown = f"{float(value):,.{0 if size >= 10_000 else min(digits, 1) if size >= 1_000 else digits}f}"
    return shown.replace("-", MINUS)


def count(value: Any) -> str:
    """A whole number with thousands separated."""
    return "—" if value is None else f"{int(value):,}"


def percent(value: Any, digits: int = 1) -> str:
    """A share in percent."""
    return "—" if value is None else f"{100 * float(value):.{digits}f} %".replace("-", MINUS)


def metric_value(metric: str, value: Any) -> str:
    """A value as its metric is usually written."""
    kind = metrics.of(metric).kind
    return percent(value) if kind == "share" else number(value, 2 if kind == "money" else 3)


def interval(metric: str, low: Any, high: Any) -> str:
    """A 95 % interval, or nothing where there is none."""
    return "" if low is None or high is None else f"{metric_value(metric, low)} to {metric_value(metric, high)}"


def moment(value: Any) -> str:
    """A time to the minute, a midnight to the day; UTC."""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if value.time() == dt.time() else f"{value:%Y-%m-%d %H:%M}"
    return "—" if value is None else str(value)


def title(name: str) -> str:
    """`early_churn` as `Early churn`."""
    return name.replace("_", " ").strip().capitalize()
