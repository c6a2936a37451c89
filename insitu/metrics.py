"""The metrics: what they are called, whether more is better, how values are written, and which ones choose a model.

One more metric: its macro `metric_<name>` in SQL, and a line here. One that is not here is shown under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "share", "money"]


@dataclass(frozen=True)
class Metric:
    """What a reader needs to know of a metric."""

    title: str
    higher_is_better: bool = True
    kind: Kind = "number"


METRICS: dict[str, Metric] = {
    "auc": Metric("AUC"),
    "average_precision": Metric("Average precision"),
    "log_loss": Metric("Log loss", higher_is_better=False),
    "brier": Metric("Brier score", higher_is_better=False),
    "expected_calibration_error": Metric("Calibration error", higher_is_better=False),
    "maximum_calibration_error": Metric("Worst calibration error", higher_is_better=False),
    "base_rate": Metric("Observed rate"),
    "mean_score": Metric("Mean score"),
    "mean_label": Metric("Mean label"),
    "accuracy": Metric("Accuracy", kind="share"),
    "balanced_accuracy": Metric("Balanced accuracy", kind="share"),
    "macro_f1": Metric("Mean F1 of the classes"),
    "precision": Metric("Precision", kind="share"),
    "recall": Metric("Recall", kind="share"),
    "f1": Metric("F1"),
    "lift": Metric("Lift at capacity"),
    "capture": Metric("Capture at capacity", kind="share"),
    "missing_scores": Metric("Missing scores", higher_is_better=False, kind="share"),
    "profit": Metric("Profit a row", kind="money"),
    "profit_treat_all": Metric("Profit treating all", kind="money"),
    "profit_treat_none": Metric("Profit treating none", kind="money"),
    "profit_uplift": Metric("Lead over simple rules", kind="money"),
    "mae": Metric("Mean absolute error", higher_is_better=False),
    "rmse": Metric("Root mean squared error", higher_is_better=False),
    "r2": Metric("R²"),
    "bias": Metric("Bias"),
    "median_absolute_error": Metric("Median absolute error", higher_is_better=False),
    "pinball": Metric("Pinball loss", higher_is_better=False),
    "mape": Metric("Mean absolute percentage error", higher_is_better=False, kind="share"),
    "coverage": Metric("Coverage", kind="share"),
    "psi": Metric("PSI"),
    "ks": Metric("Kolmogorov–Smirnov"),
    "jensen_shannon": Metric("Jensen–Shannon"),
    "wasserstein": Metric("Wasserstein"),
    "scale": Metric("Scale"),
    "unseen_share": Metric("Unseen values", kind="share"),
}

# The metrics that can choose among candidates, by task; the first does where a use case names none.
CHOOSING: dict[str, tuple[str, ...]] = {
    "binary": ("auc", "average_precision", "log_loss", "brier"),
    "multiclass": ("log_loss", "accuracy", "auc"),
    "regression": ("mae", "rmse", "r2", "pinball"),
}


def of(name: str) -> Metric:
    """A metric by its name; an unknown one is named as its name says, and taken to be better when higher."""
    return METRICS.get(name, Metric(name.replace("_", " ").capitalize()))


def usual(task: str) -> str:
    """The metric that chooses where none is declared."""
    return CHOOSING[task][0]


def in_sentence(title: str) -> str:
    """A title inside a sentence: `Log loss` as `log loss`, `AUC` as it is."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
