"""XGBoost (extra `boosting`) behind the scikit-learn interface."""

from __future__ import annotations

from typing import Any

from insitu.errors import ConfigurationError
from insitu.training.fitting.families.base import Request, Stopping, boosted, make, quantile_loss, with_trees


def build(request: Request, parameters: dict[str, Any]) -> Any:
    try:
        from xgboost import XGBClassifier, XGBRegressor
    except ImportError as error:
        raise ConfigurationError(
            f"candidate `{request.candidate}` needs xgboost: pip install 'insitu[boosting]', "
            "or use the family hist_gradient_boosting"
        ) from error
    defaults: dict[str, Any] = {
        "n_estimators": 200,
        "learning_rate": 0.1,
        "max_depth": 6,
        "min_child_weight": 10.0,
        "tree_method": "hist",
        "enable_categorical": True,
        "feature_types": ["q"] * len(request.numeric) + ["c"] * len(request.categorical),
        "random_state": request.random_state,
        "n_jobs": request.threads,
    }
    if request.monotonic:
        defaults["monotone_constraints"] = tuple(request.constraints)
    parameters = quantile_loss(
        request, parameters, {"objective": "reg:quantileerror", "quantile_alpha": request.quantile}
    )
    estimator = XGBRegressor if request.task == "regression" else XGBClassifier
    return with_trees(request, make(estimator, request, **{**defaults, **parameters}))


def best_rounds(stopping: Stopping) -> int:
    """Rounds with the least loss on the later slice."""
    model = stopping.model.set_params(early_stopping_rounds=stopping.patience)
    model.fit(
        stopping.train,
        stopping.train_y,
        sample_weight=stopping.weights,
        eval_set=[(stopping.judge, stopping.judge_y)],
        verbose=False,
    )
    return int(model.best_iteration) + 1


SPACE = {
    "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
    "n_estimators": {"low": 100, "high": 400, "integer": True},
    "max_depth": [4, 6, 8],
    "min_child_weight": {"low": 1.0, "high": 100.0, "log": True},
    "reg_lambda": {"low": 0.1, "high": 20.0, "log": True},
    "colsample_bytree": [0.3, 0.5, 1.0],
}

FAMILY = boosted("xgboost", build, SPACE, "n_estimators", best_rounds)
