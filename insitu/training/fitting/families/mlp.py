"""Multi-layer perceptron of scikit-learn."""

from __future__ import annotations

from typing import Any

from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

from insitu.training.fitting.families.base import Family, Request, Stopping, make, with_sums


def build(request: Request, parameters: dict[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "hidden_layer_sizes": [64, 32],
        "alpha": 1e-3,
        "batch_size": 512,
        "learning_rate_init": 1e-3,
        "max_iter": 15,  # epochs
        "tol": 0.0,  # never stop before max_iter
        "n_iter_no_change": 1000,
        "random_state": request.random_state,
    }
    estimator = MLPRegressor if request.task == "regression" else MLPClassifier
    model = make(estimator, request, **{**defaults, **parameters})
    return with_sums(request, model.set_params(hidden_layer_sizes=tuple(model.hidden_layer_sizes)))


def best_rounds(stopping: Stopping) -> int:
    """Epochs with the least loss on the later slice."""
    model, train, judge = stopping.model, stopping.train, stopping.judge
    classes = sorted(set(stopping.train_y.tolist()))
    best, best_loss = 1, float("inf")
    for epoch in range(1, int(model.max_iter) + 1):
        if isinstance(model, MLPClassifier):
            model.partial_fit(train, stopping.train_y, classes=classes, sample_weight=stopping.weights)
            loss = float(log_loss(stopping.judge_y, model.predict_proba(judge), labels=classes))
        else:
            model.partial_fit(train, stopping.train_y, sample_weight=stopping.weights)
            loss = float(mean_squared_error(stopping.judge_y, model.predict(judge)))
        if loss < best_loss:
            best, best_loss = epoch, loss
        elif epoch - best >= stopping.patience:
            break
    return best


def space(task: str) -> dict[str, Any]:
    return {
        "hidden_layer_sizes": [[32], [64], [64, 32], [128, 64]],
        "alpha": {"low": 1e-5, "high": 1e-1, "log": True},
        "learning_rate_init": {"low": 3e-4, "high": 5e-3, "log": True},
        "max_iter": [8, 15, 30],
    }


FAMILY = Family("mlp", ("binary", "multiclass", "regression"), build, space, rounds="max_iter", best_rounds=best_rounds)
