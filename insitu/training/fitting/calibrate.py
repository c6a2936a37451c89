"""Calibration: maps scores to frequencies, as learned on later rows that the model has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from insitu.training.fitting.data import Rows


def calibrated(full: Any, fit: Callable[[Rows], Any], early: Rows, late: Rows, method: str) -> Any:
    """A calibrated classifier.

    Args:
        full: the estimator fitted on all rows, which is applied in the end.
        fit: fits the same estimator on other rows.
        early: rows before the slice.
        late: the slice.
        method: `isotonic` or `sigmoid`.
    """
    result = CalibratedClassifierCV(FrozenEstimator(fit(early)), method=method).fit(late.frame, late.y)
    result.estimator = FrozenEstimator(full)
    for pair in result.calibrated_classifiers_:
        pair.estimator = result.estimator
    return result
