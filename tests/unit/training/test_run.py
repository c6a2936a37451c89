"""One run by hand: what each stage was fitted on, how trials were scored, what was selected, what the budget left."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from insitu.config import Budget
from insitu.registry.model import Model
from insitu.training import train as train_module
from insitu.training.fitting import tune
from insitu.training.fitting.budget import Clock
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot
from tests.unit.training.test_bad_data import put
from tests.unit.training.test_by_hand import FEATURES, GBM, LOGISTIC, fold_rows, frame, numbers, one, score, unfitted

EVERYTHING = {"training": {"refit": "everything"}}
ONCE = {"training": {"refit": False}}


def only(table: pa.Table, split: str) -> pa.Table:
    return table.filter(pc.equal(table["split"], split))


def evenly(rows: pd.DataFrame, size: int) -> pd.DataFrame:
    """So many rows, evenly spread over time, the first and the last among them."""
    return rows.iloc[np.linspace(0, len(rows) - 1, size).astype(int)]


def with_every_split(table: pa.Table) -> pa.Table:
    """All splits that a snapshot may have, in the order of time."""
    place = np.arange(table.num_rows)
    split = np.where(place < 0.6 * table.num_rows, "train", "validation").astype(object)
    split[place >= 0.7 * table.num_rows] = "refit"
    split[place >= 0.8 * table.num_rows] = "gap"
    split[place >= 0.85 * table.num_rows] = "test"
    split[place >= 0.95 * table.num_rows] = "late"
    return put(table, "split", split.tolist())


KNOWN = ["train", "validation", "refit"]


@pytest.mark.parametrize("history", [None, "40 days"])
def test_one_is_tested_and_another_fitted_on_everything_is_deployed(history: str | None) -> None:
    table = with_every_split(numbers())
    row = one(table, GBM, training={"refit": "everything", "history": history})
    stages = {"validation": ["train"], "test": KNOWN, "deployed": [*KNOWN, "gap", "test", "late"]}
    rows = {}
    for name, splits in stages.items():
        seen = frame(table, *splits)
        if history:
            seen = seen[seen["as_of"] > seen["as_of"].max() - pd.Timedelta(history)]
        expected = unfitted(row).fit(seen[FEATURES], seen["y"])
        found = Model.from_row(row, name).predict(only(table, "test"))
        np.testing.assert_array_equal(found, score(expected, frame(table, "test")))
        rows[name] = len(seen)
    assert (row["trained_rows"], row["deployed_rows"]) == (rows["test"], rows["deployed"])
    assert json.loads(row["search_trace"]) == [{"step": "refit_on_everything", "rows": rows["deployed"]}]


@pytest.mark.parametrize("lacks", ["validation", "refit"])
def test_a_version_is_refitted_if_anything_was_known_later(lacks: str) -> None:
    table = with_every_split(numbers(600))
    table = table.filter(pc.not_equal(table["split"], lacks))
    row = one(table, LOGISTIC)
    assert row["trained_rows"] == len(frame(table, *KNOWN)) and row["validation_artifact"] is not None
    only_train = one(table.filter(pc.equal(table["split"], "train")), LOGISTIC)
    assert only_train["trained_rows"] == 360 and only_train["validation_artifact"] is None


def test_a_class_that_only_the_test_has_is_not_fitted_at_the_end() -> None:
    table = snapshot(600, task="multiclass")
    y = np.array(table["y"].to_pylist(), dtype=object)
    y[-3:] = "enormous"
    row = one(put(table, "y", y.tolist()), LOGISTIC, task="multiclass", **EVERYTHING)
    assert row["deployed_rows"] == 597
    assert json.loads(row["signature"])["classes"] == ["high", "low", "mid"]
    assert Model.from_row(row, "deployed").predict(table).shape == (600, 3)


@pytest.mark.parametrize("family", ["linear_svm", "kernel_svm"])
def test_distances_become_probabilities_by_a_calibration_that_nobody_asked_for(family: str) -> None:
    table = numbers(800)
    row = one(table, {"name": "svm", "family": family, "parameters": {"C": 0.5}}, **ONCE)
    seen, test = frame(table, "train"), frame(table, "test")
    start = seen["as_of"].max() - (seen["as_of"].max() - seen["as_of"].min()) * 0.15
    late, early = seen[seen["as_of"] > start], seen[seen["matured_at"] <= start]
    machine = LinearSVC(C=0.5, dual=False, random_state=0) if family == "linear_svm" else SVC(C=0.5)
    before, full = (
        clone(make_pipeline(StandardScaler(), machine)).fit(part[FEATURES], part["y"]) for part in (early, seen)
    )
    fitted = CalibratedClassifierCV(FrozenEstimator(before), method="sigmoid").fit(late[FEATURES], late["y"])
    expected = fitted.calibrated_classifiers_[0].calibrators[0].predict(full.decision_function(test[FEATURES]))
    np.testing.assert_allclose(Model.from_row(row).predict(only(table, "test")), expected, rtol=0, atol=1e-9)
    (note,) = json.loads(row["search_trace"])
    assert note == {"step": "calibration", "method": "sigmoid", "rows": len(late)}


@pytest.mark.parametrize("metric", ["auc", "log_loss"])
def test_trials_of_distances_are_calibrated_where_the_metric_needs_it(metric: str) -> None:
    table = numbers(800)
    search = {"method": "grid", "space": {"C": [0.01, 1.0]}}
    candidate = {"name": "svm", "family": "linear_svm", "parameters": {"C": 7.0}, "search": search}
    row = one(table, candidate, **ONCE, selection_metric=metric)
    *trials, result, _ = json.loads(row["search_trace"])
    assert [trial["parameters"]["C"] for trial in trials] == [0.01, 1.0]
    for trial in trials:
        machine = LinearSVC(C=trial["parameters"]["C"], dual=False, random_state=0)
        expected = []
        for early, late in fold_rows(frame(table, "train"), 3):
            full = clone(make_pipeline(StandardScaler(), machine)).fit(early[FEATURES], early["y"])
            distances = full.decision_function(late[FEATURES])
            if metric == "auc":
                expected.append(roc_auc_score(late["y"], distances))
                continue
            start = early["as_of"].max() - (early["as_of"].max() - early["as_of"].min()) * 0.15
            kept, judges = early[early["matured_at"] <= start], early[early["as_of"] > start]
            before = clone(make_pipeline(StandardScaler(), machine)).fit(kept[FEATURES], kept["y"])
            fitted = CalibratedClassifierCV(FrozenEstimator(before), method="sigmoid").fit(
                judges[FEATURES], judges["y"]
            )
            expected.append(-log_loss(late["y"], fitted.calibrated_classifiers_[0].calibrators[0].predict(distances)))
        np.testing.assert_allclose(trial["scores"], expected, rtol=0, atol=1e-9)
        assert trial["score"] == pytest.approx(np.mean(expected), abs=1e-9)
    best = max(trials, key=lambda trial: float(trial["score"]))
    assert json.loads(row["parameters"]) == best["parameters"]
    assert (result["trials"], result["folds"], result["score"], result["metric"]) == (2, 3, best["score"], metric)


def test_trials_on_fewer_rows_folds_and_history_are_as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of a search by successive halving, on half of its judges."""
    monkeypatch.setattr(tune, "MAX_JUDGED", 60)
    table = numbers(1200)
    search = {"method": "halving", "trials": 4, "factor": 2, "space": {"C": {"low": 1e-4, "high": 10.0, "log": True}}}
    training = {"refit": False, "history": "50 days", "cross_validation": {"folds": 2, "validation": "10 days"}}
    candidate = {**LOGISTIC, "parameters": {"C": 0.3}, "search": search}
    row = one(table, candidate, training=training, selection_metric="brier", random_state=4)
    trials = [item for item in json.loads(row["search_trace"]) if item["step"] == "search"]
    assert [trial["share"] for trial in trials] == [0.5] * 4 + [1.0] * 2
    assert trials[0]["parameters"] == {}
    seen, day = frame(table, "train"), pd.Timedelta("1 day")
    last = seen["as_of"].max()
    seen = seen[seen["as_of"] > last - 50 * day]
    for trial in trials:
        expected = []
        for start in (last - 20 * day, last - 10 * day):
            early = seen[(seen["as_of"] <= start) & (seen["matured_at"] <= start)]
            late = evenly(seen[(seen["as_of"] > start) & (seen["as_of"] <= start + 10 * day)], 60)
            early = evenly(early, int(trial["share"] * len(early)))
            strength = trial["parameters"].get("C", 0.3)
            model = LogisticRegression(C=strength, max_iter=300, solver="newton-cholesky")
            fitted = make_pipeline(StandardScaler(), model).fit(early[FEATURES], early["y"])
            expected.append(-np.mean((fitted.predict_proba(late[FEATURES])[:, 1] - late["y"]) ** 2))
        np.testing.assert_allclose(trial["scores"], expected, rtol=0, atol=1e-6)
    best = max(trials[4:], key=lambda trial: float(trial["score"]))
    assert json.loads(row["parameters"]) == {"C": 0.3} | best["parameters"]


