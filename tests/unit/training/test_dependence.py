"""Partial dependence is scikit-learn's on an even sample of rows that the model has not seen."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.inspection import partial_dependence

from insitu.registry.model import Model
from insitu.training import dependence
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot
from tests.unit.training.test_bad_data import put

GBM = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}}


def trained(table: pa.Table, task: str) -> tuple[dict[str, Any], list[dict[str, Any]], pd.DataFrame]:
    """The row, its curves, and the frame of the validation rows."""
    (row,) = train(ml(GBM, task=task), "demo", table, progress=silent).to_pylist()
    judged = table.filter(pc.equal(table["split"], "validation"))
    return row, json.loads(row["partial_dependence"]), Model.from_row(row).signature.frame(judged)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_curves_are_scikit_learns(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "MAX_BACKGROUND", 40)
    monkeypatch.setattr(dependence, "TOP", 5)
    row, curves, frame = trained(snapshot(700, task=task), task)
    importance = [item["feature"] for item in json.loads(row["feature_importance"])]
    assert [curve["feature"] for curve in curves] == importance[:5]
    sample = frame.iloc[np.linspace(0, len(frame) - 1, 40).astype(int)]
    first = Model.from_row(row, "validation").estimator
    for curve in curves:
        name = curve["feature"]
        oracle = partial_dependence(
            first,
            sample,
            [name],
            custom_values={name: np.array(curve["values"], dtype=object if name == "city" else float)},
            categorical_features=[name] if name == "city" else None,
            response_method="auto" if task == "regression" else "predict_proba",
            method="brute",
        )["average"]
        expected = oracle if task == "multiclass" else oracle[0]
        np.testing.assert_allclose(curve["scores"], expected, rtol=0, atol=1e-9)


def test_values_are_quantiles_of_what_is_there_or_the_most_frequent_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "GRID", 3)
    table = snapshot(1500)
    city = np.random.default_rng(0).choice(list("abcde"), size=1500, p=[0.05, 0.3, 0.15, 0.4, 0.1])
    _, curves, frame = trained(put(table, "city", city.tolist()), "binary")
    values = {curve["feature"]: curve["values"] for curve in curves}
    assert values["city"] == ["b", "c", "d"]
    for name in ("a", "b", "noise"):
        there = np.sort(frame[name].dropna().to_numpy())
        assert values[name] == [there[round(share * (len(there) - 1))] for share in (0.02, 0.5, 0.98)]
    assert values["flag"] == [0.0, 1.0], "each value once"


def test_a_feature_with_one_value_has_no_curve() -> None:
    table = snapshot(500)
    validation = table["split"].to_pandas() == "validation"
    table = put(table, "flag", pa.array((table["flag"].to_pandas() & ~validation).tolist()))
    _, curves, _ = trained(table, "binary")
    assert "flag" not in [curve["feature"] for curve in curves] and len(curves) == 5
