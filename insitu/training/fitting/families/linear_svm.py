"""Linear support vector machine; its distances become probabilities by calibration."""

from __future__ import annotations

from typing import Any

from sklearn.svm import LinearSVC, LinearSVR

from insitu.training.fitting.families.base import Family, Request, make, with_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    if request.task == "regression":
        defaults: dict[str, Any] = {"C": 1.0, "dual": False, "loss": "squared_epsilon_insensitive"}
        estimator = LinearSVR
    else:
        defaults = {"C": 0.01, "dual": False}
        estimator = LinearSVC
    return with_sums(
        request, make(estimator, request, **{**defaults, "random_state": request.random_state, **parameters})
    )


def space(task: str) -> dict[str, Any]:
    return {"C": {"low": 1e-5, "high": 1.0, "log": True}}


FAMILY = Family("linear_svm", ("binary", "multiclass", "regression"), build, space, probabilities=False, reasons=True)
