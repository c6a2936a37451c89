"""What training does, done again by hand with scikit-learn: which rows each model has seen, and what it was told."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

from insitu.config import Budget, CrossValidation
from insitu.errors import InsituError
from insitu.registry.model import Model
from insitu.training.fitting.budget import Clock
from insitu.training.fitting.scorers import SCORERS
from insitu.training.fitting.temporal import folds, later_slice
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot
from tests.unit.training.test_temporal import rows as some_rows

FEATURES = ["a", "b", "noise"]
GBM = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20, "min_samples_leaf": 20}}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}


def numbers(rows: int = 1200, task: str = "binary") -> pa.Table:
    """The snapshot with numbers only, all of them there, so that encodings do nothing."""
    table = snapshot(rows, task=task).drop_columns(["n", "flag", "city"])
    return table.set_column(table.schema.get_field_index("a"), "a", pc.fill_null(table["a"], 0.0))


def one(table: pa.Table, *candidates: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The row of the last candidate."""
    rows = train(ml(*candidates, **settings), "demo", table, progress=silent).to_pylist()
    assert [row["status"] for row in rows] == ["trained"] * len(rows), [row["message"] for row in rows]
    return next(row for row in rows if row["candidate"] == candidates[-1]["name"])


def frame(table: pa.Table, *splits: str) -> pd.DataFrame:
    everything = table.to_pandas()
    return everything[everything["split"].isin(splits)].sort_values("as_of")


def unfitted(row: dict[str, Any]) -> Any:
    """The same pipeline, to be fitted by hand."""
    return clone(Model.from_row(row).estimator)