def test_a_search_leaves_the_rounds_to_early_stopping() -> None:
    candidate = {**GBM, "early_stopping": {"rounds": 2}, "search": {"method": "random", "trials": 3}}
    trials = [t for t in json.loads(one(numbers(500), candidate, **ONCE)["search_trace"]) if t["step"] == "search"]
    assert [trial["score"] is not None for trial in trials] == [True] * 3
    assert not any("max_iter" in trial["parameters"] for trial in trials)
    assert all("learning_rate" in trial["parameters"] for trial in trials[1:])


def test_the_budget_ends_a_search() -> None:
    search = {"method": "random", "trials": 5}
    few = one(numbers(400), {**LOGISTIC, "search": search}, budget={"trials": 2}, **ONCE)
    assert json.loads(few["search_trace"])[-1]["trials"] == 2 and few["message"] is None
    short = one(numbers(400), {**LOGISTIC, "search": search}, budget={"seconds": 1e-9}, **ONCE)
    assert json.loads(short["search_trace"])[-1]["trials"] == 1
    assert short["message"] == "the search ended after 1 trials: budget spent"


def test_seconds_are_shared_among_the_searches_that_are_still_to_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def clock(budget: Budget, candidates: int) -> Clock:
        counted.append(candidates)
        return Clock(budget, candidates)

    monkeypatch.setattr(train_module, "Clock", clock)
    table = numbers(300)
    config = ml(*({**LOGISTIC, "name": name, "search": {"trials": 1}} for name in "abc"), LOGISTIC)
    first = train(config, "demo", table, progress=silent).to_pylist()
    train(config, "demo", table, {first[0]["training_key"], first[3]["training_key"]}, progress=silent)
    assert counted == [3, 2]


