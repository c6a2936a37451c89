"""Logistic regression with an L2, L1 or elastic-net penalty; sparse one-hot categories."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression

from insitu.training.families.base import Family, Request, make, with_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    # lbfgs is fastest but knows the L2 penalty only.
    solver = "saga" if parameters.get("l1_ratio") else "lbfgs"
    defaults = {"C": 0.1, "max_iter": 300, "solver": solver, "random_state": request.random_state}
    return with_sums(request, make(LogisticRegression, request, **{**defaults, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {"C": {"low": 1e-4, "high": 10.0, "log": True}}


FAMILY = Family("logistic_regression", ("binary", "multiclass"), build, space)
