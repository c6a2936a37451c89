"""How numbers and names are written for people."""

import datetime as dt
from typing import Any

METRICS = {
    "auc": "AUC",
    "average_precision": "Average precision",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "expected_calibration_error": "Calibration error",
    "maximum_calibration_error": "Worst calibration error",
    "base_rate": "Observed rate",
    "mean_score": "Mean score",
    "mean_label": "Mean label",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "lift": "Lift at capacity",
    "capture": "Capture at capacity",
    "missing_scores": "Missing scores",
    "profit": "Profit a row",
    "profit_treat_all": "Profit treating all",
    "profit_treat_none": "Profit treating none",
    "profit_uplift": "Lead over simple rules",
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "r2": "R²",
    "bias": "Bias",
    "median_absolute_error": "Median absolute error",
    "pinball_loss": "Pinball loss",
    "mape": "Mean absolute percentage error",
    "coverage": "Coverage",
    "psi": "PSI",
    "ks": "Kolmogorov–Smirnov",
}
SHARES = {"accuracy", "precision", "recall", "capture", "missing_scores", "coverage", "mape"}
MONEY = {"profit", "profit_treat_all", "profit_treat_none", "profit_uplift"}
MINUS = "−"


def metric_name(metric: str) -> str:
    """A metric's name for people; an unknown one as words."""
    return METRICS.get(metric, metric.replace("_", " ").capitalize())


def inside(name: str) -> str:
    """A metric's name inside a sentence: `Log loss` as `log loss`, `AUC` as it is."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


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
    if metric in SHARES:
        return percent(value)
    return number(value, 2 if metric in MONEY else 3)


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
