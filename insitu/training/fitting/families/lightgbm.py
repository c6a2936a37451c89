"""LightGBM (extra `boosting`) behind the scikit-learn interface."""

from __future__ import annotations

from typing import Any

from insitu.errors import ConfigurationError
from insitu.training.fitting.families.base import Request, Stopping, boosted, make, quantile_loss, with_trees


def build(request: Request, parameters: dict[str, Any]) -> Any:
    try:
        from lightgbm import LGBMClassifier, LGBMRegressor
    except ImportError as error:
        raise ConfigurationError(
            f"candidate `{request.candidate}` needs lightgbm: pip install 'insitu[boosting]', "
            "or use the family hist_gradient_boosting"
        ) from error
    defaults: dict[str, Any] = {
        "n_estimators": 200,
        "learning_rate": 0.1,
        "min_child_samples": 50,
        "reg_lambda": 1.0,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "random_state": request.random_state,
        "n_jobs": request.threads,
    }
    if request.monotonic:
        defaults["monotone_constraints"] = request.constraints
    parameters = quantile_loss(request, parameters, {"objective": "quantile", "alpha": request.quantile})
    estimator = LGBMRegressor if request.task == "regression" else LGBMClassifier
    return with_trees(request, make(estimator, request, **{**defaults, **parameters}))


def fit_parameters(pipeline: Any) -> dict[str, Any]:
    """LightGBM takes the positions of the categories in `fit`, not in its constructor."""
    (_, _, numeric), (_, _, categorical) = pipeline["prepare"].transformers
    return {"categorical_feature": list(range(len(numeric), len(numeric) + len(categorical)))} if categorical else {}


def best_rounds(stopping: Stopping) -> int:
    """Rounds with the least loss on the later slice."""
    from lightgbm import early_stopping

    model = stopping.model.fit(
        stopping.train,
        stopping.train_y,
        sample_weight=stopping.weights,
        eval_set=[(stopping.judge, stopping.judge_y)],
        **stopping.fit_parameters,
        callbacks=[early_stopping(stopping.patience, verbose=False)],
    )
    return max(1, int(model.best_iteration_))


SPACE = {
    "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
    "n_estimators": {"low": 100, "high": 400, "integer": True},
    "num_leaves": [15, 31, 63],
    "min_child_samples": [20, 50, 100, 200],
    "reg_lambda": {"low": 0.1, "high": 20.0, "log": True},
    "colsample_bytree": [0.3, 0.5, 1.0],
}

FAMILY = boosted("lightgbm", build, SPACE, "n_estimators", best_rounds, fit_parameters)
