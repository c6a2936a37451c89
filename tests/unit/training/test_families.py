"""Every family fits every task it claims, is stored, read back, and predicts the same, whatever the order of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.metrics import roc_auc_score

from insitu.registry.model import Model
from insitu.training.fitting.families import FAMILIES
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


def test_scores_are_those_of_the_same_pipeline_in_scikit_learn() -> None:
    """The oracle: encodings and estimator written out by hand, on a frame made without our reader."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    table = snapshot()
    (row,) = trained(ml({"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 30}}), table)
    numeric = ["a", "b", "noise", "n", "flag"]
    frame = table.to_pandas()
    encode = make_column_transformer(("passthrough", numeric), (OrdinalEncoder(), ["city"]))
    model = HistGradientBoostingClassifier(
        max_iter=30, min_samples_leaf=50, l2_regularization=1.0, early_stopping=False, random_state=0,
        categorical_features=[5],
    )  # fmt: skip
    seen = frame[frame["split"] != "test"]
    oracle = make_pipeline(encode, model).fit(seen.astype({"flag": float, "n": float}), seen["y"])
    expected = oracle.predict_proba(frame[frame["split"] == "test"].astype({"flag": float, "n": float}))[:, 1]
    np.testing.assert_array_equal(Model.from_row(row).predict(only(table, "test")), expected)


def test_monotonic_constraint_holds() -> None:
    table = snapshot(600)
    for family in ("hist_gradient_boosting", "lightgbm", "xgboost"):
        candidate = {"name": "m", "family": family, "parameters": SMALL[family], "monotonic": {"b": "increasing"}}
        model = Model.from_row(trained(ml(candidate), table)[0])
        row = only(table, "test").slice(0, 1)
        many = pa.concat_tables([row] * 50)
        position = many.schema.get_field_index("b")
        many = many.set_column(position, "b", pa.array(np.linspace(-3, 3, 50)))
        assert (np.diff(model.predict(many)) >= 0).all(), family


def test_class_weight_raises_the_scores_of_the_heavier_class() -> None:
    table = snapshot(600)
    plain = {"name": "p", "family": "logistic_regression"}
    heavy = {"name": "h", "family": "logistic_regression", "class_weight": {"true": 5.0, "false": 1.0}}
    rows = trained(ml(plain, heavy), table)
    low, high = (Model.from_row(row).predict(only(table, "test")) for row in rows)
    assert (high > low).all()


def test_quantiles_cover_what_they_say() -> None:
    table = snapshot(3000, task="regression")
    for family in ("hist_gradient_boosting", "lightgbm", "xgboost", "linear_regression"):
        candidate = {"name": "q", "family": family, "parameters": SMALL.get(family, {}), "quantiles": [0.1, 0.9]}
        (row,) = trained(ml(candidate, task="regression"), table)
        model, test = Model.from_row(row), only(table, "test")
        quantiles = model.predict_quantiles(test)
        y = test["y"].to_numpy()
        inside = np.mean((quantiles[:, 0] <= y) & (y <= quantiles[:, 1]))
        assert 0.7 < inside < 0.9, family
        assert (quantiles[:, 0] <= quantiles[:, 1]).all()


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