def selected(table: pa.Table, wanted: dict[str, Any], **training: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """The row of a candidate that selects its features, and their importances by scikit-learn."""
    row = one(table, {**LOGISTIC, "feature_selection": wanted}, training={"refit": False, **training})
    seen = frame(table, "train")
    last = seen["as_of"].max()
    if "history" in training:
        seen = seen[seen["as_of"] > last - pd.Timedelta(training["history"])]
    start = last - pd.Timedelta(wanted["slice"])
    early, late = seen[seen["matured_at"] <= start], seen[seen["as_of"] > start]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300, solver="newton-cholesky"))
    model.fit(early[FEATURES], early["y"])
    found = permutation_importance(model, late[FEATURES], late["y"], scoring="roc_auc", n_repeats=3, random_state=0)
    return row, dict(zip(FEATURES, found.importances_mean, strict=True))


@pytest.mark.parametrize("training", [{}, {"history": "30 days"}])
def test_features_are_selected_by_what_they_are_worth_on_later_rows(training: dict[str, Any]) -> None:
    table = numbers(900)
    row, worth = selected(table, {"keep": 2, "slice": "12 days"}, **training)
    best = sorted(FEATURES, key=lambda name: -worth[name])
    note = json.loads(row["search_trace"])[0]
    found = {item["feature"]: item for item in note["features"]}
    assert [item["feature"] for item in note["features"]] == best, "the best first"
    np.testing.assert_allclose([found[n]["importance"] for n in best], [worth[n] for n in best], rtol=0, atol=1e-9)
    assert {name for name in best if found[name]["kept"]} == set(best[:2])
    signature = json.loads(row["signature"])
    assert {feature["name"] for feature in signature["features"]} == set(best[:2])
    reason = f"feature selection: importance {worth[best[2]]:.6f}"
    assert signature["dropped"] == [{"name": best[2], "reason": reason}]
    assert row["message"] == f"dropped 1 features: {best[2]} ({reason})"


