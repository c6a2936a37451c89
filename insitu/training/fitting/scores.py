"""The scores of a fitted estimator for a frame: one function for the search and for the predictions."""

from __future__ import annotations

from typing import Any

import numpy as np


def raw_scores(estimator: Any, task: str, frame: Any) -> np.ndarray[Any, Any]:
    """Apply a fitted estimator to a frame; the shapes are those of `Model.predict`."""
    if isinstance(estimator, dict):
        estimator = estimator["score"]
    if task == "regression":
        return np.asarray(estimator.predict(frame), dtype=np.float64)
    probabilities = np.asarray(estimator.predict_proba(frame), dtype=np.float64)
    if task == "binary":
        return probabilities[:, 1]
    # Some libraries compute in single precision, where a row's probabilities only nearly add up to 1.
    normalised: np.ndarray[Any, Any] = probabilities / probabilities.sum(axis=1, keepdims=True)
    return normalised
