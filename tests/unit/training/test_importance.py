"""Importances are scikit-learn's, on rows the model has not seen; wide models keep a budget."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score, root_mean_squared_error

from insitu.registry.model import Model
from insitu.training.fitting import importance
from insitu.training.fitting.frame import to_frame
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

FAMILIES = {
    "binary": {"name": "c", "family": "lightgbm", "parameters": {"n_estimators": 20}},
    "regression": {"name": "c", "family": "linear_regression"},
    "multiclass": {"name": "c", "family": "logistic_regression"},
}


def _auc(model: Any, frame: Any, y: Any) -> float:
    return float(roc_auc_score(y, model.predict_proba(frame)[:, 1]))


def _ovr(model: Any, frame: Any, y: Any) -> float:
    return float(roc_auc_score(y, model.predict_proba(frame), multi_class="ovr"))


def _rmse(model: Any, frame: Any, y: Any) -> float:
    return -float(root_mean_squared_error(y, model.predict(frame)))


ORACLES = {"binary": ("auc", _auc), "regression": ("rmse", _rmse), "multiclass": ("auc", _ovr)}


@pytest.mark.parametrize("rows_judged", [105, 60])
@pytest.mark.parametrize("task", FAMILIES)
def test_importance_is_scikit_learns(task: str, rows_judged: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "MAX_ROWS", rows_judged)
    table = snapshot(700, task=task)
    metric, scorer = ORACLES[task]
    config = ml(FAMILIES[task], task=task, selection_metric=metric, random_state=3)
    (row,) = train(config, "demo", table, progress=silent).to_pylist()
    model = Model.from_row(row, "validation")
    rows = table.filter(pc.equal(table["split"], "validation"))
    frame = to_frame(rows, model.signature.features)
    y = rows["y"].to_numpy(zero_copy_only=False)
    if task == "multiclass":
        y = np.searchsorted(["high", "low", "mid"], y.astype(str))
    evenly = np.linspace(0, len(y) - 1, rows_judged).astype(int)
    frame, y = frame.iloc[evenly], y[evenly]
    expected = permutation_importance(model.estimator, frame, y, scoring=scorer, n_repeats=3, random_state=3)
    listed = json.loads(row["feature_importance"])
    assert [item["importance"] for item in listed] == sorted((item["importance"] for item in listed), reverse=True)
    found = {item["feature"]: item for item in listed}
    np.testing.assert_allclose(
        [found[name]["importance"] for name in frame.columns], expected.importances_mean, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(
        [found[name]["std"] for name in frame.columns], expected.importances_std, rtol=0, atol=1e-12
    )
    assert {(item["metric"], item["rows"]) for item in listed} == {(metric, rows_judged)}


def test_without_validation_rows_importance_is_of_those_that_were_fitted() -> None:
    table = snapshot(500)
    table = table.filter(pc.not_equal(table["split"], "validation"))
    (row,) = train(ml(FAMILIES["binary"]), "demo", table, progress=silent).to_pylist()
    assert {item["rows"] for item in json.loads(row["feature_importance"])} == {350}


def test_a_wide_model_keeps_the_budget_and_finds_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    values = []

    def counted(procedure: Any, estimator: Any, frame: Any, shuffled: list[Any]) -> Any:
        values.append(frame.size * len(shuffled))
        return original(procedure, estimator, frame, shuffled)

    original = importance._scores
    monkeypatch.setattr(importance, "_scores", counted)
    monkeypatch.setattr(importance, "BUDGET", 10_000_000)
    table = snapshot(2000)
    random = np.random.default_rng(0)
    for i in range(200):
        table = table.append_column(f"x{i}", pa.array(random.normal(size=2000)))
    candidate = {"name": "c", "family": "lightgbm", "parameters": {"n_estimators": 20}}
    (row,) = train(ml(candidate), "demo", table, progress=silent).to_pylist()
    found = json.loads(row["feature_importance"])
    assert len(found) == 206
    assert {found[0]["feature"], found[1]["feature"]} == {"a", "b"}
    assert sum(values) <= 2.1 * importance.BUDGET
    again = [item for item in found if item["std"] > 0]
    assert 5 < len(again) <= importance.BEST
    assert {item["rows"] for item in again} == {300}  # all of validation
    assert {item["rows"] for item in found if item not in again and item["rows"] != 300} == {10_000_000 // 206**2}
