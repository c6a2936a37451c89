"""Histogram gradient boosting of scikit-learn: native missing values, native categories, monotonic constraints."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from insitu.training.families.base import Family, Request, make
from insitu.training.preprocess import for_trees

DIRECTION = {"increasing": 1, "decreasing": -1}


def build(request: Request, parameters: dict[str, Any]) -> Any:
    first = len(request.numeric)
    defaults: dict[str, Any] = {
        "learning_rate": 0.1,
        "max_iter": 200,
        "min_samples_leaf": 50,
        "l2_regularization": 1.0,
        # The built-in early stopping holds out rows at random; ours holds out the latest.
        "early_stopping": False,
        "random_state": request.random_state,
        "categorical_features": list(range(first, first + len(request.categorical))) or None,
    }
    if request.monotonic:
        defaults["monotonic_cst"] = [DIRECTION.get(request.monotonic.get(name, ""), 0) for name in request.columns]
    if request.quantile is not None:
        defaults |= {"loss": "quantile", "quantile": request.quantile}
    estimator = HistGradientBoostingRegressor if request.task == "regression" else HistGradientBoostingClassifier
    model = make(estimator, request, **{**defaults, **parameters})
    return Pipeline([("prepare", for_trees(request.numeric, request.categorical)), ("model", model)])


def space(task: str) -> dict[str, Any]:
    return {
        "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
        "max_iter": {"low": 100, "high": 400, "integer": True},
        "max_leaf_nodes": [15, 31, 63],
        "min_samples_leaf": [20, 50, 100, 200],
        "l2_regularization": {"low": 0.1, "high": 20.0, "log": True},
        "max_features": [0.3, 0.5, 1.0],
    }


FAMILY = Family(
    "hist_gradient_boosting",
    ("binary", "multiclass", "regression"),
    build,
    space,
    own_threads=True,
    rounds="max_iter",
    quantiles=True,
    monotonic=True,
)
