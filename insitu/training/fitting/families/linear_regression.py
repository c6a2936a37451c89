"""Linear regression with a ridge penalty; with `l1_ratio`, an elastic net; with a quantile, a linear quantile."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import ElasticNet, QuantileRegressor, Ridge

from insitu.training.fitting.families.base import Family, Request, make, with_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    if request.quantile is not None:
        kept = {name: value for name, value in parameters.items() if name in ("fit_intercept", "solver")}
        alpha = {"alpha": 1e-4, "quantile": request.quantile}
        return with_sums(request, make(QuantileRegressor, request, **{**alpha, **kept}))
    if "l1_ratio" in parameters:
        defaults = {"alpha": 0.01, "max_iter": 2000, "random_state": request.random_state}
        return with_sums(request, make(ElasticNet, request, **{**defaults, **parameters}))
    return with_sums(request, make(Ridge, request, **{"random_state": request.random_state, **parameters}))


def space(task: str) -> dict[str, Any]:
    return {"alpha": {"low": 1e-3, "high": 1e3, "log": True}}


# Fitting a quantile is a linear program, slow on many rows: set `max_rows` with quantiles.
FAMILY = Family("linear_regression", ("regression",), build, space, quantiles=True, reasons=True)
