"""The number of rounds by brute force: the loss on the later rows after each round of a fit on the earlier ones."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from insitu.registry.model import Model
from tests.unit.training.example import snapshot
from tests.unit.training.test_bad_data import put
from tests.unit.training.test_by_hand import FEATURES, frame, numbers, one, unfitted

MOST = 25
ROUNDS: dict[str, tuple[str, dict[str, Any]]] = {
    "hist_gradient_boosting": ("max_iter", {"min_samples_leaf": 5, "learning_rate": 0.5}),
    "lightgbm": ("n_estimators", {"min_child_samples": 5, "learning_rate": 0.5}),
    "xgboost": ("n_estimators", {"min_child_weight": 1.0, "learning_rate": 0.5}),
    "mlp": ("max_iter", {"hidden_layer_sizes": [16], "learning_rate_init": 0.05, "batch_size": 64}),
}
# Few rows a round make the loss go up and down on its way.
RESTLESS: dict[str, dict[str, Any]] = {
    "lightgbm": {"learning_rate": 0.2, "subsample": 0.1, "subsample_freq": 1},
    "xgboost": {"learning_rate": 0.2, "subsample": 0.1},
}


def losses(
    family: str, task: str, pipeline: Any, early: pd.DataFrame, late: pd.DataFrame, columns: list[str], weights: Any
) -> list[float]:
    """The loss after each round."""
    train = pipeline["prepare"].fit_transform(early[columns])
    judge, model, y = pipeline["prepare"].transform(late[columns]), pipeline["model"], early["y"]
    scores: list[Any] = []
    if family == "mlp":
        classes = {} if task == "regression" else {"classes": [False, True]}
        for _ in range(MOST):
            model.partial_fit(train, y, sample_weight=weights, **classes)
            scores.append(model.predict(judge) if task == "regression" else model.predict_proba(judge))
    else:
        place = len(columns) - 1
        extra = {"categorical_feature": [place]} if family == "lightgbm" and columns[place] == "city" else {}
        model.fit(train, y, sample_weight=weights, **extra)
        if family == "hist_gradient_boosting":
            staged = model.staged_predict if task == "regression" else model.staged_predict_proba
            scores = list(staged(judge))
        else:
            predict = model.predict if task == "regression" else model.predict_proba
            for number in range(1, MOST + 1):
                upto = {"num_iteration": number} if family == "lightgbm" else {"iteration_range": (0, number)}
                scores.append(predict(judge, **upto))
    if task == "regression":
        return [float(mean_squared_error(late["y"], predicted)) for predicted in scores]
    return [float(log_loss(late["y"], predicted[:, 1])) for predicted in scores]


def first_best(found: list[float], patience: int) -> int:
    """The round that no one of the `patience` after it betters."""
    best = 0
    for number, loss in enumerate(found):
        if loss < found[best]:
            best = number
        elif number - best >= patience:
            break
    return best + 1


def with_cities() -> pa.Table:
    """The later rows of the split train lack the first of four cities, so that codes of their own would be others."""
    table = snapshot(700)
    city = np.where(np.arange(700) % 3 == 0, "bonn", table["city"].to_numpy(zero_copy_only=False))
    city[350:490] = np.where(city[350:490] == "bonn", "rome", city[350:490])
    return put(table.drop_columns(["n", "flag"]), "city", city.tolist())


@pytest.mark.parametrize("case", ["binary", "regression", "impatient", "weighted", "categories"])
@pytest.mark.parametrize("family", ROUNDS)
def test_the_best_round_on_the_later_slice(family: str, case: str) -> None:
    task = "regression" if case in ("regression", "impatient") else "binary"
    table = with_cities() if case == "categories" else numbers(600, task=task)
    columns = [*FEATURES, "city"] if case == "categories" else FEATURES
    rounds, parameters = ROUNDS[family]
    if case == "impatient":
        parameters = parameters | RESTLESS.get(family, {})
    patience = 1 if case == "impatient" else MOST
    candidate = {
        "name": "one",
        "family": family,
        "parameters": {**parameters, rounds: MOST},
        "early_stopping": {"rounds": patience, "slice": "25%"},
        "class_weight": {"true": 9.0, "false": 1.0} if case == "weighted" else None,
    }
    row = one(table, candidate, task=task, training={"refit": False}, random_state=1)
    (note,) = json.loads(row["search_trace"])
    seen = frame(table, "train")
    start = seen["as_of"].max() - (seen["as_of"].max() - seen["as_of"].min()) * 0.25
    late, early = seen[seen["as_of"] > start], seen[(seen["as_of"] <= start) & (seen["matured_at"] <= start)]
    weights = np.where(early["y"], 9.0, 1.0) if case == "weighted" else None
    pipeline = unfitted(row).set_params(**{f"model__{rounds}": MOST})
    found = losses(family, task, pipeline, early, late, columns, weights)
    best = first_best(found, patience)
    assert best < MOST, "else the last round would do as well"
    if case == "impatient":
        assert best < first_best(found, MOST), "else patience would make no difference"
    expected = max(1, round(best * len(seen) / (len(seen) - len(late))))
    assert note == {"step": "early_stopping", "best_rounds": best, "rounds": expected, "rows": len(early)}
    fitted = Model.from_row(row).estimator["model"]
    assert fitted.get_params()[rounds] == expected
