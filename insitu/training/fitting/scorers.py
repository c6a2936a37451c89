"""The metrics by which a search compares trials, from scikit-learn. Higher is better: losses are negated.

The published metrics are computed in SQL; these only steer a search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics

Array = np.ndarray[Any, Any]
Scorer = Callable[[Array, Array], float]


def _labels(scores: Array) -> Array:
    return np.arange(scores.shape[1]) if scores.ndim == 2 else np.arange(2)


def _auc(y: Array, scores: Array) -> float:
    if scores.ndim == 2:
        return float(metrics.roc_auc_score(y, scores, multi_class="ovr", labels=_labels(scores)))
    return float(metrics.roc_auc_score(y, scores))


def _brier(y: Array, scores: Array) -> float:
    return -float(np.mean((scores - y) ** 2))


SCORERS: dict[str, Scorer] = {
    "auc": _auc,
    "average_precision": lambda y, scores: float(metrics.average_precision_score(y, scores)),
    "log_loss": lambda y, scores: -float(metrics.log_loss(y, scores, labels=_labels(scores))),
    "brier": _brier,
    "accuracy": lambda y, scores: float(np.mean(np.argmax(scores, axis=1) == y)),
    "mae": lambda y, scores: -float(metrics.mean_absolute_error(y, scores)),
    "rmse": lambda y, scores: -float(metrics.root_mean_squared_error(y, scores)),
    "r2": lambda y, scores: float(metrics.r2_score(y, scores)),
    "pinball": lambda y, scores: -float(metrics.mean_pinball_loss(y, scores)),
}
