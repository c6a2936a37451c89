"""Ensembles are what scikit-learn's arithmetic says, from predictions the members had not seen."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from insitu.registry.model import Model
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

GBM = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}
RIDGE = {"name": "ridge", "family": "linear_regression"}


def run(table: pa.Table, *candidates: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    rows = train(ml(*candidates, **settings), "demo", table, progress=lambda line: None).to_pylist()
    assert {row["status"] for row in rows} == {"trained"}
    return {row["candidate"]: row for row in rows}


def only(table: pa.Table, split: str) -> pa.Table:
    return table.filter(pc.equal(table["split"], split))


@pytest.mark.parametrize(("task", "linear"), [("binary", LOGISTIC), ("multiclass", LOGISTIC), ("regression", RIDGE)])
def test_average_is_the_weighted_mean(task: str, linear: dict[str, Any]) -> None:
    table = snapshot(600, task=task)
    blend = {"name": "blend", "family": "average", "members": ["gbm", linear["name"]], "weights": [3, 1]}
    rows = run(table, blend, GBM, linear, task=task)
    a, b, mean = (Model.from_row(rows[name]).predict(only(table, "test")) for name in ("gbm", linear["name"], "blend"))
    np.testing.assert_allclose(mean, (3 * a + b) / 4, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("task", "linear"), [("binary", LOGISTIC), ("multiclass", LOGISTIC), ("regression", RIDGE)])
def test_stack_applies_its_recorded_coefficients(task: str, linear: dict[str, Any]) -> None:
    table = snapshot(900, task=task)
    stack = {"name": "stack", "family": "stack", "members": ["gbm", linear["name"]]}
    rows = run(table, GBM, linear, stack, task=task)
    a, b = (Model.from_row(rows[name]).predict(only(table, "test")) for name in ("gbm", linear["name"]))
    model = Model.from_row(rows["stack"])
    note = json.loads(rows["stack"]["search_trace"])[-1]
    assert note["out_of_fold_rows"] < 900 * 0.85  # the earliest rows only teach
    inputs = np.column_stack([a, b])
    coefficients = np.array(note["coefficients"])
    intercept = model.estimator.final_estimator_.intercept_
    linear_part = inputs @ np.atleast_2d(coefficients).T + intercept
    if task == "regression":
        expected = linear_part[:, 0]
    elif task == "binary":
        expected = 1 / (1 + np.exp(-linear_part[:, 0]))
    else:
        powers = np.exp(linear_part - linear_part.max(axis=1, keepdims=True))
        expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(only(table, "test")), expected, rtol=0, atol=1e-12)


def test_an_ensemble_trained_alone_is_the_one_trained_with_its_members() -> None:
    table = snapshot(600)
    blend = {"name": "blend", "family": "average", "members": ["gbm", "logistic"]}
    config = ml(GBM, LOGISTIC, blend)
    together = train(config, "demo", table, progress=lambda line: None).to_pylist()
    members = {row["training_key"] for row in together[:2]}
    (alone,) = train(config, "demo", table, members, progress=lambda line: None).to_pylist()
    assert alone["artifact_sha256"] == together[2]["artifact_sha256"]
