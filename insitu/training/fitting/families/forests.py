"""Random forest and extremely randomised trees. Large leaves keep them small enough for a table cell."""

from __future__ import annotations

import functools
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from insitu.training.fitting.families.base import Family, Request, make, with_trees


def build(classifier: Any, regressor: Any, request: Request, parameters: dict[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "n_estimators": 150,
        "min_samples_leaf": 20,
        "max_features": 0.3,
        "random_state": request.random_state,
        "n_jobs": request.threads,
    }
    if request.monotonic:
        defaults["monotonic_cst"] = request.constraints
    estimator = regressor if request.task == "regression" else classifier
    return with_trees(request, make(estimator, request, **{**defaults, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {
        "min_samples_leaf": {"low": 5, "high": 100, "log": True, "integer": True},
        "max_features": {"low": 0.1, "high": 0.8},
    }


def _family(name: str, classifier: Any, regressor: Any) -> Family:
    of_kind = functools.partial(build, classifier, regressor)
    return Family(name, ("binary", "multiclass", "regression"), of_kind, space, monotonic=True, own_threads=True)


RANDOM_FOREST = _family("random_forest", RandomForestClassifier, RandomForestRegressor)
EXTRA_TREES = _family("extra_trees", ExtraTreesClassifier, ExtraTreesRegressor)