def score(model: Any, rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    return np.asarray(model.predict_proba(rows[FEATURES])[:, 1])


def test_the_first_model_saw_the_split_train_alone_and_the_final_one_validation_too() -> None:
    table = numbers()
    row = one(table, GBM)
    test, validation = frame(table, "test"), frame(table, "validation")
    seen, all_seen = frame(table, "train"), frame(table, "train", "validation")
    first = unfitted(row).fit(seen[FEATURES], seen["y"])
    final = unfitted(row).fit(all_seen[FEATURES], all_seen["y"])
    judged = table.filter(pc.equal(table["split"], "validation"))
    np.testing.assert_array_equal(Model.from_row(row, "validation").predict(judged), score(first, validation))
    deployed = Model.from_row(row).predict(table.filter(pc.equal(table["split"], "test")))
    np.testing.assert_array_equal(deployed, score(final, test))
    assert row["trained_rows"] == len(all_seen)


def test_gap_and_test_teach_nothing() -> None:
    """Their labels are turned round; every model stays what it is."""
    table = numbers()
    place = np.arange(table.num_rows)
    gap = (place >= 0.8 * table.num_rows) & (place < 0.85 * table.num_rows)
    split = np.where(gap, "gap", table["split"].to_numpy(zero_copy_only=False))
    honest = table.set_column(table.schema.get_field_index("split"), "split", pa.array(split))
    y = honest["y"].to_numpy(zero_copy_only=False)
    turned = pa.array(np.where(np.isin(split, ["gap", "test"]), ~y, y))
    poisoned = honest.set_column(honest.schema.get_field_index("y"), "y", turned)
    for candidate in (GBM, LOGISTIC):
        assert one(honest, candidate)["artifact_sha256"] == one(poisoned, candidate)["artifact_sha256"]
        assert one(honest, candidate)["artifact_sha256"] != one(table, candidate)["artifact_sha256"]


def test_history_bounds_the_rows_of_the_fit() -> None:
    table = numbers()
    row = one(table, GBM, training={"history": "30 days", "refit": False})
    seen = frame(table, "train")
    recent = seen[seen["as_of"] > seen["as_of"].max() - pd.Timedelta("30 days")]
    assert row["trained_rows"] == len(recent) < len(seen)
    expected = unfitted(row).fit(recent[FEATURES], recent["y"])
    test = table.filter(pc.equal(table["split"], "test"))
    np.testing.assert_array_equal(Model.from_row(row).predict(test), score(expected, frame(table, "test")))


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    table = numbers()
    rare = pa.array(table["y"].to_numpy(zero_copy_only=False) & (table["b"].to_numpy() < -0.5))
    table = table.set_column(table.schema.get_field_index("y"), "y", rare)
    row = one(table, {**LOGISTIC, "class_weight": "balanced"}, training={"refit": False})
    seen, test = frame(table, "train"), frame(table, "test")
    expected = unfitted(row).set_params(model__class_weight="balanced").fit(seen[FEATURES], seen["y"])
    found = Model.from_row(row).predict(table.filter(pc.equal(table["split"], "test")))
    np.testing.assert_allclose(found, score(expected, test), rtol=0, atol=1e-9)
    plain = unfitted(row).fit(seen[FEATURES], seen["y"])
    assert np.abs(score(plain, test) - found).max() > 0.05


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_calibration_learns_from_rows_that_its_model_has_not_seen(method: str) -> None:
    table = numbers(2000)
    calibrated = {**GBM, "calibration": {"method": method, "slice": "20 days"}}
    row = one(table, calibrated, training={"refit": False})
    plain = one(table, GBM, training={"refit": False})
    seen, test = frame(table, "train"), frame(table, "test")
    start = seen["as_of"].max() - pd.Timedelta("20 days")
    late, early = seen[seen["as_of"] > start], seen[(seen["as_of"] <= start) & (seen["matured_at"] <= start)]
    assert len(early) + len(late) <= len(seen)
    before = unfitted(plain).fit(early[FEATURES], early["y"])
    full = unfitted(plain).fit(seen[FEATURES], seen["y"])
    found = Model.from_row(row).predict(table.filter(pc.equal(table["split"], "test")))
    if method == "isotonic":
        mapping = IsotonicRegression(out_of_bounds="clip").fit(before.decision_function(late[FEATURES]), late["y"])
        expected = mapping.predict(full.decision_function(test[FEATURES]))
    else:
        mapping = CalibratedClassifierCV(FrozenEstimator(before), method="sigmoid").fit(late[FEATURES], late["y"])
        sigmoid = mapping.calibrated_classifiers_[0].calibrators[0]
        expected = sigmoid.predict(full.decision_function(test[FEATURES]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def fold_rows(seen: pd.DataFrame, number: int) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Folds by hand: the later half in equal lengths, each judged by what was known before it."""
    first, last = seen["as_of"].min(), seen["as_of"].max()
    length = (last - first) // (2 * number)
    edges = [last - k * length for k in range(number, -1, -1)]
    return [
        (
            seen[(seen["as_of"] <= start) & (seen["matured_at"] <= start)],
            seen[(seen["as_of"] > start) & (seen["as_of"] <= end)],
        )
        for start, end in pairwise(edges)
    ]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_stack_learns_from_rows_that_its_members_had_not_seen(task: str) -> None:
    table = numbers(task=task)
    linear = {"name": "linear", "family": "linear_regression" if task == "regression" else "logistic_regression"}
    stack = {"name": "stack", "family": "stack", "members": ["gbm", "linear"]}
    config = ml(GBM, linear, stack, task=task, random_state=5)
    rows = {row["candidate"]: row for row in train(config, "demo", table, progress=silent).to_pylist()}
    seen = frame(table, "train", "validation")
    members = [unfitted(rows["gbm"]), unfitted(rows["linear"])]

    def scores(model: Any, part: pd.DataFrame) -> np.ndarray[Any, Any]:
        if task == "multiclass":
            return np.asarray(model.predict_proba(part[FEATURES]))
        return score(model, part) if task == "binary" else model.predict(part[FEATURES])

    inputs, labels = [], []
    for early, late in fold_rows(seen, CrossValidation().folds):
        fitted = [clone(member).fit(early[FEATURES], early["y"]) for member in members]
        inputs.append(np.column_stack([scores(member, late) for member in fitted]))
        labels.append(late["y"])
    final = Ridge(1.0, positive=True) if task == "regression" else LogisticRegression(C=1.0, max_iter=500)
    final.fit(np.vstack(inputs), np.concatenate(labels))
    test = frame(table, "test")
    full = [clone(member).fit(seen[FEATURES], seen["y"]) for member in members]
    stacked = np.column_stack([scores(member, test) for member in full])
    expected = final.predict(stacked) if task == "regression" else final.predict_proba(stacked)
    found = Model.from_row(rows["stack"]).predict(table.filter(pc.equal(table["split"], "test")))
    np.testing.assert_allclose(found, expected[:, 1] if task == "binary" else expected, rtol=0, atol=1e-6)
    (note,) = json.loads(rows["stack"]["search_trace"])
    assert note["members"] == ["gbm", "linear"] and note["out_of_fold_rows"] == sum(map(len, labels))
    np.testing.assert_allclose(note["coefficients"], final.coef_, rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_an_average_weighs_its_members_as_declared(task: str) -> None:
    """At every stage: the one that validation judges has members that had not seen validation."""
    table = numbers(task=task)
    linear = {"name": "linear", "family": "linear_regression" if task == "regression" else "logistic_regression"}
    blend = {"name": "blend", "family": "average", "members": ["gbm", "linear"], "weights": [3, 1]}
    row = one(table, GBM, linear, blend, task=task)
    members = {name: one(table, candidate, task=task) for name, candidate in (("gbm", GBM), ("linear", linear))}
    for split, splits in (("validation", ["train"]), ("test", ["train", "validation"])):
        seen, judged = frame(table, *splits), frame(table, split)
        gbm, other = (unfitted(members[name]).fit(seen[FEATURES], seen["y"]) for name in ("gbm", "linear"))
        a, b = (score(m, judged) if task == "binary" else m.predict(judged[FEATURES]) for m in (gbm, other))
        found = Model.from_row(row, split).predict(table.filter(pc.equal(table["split"], split)))
        np.testing.assert_allclose(found, (3 * a + b) / 4, rtol=0, atol=1e-9)


def test_trials_are_judged_by_the_folds_that_a_calendar_gives() -> None:
    table = numbers()
    search = {"method": "grid", "trials": 3, "space": {"max_iter": [2, 30]}}
    row = one(table, {**GBM, "search": search}, training={"refit": False})
    trials = [item for item in json.loads(row["search_trace"]) if item["step"] == "search"]
    assert len(trials) >= 2
    for trial in trials:
        expected = []
        for early, late in fold_rows(frame(table, "train"), CrossValidation().folds):
            model = unfitted(row).set_params(model__max_iter=trial["parameters"].get("max_iter", 20))
            expected.append(roc_auc_score(late["y"], score(model.fit(early[FEATURES], early["y"]), late)))
        np.testing.assert_allclose(trial["scores"], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2"])
def test_a_search_picks_the_better_point_by_a_loss(metric: str) -> None:
    search = {"method": "grid", "trials": 3, "space": {"max_iter": [1, 40]}}
    row = one(numbers(task="regression"), {**GBM, "search": search}, task="regression", selection_metric=metric)
    assert json.loads(row["parameters"])["max_iter"] == 40


@pytest.mark.parametrize("metric", sorted(SCORERS))
def test_a_better_prediction_scores_higher(metric: str) -> None:
    random = np.random.default_rng(0)
    if metric in ("mae", "rmse", "r2", "pinball"):
        y = random.normal(size=300)
        good, bad = y + random.normal(size=300) * 0.1, y + random.normal(size=300)
    else:
        y = random.integers(0, 2, 300)
        good, bad = np.clip(y * 0.8 + 0.1, 0, 1), random.random(300)
        if metric == "accuracy":
            good, bad = (np.column_stack([1 - s, s]) for s in (good, bad))
    assert SCORERS[metric](y, good) > SCORERS[metric](y, bad)


def test_a_sliding_window_ends_a_gap_before_the_slice() -> None:
    data = some_rows(delay_hours=1)
    options = CrossValidation.model_validate(
        {"folds": 3, "window": "sliding", "gap": "5 days", "train": "20 days", "validation": "10 days"}
    )
    last, day = data.as_of.max(), np.timedelta64(1, "D")
    for number, (train_rows, validation) in zip((3, 2, 1), folds(data, options), strict=True):
        start = last - number * 10 * day
        np.testing.assert_array_equal(validation, (data.as_of > start) & (data.as_of <= start + 10 * day))
        window = (data.as_of <= start - 5 * day) & (data.as_of > start - 25 * day)
        np.testing.assert_array_equal(train_rows, window)


def test_folds_know_only_labels_that_had_matured() -> None:
    data = some_rows(delay_hours=72)
    last, day = data.as_of.max(), np.timedelta64(1, "D")
    options = CrossValidation.model_validate({"folds": 2, "validation": "10 days"})
    for number, (train_rows, _) in zip((2, 1), folds(data, options), strict=True):
        start = last - number * 10 * day
        np.testing.assert_array_equal(train_rows, data.as_of + 3 * day <= start)
    early, late = later_slice(data, "10 days")
    assert len(early) == int((data.as_of + 3 * day <= last - 10 * day).sum())
    assert len(late) == int((data.as_of > last - 10 * day).sum())


def test_a_category_that_is_the_label_is_refused() -> None:
    table = numbers()
    label = table["y"].to_numpy(zero_copy_only=False)
    table = table.append_column("verdict", pa.array(np.where(label, "guilty", "innocent")))
    with pytest.raises(InsituError, match=r"feature `verdict` tells the label `y` almost perfectly \(every category"):
        train(ml(LOGISTIC), "demo", table, progress=silent)
    label[0] = ~label[0]  # one exception
    honest = table.set_column(table.schema.get_field_index("verdict"), "verdict", pa.array(np.where(label, "g", "i")))
    assert one(honest, LOGISTIC)["status"] == "trained"


def test_seconds_are_shared_among_the_candidates_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("insitu.training.fitting.budget.time.monotonic", lambda: now[0])
    clock = Clock(Budget(seconds=60), 3, started=100.0)
    assert clock.deadline() == pytest.approx(120)  # a third of a minute
    now[0] = 110.0  # half of it was used
    assert clock.deadline() == pytest.approx(110 + 25)
    now[0] = 150.0
    assert clock.deadline() == pytest.approx(160)
    now[0] = 200.0
    assert clock.deadline() == pytest.approx(200)
    assert Clock(Budget(), 1).deadline() == float("inf")
    assert Clock(Budget(trials=4), 1).trials(10) == 4


@pytest.mark.parametrize(
    ("family", "declared"),
    [
        ("hist_gradient_boosting", {"max_iter": 20, "loss": "absolute_error"}),
        ("lightgbm", {"n_estimators": 20, "objective": "regression_l1"}),
        ("xgboost", {"n_estimators": 20, "objective": "reg:absoluteerror"}),
    ],
)
def test_quantiles_have_their_own_loss_beside_a_declared_one(family: str, declared: dict[str, Any]) -> None:
    table = numbers(2000, task="regression")
    candidate = {"name": "q", "family": family, "parameters": declared, "quantiles": [0.1, 0.9]}
    row = one(table, candidate, task="regression", training={"refit": False})
    without = one(table, {**candidate, "quantiles": None}, task="regression", training={"refit": False})
    only_quantiles = {**candidate, "parameters": {k: v for k, v in declared.items() if k not in ("loss", "objective")}}
    other = one(table, only_quantiles, task="regression", training={"refit": False})
    test = table.filter(pc.equal(table["split"], "test"))
    model = Model.from_row(row)
    np.testing.assert_array_equal(model.predict(test), Model.from_row(without).predict(test))
    np.testing.assert_array_equal(model.predict_quantiles(test), Model.from_row(other).predict_quantiles(test))
    assert np.abs(Model.from_row(other).predict(test) - model.predict(test)).max() > 0  # another loss, another model
