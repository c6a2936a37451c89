"""A user's own scikit-learn estimator, by import path: `estimator: my_package.module.MyClassifier`."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from insitu.errors import ConfigurationError
from insitu.training.fitting.families.base import Family, Request, make, with_sums, with_trees


def build(request: Request, parameters: dict[str, Any]) -> Any:
    path = request.import_path
    if not path or "." not in path:
        raise ConfigurationError(
            f"candidate `{request.candidate}` of family custom needs `estimator`, the import path of a scikit-learn "
            f"estimator such as `sklearn.naive_bayes.GaussianNB`; found {path!r}"
        )
    module, _, name = path.rpartition(".")
    try:
        estimator = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"candidate `{request.candidate}`: `estimator: {path}` cannot be imported ({error}). Install its package "
            "in this environment, or correct the path"
        ) from error
    seed = {"random_state": request.random_state} if "random_state" in inspect.signature(estimator).parameters else {}
    model = make(estimator, request, **{**seed, **parameters})
    return with_trees(request, model) if request.encoding == "trees" else with_sums(request, model)


def space(task: str) -> dict[str, Any]:
    return {}


FAMILY = Family("custom", ("binary", "multiclass", "regression"), build, space)
