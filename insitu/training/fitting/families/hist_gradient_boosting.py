"""Histogram gradient boosting of scikit-learn: native missing values, native categories, monotonic constraints."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from insitu.training.fitting.families.base import Request, Stopping, boosted, make, quantile_loss, with_trees


def build(request: Request, parameters: dict[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "learning_rate": 0.1,
        "max_iter": 200,
        "min_samples_leaf": 50,
        "l2_regularization": 1.0,
        # The built-in early stopping holds out rows at random; ours holds out the latest.
        "early_stopping": False,
        "random_state": request.random_state,
        "categorical_features": request.codes or None,
    }
    if request.monotonic:
        defaults["monotonic_cst"] = request.constraints
    parameters = quantile_loss(request, parameters, {"loss": "quantile", "quantile": request.quantile})
    estimator = HistGradientBoostingRegressor if request.task == "regression" else HistGradientBoostingClassifier
    return with_trees(request, make(estimator, request, **{**defaults, **parameters}))


def best_rounds(stopping: Stopping) -> int:
    """Rounds with the least loss on the later slice."""
    model = stopping.model.set_params(early_stopping=True, n_iter_no_change=stopping.patience, scoring="loss")
    model.fit(
        stopping.train,
        stopping.train_y,
        sample_weight=stopping.weights,
        X_val=stopping.judge,
        y_val=stopping.judge_y,
    )
    return max(1, int(np.argmax(model.validation_score_)))


SPACE = {
    "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
    "max_iter": {"low": 100, "high": 400, "integer": True},
    "max_leaf_nodes": [15, 31, 63],
    "min_samples_leaf": [20, 50, 100, 200],
    "l2_regularization": {"low": 0.1, "high": 20.0, "log": True},
    "max_features": [0.3, 0.5, 1.0],
}

FAMILY = boosted("hist_gradient_boosting", build, SPACE, "max_iter", best_rounds)