def test_a_feature_below_the_least_importance_is_dropped_and_one_always_stays() -> None:
    table = numbers(900)
    _, worth = selected(table, {"slice": "12 days"})
    best = sorted(FEATURES, key=lambda name: -worth[name])
    row, _ = selected(table, {"slice": "12 days", "min_importance": worth[best[1]] - 1e-6})
    assert {feature["name"] for feature in json.loads(row["signature"])["features"]} == set(best[:2])
    row, _ = selected(table, {"slice": "12 days", "min_importance": 0.9})
    assert [feature["name"] for feature in json.loads(row["signature"])["features"]] == best[:1]


def test_a_feature_that_is_worth_nothing_is_dropped() -> None:
    """A constant weight of zero: shuffled, it changes nothing, and its importance is exactly zero."""
    candidate = {
        "name": "tree",
        "family": "custom",
        "estimator": "sklearn.tree.DecisionTreeClassifier",
        "encoding": "trees",
        "parameters": {"max_depth": 1},
        "feature_selection": True,
    }
    row = one(numbers(900), candidate, **ONCE)
    assert len(json.loads(row["signature"])["features"]) == 1


def test_at_most_so_many_rows_are_fitted_evenly_spread_over_time() -> None:
    table = numbers(900)
    row = one(table, {**GBM, "max_rows": 200}, **ONCE)
    part = evenly(frame(table, "train"), 200)
    expected = unfitted(row).fit(part[FEATURES], part["y"])
    found = Model.from_row(row).predict(only(table, "test"))
    np.testing.assert_array_equal(found, score(expected, frame(table, "test")))
    stopped = one(table, {**GBM, "max_rows": 200, "early_stopping": {"rounds": 3}}, **ONCE)
    assert json.loads(stopped["search_trace"])[0]["rows"] == 200


@pytest.mark.parametrize("declared", [{"true": 5.0, "false": 0.5}, {"1": 5.0, "0": 0.5}, {"True": 5.0, "FALSE": 0.5}])
def test_declared_weights_are_those_of_scikit_learn(declared: dict[str, float]) -> None:
    table = numbers(600)
    row = one(table, {**LOGISTIC, "class_weight": declared}, **ONCE)
    seen = frame(table, "train")
    expected = unfitted(row).set_params(model__class_weight={False: 0.5, True: 5.0}).fit(seen[FEATURES], seen["y"])
    found = Model.from_row(row).predict(only(table, "test"))
    np.testing.assert_allclose(found, score(expected, frame(table, "test")), rtol=0, atol=1e-9)


def test_weights_by_the_names_of_classes() -> None:
    table = numbers(600, task="multiclass")
    row = one(table, {**LOGISTIC, "class_weight": {"High": 4.0, "low": 2.0, "mid": 1.0}}, task="multiclass", **ONCE)
    seen = frame(table, "train")
    weights = seen["y"].map({"high": 4.0, "low": 2.0, "mid": 1.0})
    expected = unfitted(row).fit(seen[FEATURES], seen["y"], model__sample_weight=weights)
    found = Model.from_row(row).predict(only(table, "test"))
    np.testing.assert_allclose(found, expected.predict_proba(frame(table, "test")[FEATURES]), rtol=0, atol=1e-9)


def test_the_seed_is_the_use_cases_unless_a_parameter_says_otherwise() -> None:
    forest = {"name": "forest", "family": "random_forest", "parameters": {"n_estimators": 3}}
    own = {**forest, "name": "own", "parameters": {"n_estimators": 3, "random_state": 9}}
    rows = train(ml(forest, own, random_state=4), "demo", numbers(300), progress=silent).to_pylist()
    assert [Model.from_row(row).estimator["model"].random_state for row in rows] == [4, 9]
    assert all(Model.from_row(row).estimator["model"].n_jobs is None for row in rows)
    assert {row["random_state"] for row in rows} == {4}


def test_only_the_listed_features_are_used() -> None:
    table = numbers(300)
    rows = train(ml(LOGISTIC), "demo", table, feature_columns=["b", "a"], progress=silent).to_pylist()
    assert Model.from_row(rows[0]).signature.columns == ["b", "a"]
    few = one(table, {**LOGISTIC, "features": ["noise", "a"]})
    assert Model.from_row(few).signature.columns == ["a", "noise"]
    without = one(table, {**LOGISTIC, "exclude": ["a"]})
    assert Model.from_row(without).signature.columns == ["b", "noise"]
