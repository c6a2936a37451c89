"""Contributions of features: they add up to a score's difference from a usual one, and are those of plain walks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline

from insitu.config import parse
from insitu.registry.model import Model
from insitu.registry.reasons import explainer
from insitu.registry.reasons.explainer import Explainer, unwrapped
from insitu.registry.signature import Signature
from insitu.training.fitting.budget import Clock
from insitu.training.fitting.data import read
from insitu.training.fitting.run import Run
from insitu.training.train import silent, train
from tests.unit.registry.test_encode import hostile
from tests.unit.training.example import ml, snapshot

Array = np.ndarray[Any, Any]

FAMILIES: dict[str, dict[str, Any]] = {
    "logistic_regression": {},
    "linear_svm": {},
    "linear_regression": {},
    "hist_gradient_boosting": {"max_iter": 8},
    "random_forest": {"n_estimators": 6},
    "extra_trees": {"n_estimators": 6},
    "lightgbm": {"n_estimators": 8},
    "xgboost": {"n_estimators": 8},
}
OF_CLASSES = [name for name in FAMILIES if name != "linear_regression"]
CASES = [
    *(("binary", name) for name in OF_CLASSES),
    *(("multiclass", name) for name in OF_CLASSES),
    *(("regression", name) for name in FAMILIES if name != "logistic_regression"),
]


def fitted(task: str, family: str, rows: pa.Table, **more: Any) -> Model:
    candidate = {"name": "one", "family": family, "parameters": FAMILIES[family], **more}
    settings = {"selection_metric": "rmse"} if task == "regression" else {}
    config = parse(ml(candidate, task=task, **settings), "demo")
    run = Run(config, read(config, "demo", rows), Clock(config.budget, 1), silent)
    estimator, _ = run.fitted(config.candidates[0], "final")
    columns = run.columns(config.candidates[0])
    features = [feature for feature in run.data.features if feature.name in columns]
    return Model("one", task, Signature(task, features, run.data.classes), estimator)


def raw(pipeline: Pipeline, frame: Any) -> Array:
    """What the estimator adds up, shape (rows, outputs)."""
    model, encoded = pipeline["model"], pipeline["prepare"].transform(frame)
    kind = type(model).__name__
    if kind.startswith("LGBM"):
        found = model.predict(encoded, raw_score=True)
    elif kind.startswith("XGB"):
        found = model.predict(encoded, output_margin=True)
    elif hasattr(model, "decision_function"):
        found = model.decision_function(encoded)
    elif hasattr(model, "predict_proba"):
        found = model.predict_proba(encoded)
        found = found[:, 1:] if found.shape[1] == 2 else found
    else:
        found = model.predict(encoded)
    return np.asarray(found, dtype=np.float64).reshape(len(frame), -1)


def told(model: Model, rows: pa.Table) -> Array:
    assert model.explainer is not None
    pipeline = unwrapped(model.estimator)
    assert pipeline is not None
    return model.explainer(pipeline["prepare"].transform(model.signature.frame(rows)))


@pytest.mark.parametrize(("task", "family"), CASES)
def test_they_add_up(task: str, family: str) -> None:
    table = snapshot(400, task=task)
    model = fitted(task, family, table)
    pipeline = unwrapped(model.estimator)
    assert pipeline is not None
    for rows in (table, hostile(table)):
        found = told(model, rows)
        assert found.shape == (400, 3 if task == "multiclass" else 1, 6)
        common = raw(pipeline, model.signature.frame(rows)) - found.sum(axis=2)
        np.testing.assert_allclose(common, common[:1].repeat(400, axis=0), atol=1e-5)
    if hasattr(pipeline["model"], "coef_"):  # told against the rows that it was fitted on
        known = np.isin(table["split"].to_numpy(zero_copy_only=False), ["train", "validation"])
        means = raw(pipeline, model.signature.frame(table.filter(pa.array(known)))).mean(axis=0)
        calibrated = family == "linear_svm" and task != "regression"
        assert calibrated or np.allclose(common[0], means, atol=1e-9)


def walked(tree: Any, row: Array, answer: Any, places: dict[int, int]) -> Array:
    """One tree and row, node by node, by definition: the mean answer of the training rows below a node."""

    def leaves(node: int) -> list[tuple[int, float]]:
        if tree.children_left[node] < 0:
            return [(tree.n_node_samples[node], answer(node))]
        return leaves(tree.children_left[node]) + leaves(tree.children_right[node])

    def mean(node: int) -> float:
        below = leaves(node)
        return float(sum(n * value for n, value in below) / sum(n for n, _ in below))

    found, node = np.zeros(len(row)), 0
    while tree.children_left[node] >= 0:
        column = tree.feature[node]
        value = np.float32(row[column])
        left = tree.missing_go_to_left[node] if np.isnan(value) else value <= tree.threshold[node]
        following = tree.children_left[node] if left else tree.children_right[node]
        found[places[column]] += mean(following) - mean(node)
        node = following
    return found


@pytest.mark.parametrize("table", ["dense", "sparse"])
def test_a_forest_walked_by_hand(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insitu.registry.reasons.trees.DENSE", 10**9 if table == "dense" else 0)
    rows = hostile(snapshot(500))
    model = fitted("binary", "random_forest", snapshot(500))
    forest, frame = unwrapped(model.estimator)["model"], model.signature.frame(rows)  # type: ignore[index]
    encoded = unwrapped(model.estimator)["prepare"].transform(frame)  # type: ignore[index]
    names = ["a", "b", "noise", "n", "flag", "city"]  # numbers, then categories
    places = {position: model.signature.columns.index(name) for position, name in enumerate(names)}
    for at in (0, 1, 2, 3, 4, 5, 77):
        each = [
            walked(tree.tree_, encoded[at], lambda node, t=tree.tree_: t.value[node, 0, 1], places)
            for tree in forest.estimators_
        ]
        np.testing.assert_allclose(told(model, rows)[at, 0], np.mean(each, axis=0), atol=1e-12)


def test_boosting_of_one_split_by_hand() -> None:
    """A stump on a category alone: its whole step is that category's."""
    table = snapshot(800)
    parameters = {"max_iter": 1, "max_leaf_nodes": 2, "learning_rate": 0.5}
    model = fitted("binary", "hist_gradient_boosting", table, parameters=parameters, features=["noise", "city"])
    found = told(model, table)[:, 0]
    nodes = unwrapped(model.estimator)["model"]._predictors[0][0].nodes  # type: ignore[index]
    (low, high), counts = nodes["value"][1:], nodes["count"][1:].astype(float)
    mean = np.average([low, high], weights=counts)
    own = found[:, model.signature.columns.index("city")]
    assert {round(value, 12) for value in own} == {round(low - mean, 12), round(high - mean, 12)}
    assert not found[:, model.signature.columns.index("noise")].any()


