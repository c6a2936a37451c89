"""Every family fits every task it claims, is stored, read back, and predicts the same, whatever the order of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from lightgbm import LGBMRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression, QuantileRegressor, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR, LinearSVR
from xgboost import XGBRegressor

from insitu.registry.model import Model
from insitu.training.fitting.families import FAMILIES, Request
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

SMALL: dict[str, dict[str, Any]] = {
    "hist_gradient_boosting": {"max_iter": 20},
    "lightgbm": {"n_estimators": 20},
    "xgboost": {"n_estimators": 20},
    "random_forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 10},
    "mlp": {"max_iter": 3, "hidden_layer_sizes": [8]},
}
KEYS = ["snapshot_id", "training_as_of", "id", "as_of", "split", "matured_at"]
CASES = [
    (family.name, task)
    for family in FAMILIES.values()
    for task in family.tasks
    if not family.combines and family.name != "custom"
]


def quiet(line: str) -> None:
    """No progress in tests."""


def only(table: pa.Table, split: str) -> pa.Table:
    return table.filter(pc.equal(table["split"], split))


def trained(config: dict[str, Any], table: pa.Table) -> list[dict[str, Any]]:
    rows = train(config, "demo", table, progress=quiet).to_pylist()
    assert [(row["status"], row["message"]) for row in rows] == [("trained", None)] * len(rows)
    return rows


@pytest.mark.parametrize(("family", "task"), CASES)
def test_fits_stores_and_predicts_the_same_bits_for_any_row_order(family: str, task: str) -> None:
    table = snapshot(500, task=task)
    candidate = {"name": "one", "family": family, "parameters": SMALL.get(family, {})}
    config = ml(candidate, task=task, training={"refit": False})
    (row,) = trained(config, table)
    shuffled = table.take(np.random.default_rng(3).permutation(table.num_rows))
    (again,) = trained(config, shuffled)

    test = only(table, "test")
    scores = Model.from_row(row).predict(test)
    assert scores.shape == ((test.num_rows, 3) if task == "multiclass" else (test.num_rows,))
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, Model.from_row(again).predict(test))
    assert row["artifact_sha256"] == again["artifact_sha256"]


BOOSTED = {"learning_rate": 0.1, "random_state": 0}
# The estimator of each family, written out with its defaults for numbers that are all there.
BY_HAND: dict[tuple[str, str], Callable[[], Any]] = {
    ("logistic_regression", "binary"): lambda: LogisticRegression(C=0.1, max_iter=300, solver="newton-cholesky"),
    ("linear_regression", "regression"): lambda: Ridge(alpha=1.0),
    ("linear_svm", "regression"): lambda: LinearSVR(C=1.0, dual=False, loss="squared_epsilon_insensitive"),
    ("kernel_svm", "regression"): lambda: SVR(C=1.0),
    ("random_forest", "binary"): lambda: RandomForestClassifier(
        10, min_samples_leaf=20, max_features="sqrt", random_state=0
    ),
    ("random_forest", "regression"): lambda: RandomForestRegressor(
        10, min_samples_leaf=20, max_features=1 / 3, random_state=0
    ),
    ("extra_trees", "binary"): lambda: ExtraTreesClassifier(
        10, min_samples_leaf=20, max_features="sqrt", random_state=0
    ),
    ("extra_trees", "regression"): lambda: ExtraTreesRegressor(
        10, min_samples_leaf=20, max_features=1 / 3, random_state=0
    ),
    ("hist_gradient_boosting", "regression"): lambda: HistGradientBoostingRegressor(
        max_iter=20, min_samples_leaf=50, l2_regularization=1.0, early_stopping=False, **BOOSTED
    ),
    ("lightgbm", "regression"): lambda: LGBMRegressor(
        n_estimators=20, min_child_samples=50, reg_lambda=1.0, deterministic=True, force_row_wise=True, verbosity=-1,
        n_jobs=1, **BOOSTED,
    ),
    ("xgboost", "regression"): lambda: XGBRegressor(
        n_estimators=20, max_depth=6, min_child_weight=10.0, tree_method="hist", n_jobs=1, **BOOSTED
    ),
    ("mlp", "binary"): lambda: MLPClassifier(
        hidden_layer_sizes=[8], alpha=1e-3, batch_size=512, max_iter=3, tol=0.0, n_iter_no_change=1000, random_state=0
    ),
    ("mlp", "regression"): lambda: MLPRegressor(
        hidden_layer_sizes=[8], alpha=1e-3, batch_size=512, max_iter=3, tol=0.0, n_iter_no_change=1000, random_state=0
    ),
}  # fmt: skip


@pytest.mark.parametrize(("family", "task"), BY_HAND)
def test_scores_are_those_of_scikit_learn(family: str, task: str) -> None:
    table = snapshot(900, task=task).select([*KEYS, "b", "noise", "n", "y"])
    candidate = {"name": "one", "family": family, "parameters": SMALL.get(family, {})}
    (row,) = trained(ml(candidate, task=task, training={"refit": False}), table)
    rows = table.to_pandas().astype({"n": float})
    seen, test, columns = rows[rows.split == "train"], rows[rows.split == "test"], ["b", "noise", "n"]
    model = make_pipeline(StandardScaler(), BY_HAND[family, task]())
    if family in ("lightgbm", "xgboost", "hist_gradient_boosting", "random_forest", "extra_trees"):
        model = make_pipeline(BY_HAND[family, task]())  # trees need no scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(seen[columns].to_numpy(), seen.y)
    asked = test[columns].to_numpy()
    expected = model.predict(asked) if task == "regression" else model.predict_proba(asked)[:, 1]
    np.testing.assert_allclose(Model.from_row(row).predict(only(table, "test")), expected, rtol=0, atol=1e-6)


def fitted(table: pa.Table, family: str, task: str = "regression", **candidate: Any) -> Any:
    (row,) = trained(ml({"name": "one", "family": family, **candidate}, task=task, training={"refit": False}), table)
    return Model.from_row(row)


def test_penalties_that_need_another_solver() -> None:
    """An L1 penalty sets weights to zero, which a ridge never does."""
    table = snapshot(600)
    sparse = fitted(table, "logistic_regression", "binary", parameters={"l1_ratio": 1.0, "C": 0.02}).estimator["model"]
    assert sparse.solver == "saga" and (sparse.coef_ == 0).sum() >= 3
    elastic = fitted(snapshot(600, task="regression"), "linear_regression", parameters={"l1_ratio": 0.9, "alpha": 0.2})
    assert isinstance(elastic.estimator["model"], ElasticNet) and (elastic.estimator["model"].coef_ == 0).sum() >= 3
    assert isinstance(fitted(table, "logistic_regression", "binary").estimator["model"], LogisticRegression)


@pytest.mark.parametrize(("numbers", "solver"), [(450, "newton-cholesky"), (451, "lbfgs")])
def test_newtons_method_gives_way_where_columns_are_many(numbers: int, solver: str) -> None:
    """A number has a column of its own and one that says whether it is missing, a category a hundred."""
    request = Request("binary", [f"x{i}" for i in range(numbers)], ["c"], 0, "one")
    assert FAMILIES["logistic_regression"].build(request, {})["model"].solver == solver


def test_large_snapshots_are_sampled_where_the_cost_would_explode(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {family.name: family.max_rows for family in FAMILIES.values() if family.max_rows} == {
        "kernel_svm": 5_000,
        "random_forest": 100_000,
        "extra_trees": 100_000,
    }
    monkeypatch.setitem(FAMILIES, "kernel_svm", replace(FAMILIES["kernel_svm"], max_rows=100))
    machine = fitted(snapshot(300).select([*KEYS, "b", "y"]), "kernel_svm", "binary")
    assert machine.estimator.estimator.estimator["model"].shape_fit_ == (100, 1)


@pytest.mark.parametrize("direction", ["increasing", "decreasing"])
@pytest.mark.parametrize("family", ["hist_gradient_boosting", "lightgbm", "xgboost", "random_forest", "extra_trees"])
def test_monotonic_constraint_holds(family: str, direction: str) -> None:
    """The label falls with `b`: a constraint against it leaves a flat line, one along with it changes no sign."""
    table = snapshot(600)
    candidate = {"name": "m", "family": family, "parameters": SMALL[family], "monotonic": {"b": direction}}
    model = Model.from_row(trained(ml(candidate), table)[0])
    row = only(table, "test").slice(0, 1)
    many = pa.concat_tables([row] * 50)
    many = many.set_column(many.schema.get_field_index("b"), "b", pa.array(np.linspace(-3, 3, 50)))
    steps = np.diff(model.predict(many))
    assert (steps >= 0).all() if direction == "increasing" else ((steps <= 0).all() and steps.sum() < -0.02)


QUANTILES: dict[str, Callable[[float], Any]] = {
    "hist_gradient_boosting": lambda q: HistGradientBoostingRegressor(
        loss="quantile", quantile=q, max_iter=20, min_samples_leaf=50, l2_regularization=1.0, early_stopping=False,
        **BOOSTED,
    ),
    "lightgbm": lambda q: LGBMRegressor(
        objective="quantile", alpha=q, n_estimators=20, min_child_samples=50, reg_lambda=1.0, deterministic=True,
        force_row_wise=True, verbosity=-1, n_jobs=1, **BOOSTED,
    ),
    "xgboost": lambda q: XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=q, n_estimators=20, max_depth=6, min_child_weight=10.0,
        tree_method="hist", n_jobs=1, **BOOSTED,
    ),
    "linear_regression": lambda q: make_pipeline(
        StandardScaler(), QuantileRegressor(quantile=q, alpha=1e-4, fit_intercept=False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", QUANTILES)
def test_quantiles_are_those_of_scikit_learn_and_never_cross(family: str) -> None:
    table = snapshot(600, task="regression").select([*KEYS, "b", "noise", "y"])
    parameters = {"fit_intercept": False} if family == "linear_regression" else SMALL[family]
    model = fitted(table, family, parameters=parameters, quantiles=[0.9, 0.2, 0.25])
    assert model.signature.quantiles == [0.2, 0.25, 0.9]
    rows = table.to_pandas()
    seen, test = rows[rows.split == "train"], rows[rows.split == "test"]
    columns = [
        QUANTILES[family](q).fit(seen[["b", "noise"]].to_numpy(), seen.y).predict(test[["b", "noise"]].to_numpy())
        for q in (0.2, 0.25, 0.9)
    ]
    expected = np.sort(np.column_stack(columns), axis=1)
    np.testing.assert_allclose(model.predict_quantiles(only(table, "test")), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_calibration_leaves_the_ranking_and_mends_the_mean(method: str) -> None:
    table = snapshot(3000)
    weighted = {"name": "w", "family": "logistic_regression", "class_weight": {"1": 8.0}}
    mended = {**weighted, "name": "c", "calibration": method}
    raw, calibrated = trained(ml(weighted, mended), table)
    test = only(table, "test")
    y = test["y"].to_numpy(zero_copy_only=False).astype(int)
    before, after = Model.from_row(raw).predict(test), Model.from_row(calibrated).predict(test)
    assert abs(after.mean() - y.mean()) < 0.05 < abs(before.mean() - y.mean())
    assert abs(roc_auc_score(y, before) - roc_auc_score(y, after)) < 0.01
