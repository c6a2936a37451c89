"""Logistic regression with an L2, L1 or elastic-net penalty."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from insitu.training.families.base import Family, Request, make
from insitu.training.preprocess import for_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    defaults = {"C": 0.1, "max_iter": 300, "random_state": request.random_state}
    model = make(LogisticRegression, request, **{**defaults, **parameters})
    return Pipeline([("prepare", for_sums(request.numeric, request.categorical)), ("model", model)])


def space(task: str) -> dict[str, Any]:
    return {"C": {"low": 1e-4, "high": 10.0, "log": True}}


FAMILY = Family("logistic_regression", ("binary", "multiclass"), build, space)
