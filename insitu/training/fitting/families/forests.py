"""Random forest and extremely randomised trees.

Large leaves keep them small enough for a table cell. The rows and the features tried per split are bounded, since each
tree sorts all of them.
"""

from __future__ import annotations

import functools
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from insitu.training.fitting.families.base import Family, Request, make, with_trees

MAX_ROWS = 100_000


def build(classifier: Any, regressor: Any, request: Request, parameters: dict[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "n_estimators": 100,
        "min_samples_leaf": 20,
        # The root for classes and a third for numbers, as Hastie et al. (2009, 15.3) advise.
        "max_features": 1 / 3 if request.task == "regression" else "sqrt",
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
    tasks = ("binary", "multiclass", "regression")
    return Family(name, tasks, of_kind, space, max_rows=MAX_ROWS, monotonic=True, own_threads=True, reasons=True)


RANDOM_FOREST = _family("random_forest", RandomForestClassifier, RandomForestRegressor)
EXTRA_TREES = _family("extra_trees", ExtraTreesClassifier, ExtraTreesRegressor)
