"""Support vector machine with a radial kernel, fitted on a sample: its cost grows with the square of the rows."""

from __future__ import annotations

from typing import Any

from sklearn.svm import SVC, SVR

from insitu.training.fitting.families.base import Family, Request, make, with_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    if request.task == "regression":
        return with_sums(request, make(SVR, request, **{"C": 1.0, "cache_size": 200, **parameters}))
    defaults = {"C": 1.0, "cache_size": 200, "random_state": request.random_state}
    return with_sums(request, make(SVC, request, **{**defaults, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {"C": {"low": 0.1, "high": 30.0, "log": True}, "gamma": {"low": 1e-4, "high": 0.3, "log": True}}


FAMILY = Family("kernel_svm", ("binary", "multiclass", "regression"), build, space, max_rows=5_000, probabilities=False)
