"""Logistic regression with an L2, L1 or elastic-net penalty; sparse one-hot categories."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression

from insitu.training.fitting.families.base import Family, Request, make, with_sums
from insitu.training.fitting.preprocess import MAX_ONE_HOT

WIDE = 1000  # columns after encoding, at most


def build(request: Request, parameters: dict[str, Any]) -> Any:
    # Newton's method needs few steps, but each costs the square of the columns: lbfgs takes over where they are many.
    # Neither supports the L1 penalty; saga does.
    width = 2 * len(request.numeric) + MAX_ONE_HOT * len(request.categorical)
    solver = "saga" if parameters.get("l1_ratio") else "newton-cholesky" if width <= WIDE else "lbfgs"
    defaults = {"C": 0.1, "max_iter": 300, "solver": solver, "random_state": request.random_state}
    return with_sums(request, make(LogisticRegression, request, **{**defaults, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {"C": {"low": 1e-4, "high": 10.0, "log": True}}


FAMILY = Family("logistic_regression", ("binary", "multiclass"), build, space, reasons=True)
