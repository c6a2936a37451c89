"""Random forest. Their size is bounded by large leaves: an artifact is a table cell."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from insitu.training.families.base import Family, Request, make, with_trees


def build(request: Request, parameters: dict[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "n_estimators": 150,
        "min_samples_leaf": 20,
        "max_features": 0.3,
        "random_state": request.random_state,
        "n_jobs": request.threads,
    }
    if request.monotonic:
        defaults["monotonic_cst"] = request.constraints
    estimator = RandomForestRegressor if request.task == "regression" else RandomForestClassifier
    return with_trees(request, make(estimator, request, **{**defaults, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {
        "min_samples_leaf": {"low": 5, "high": 100, "log": True, "integer": True},
        "max_features": {"low": 0.1, "high": 0.8},
    }


FAMILY = Family("random_forest", ("binary", "multiclass", "regression"), build, space, monotonic=True, own_threads=True)