def test_boosters_tell_what_their_libraries_tell() -> None:
    table = snapshot(500)
    model = fitted("binary", "lightgbm", table)
    pipeline = unwrapped(model.estimator)
    assert pipeline is not None
    encoded = pipeline["prepare"].transform(model.signature.frame(table))
    expected = pipeline["model"].predict(encoded, pred_contrib=True)[:, :-1]
    order = [["a", "b", "noise", "n", "flag", "city"].index(name) for name in model.signature.columns]
    np.testing.assert_array_equal(told(model, table)[:, 0], expected[:, order])


def test_linear_by_hand() -> None:
    """Coefficient × (value - mean): of a missing value also that it is missing, of a category all its columns."""
    table = snapshot(700, task="regression")
    model = fitted("regression", "linear_regression", table)
    pipeline = unwrapped(model.estimator)
    assert pipeline is not None
    frame = model.signature.frame(table)
    encoded = np.asarray(pipeline["prepare"].transform(frame))
    known = np.isin(table["split"].to_numpy(zero_copy_only=False), ["train", "validation"])
    parts = pipeline["model"].coef_ * (encoded - encoded[known].mean(axis=0))
    # a, b, noise, n, flag; is a missing; then one column for each city
    by_hand = {"a": parts[:, 0] + parts[:, 5], "b": parts[:, 1], "n": parts[:, 3], "city": parts[:, 6:].sum(axis=1)}
    found = told(model, table)[:, 0]
    for name, expected in by_hand.items():
        np.testing.assert_allclose(found[:, model.signature.columns.index(name)], expected, atol=1e-9)


def test_the_greatest_in_either_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    table = snapshot(500)
    model = fitted("binary", "hist_gradient_boosting", table)
    contributions = told(model, table)[:, 0]
    whole = model.reasons(table, 3)
    monkeypatch.setattr(explainer, "VALUES", 50)  # a few rows at a time
    found = model.reasons(table, 3)
    assert found is not None and whole is not None and found.features.shape == (500, 1, 3)
    np.testing.assert_array_equal(found.features, whole.features)
    for row, features, values in zip(contributions, found.features[:, 0], found.contributions[:, 0], strict=True):
        ranked = sorted(range(6), key=lambda feature: -abs(row[feature]))[:3]
        expected = [(feature, row[feature]) for feature in ranked if row[feature]]
        assert [(f, v) for f, v in zip(features, values, strict=True) if f >= 0] == expected
    more = model.reasons(table, 9)
    assert more is not None and (more.features[:, 0, 6:] == -1).all()


def test_two_classes_of_a_multiclass_task() -> None:
    table = snapshot(500, task="multiclass")
    table = table.filter(pa.compute.not_equal(table["y"], "mid"))
    for family in ("hist_gradient_boosting", "random_forest", "logistic_regression"):
        found = told(fitted("multiclass", family, table), table)
        assert found.shape[1] == 2
        np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-12)


def test_calibrated_and_quantiles_are_told_before() -> None:
    table = snapshot(700)
    plain, calibrated = (
        fitted("binary", "hist_gradient_boosting", table, **more) for more in ({}, {"calibration": "isotonic"})
    )
    np.testing.assert_array_equal(told(plain, table), told(calibrated, table))
    values = snapshot(700, task="regression")
    with_quantiles = fitted("regression", "hist_gradient_boosting", values, quantiles=[0.1, 0.9])
    np.testing.assert_array_equal(
        told(with_quantiles, values), told(fitted("regression", "hist_gradient_boosting", values), values)
    )


def test_others_have_none() -> None:
    table = snapshot(500)
    candidates = [
        {"name": "logistic", "family": "logistic_regression"},
        {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 3}},
        {"name": "kernel", "family": "kernel_svm", "parameters": {"kernel": "linear"}},
        {"name": "mean", "family": "average", "members": ["logistic", "gbm"]},
    ]
    rows = train(ml(*candidates), "demo", table, progress=silent).to_pylist()
    explained = {row["candidate"]: Model.from_row(row).reasons(table, 2) is not None for row in rows}
    assert explained == {"logistic": True, "gbm": True, "kernel": False, "mean": False}
    assert Explainer.of(object(), [], 1) is None
