"""Ensembles are what scikit-learn's arithmetic says, from predictions the members had not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from insitu.registry.model import Model
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

GBM = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}


def run(table: pa.Table, *candidates: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    rows = train(ml(*candidates, **settings), "demo", table, progress=lambda line: None).to_pylist()
    assert {row["status"] for row in rows} == {"trained"}
    return {row["candidate"]: row for row in rows}


def only(table: pa.Table, split: str) -> pa.Table:
    return table.filter(pc.equal(table["split"], split))


def test_an_average_of_classes_is_the_weighted_mean_of_their_probabilities() -> None:
    table = snapshot(600, task="multiclass")
    blend = {"name": "blend", "family": "average", "members": ["gbm", "logistic"], "weights": [3, 1]}
    rows = run(table, blend, GBM, LOGISTIC, task="multiclass")
    a, b, mean = (Model.from_row(rows[name]).predict(only(table, "test")) for name in ("gbm", "logistic", "blend"))
    np.testing.assert_allclose(mean, (3 * a + b) / 4, rtol=0, atol=1e-12)


def test_an_ensemble_asks_for_what_any_of_its_members_needs() -> None:
    table = snapshot(300)
    few = LOGISTIC | {"features": ["city", "b"]}
    other = LOGISTIC | {"name": "other", "features": ["a", "city"]}
    blend = {"name": "blend", "family": "average", "members": ["logistic", "other"]}
    row = run(table, few, other, blend)["blend"]
    model = Model.from_row(row)
    assert model.signature.columns == ["a", "b", "city"], "in the order of the relation"
    model.predict(table.select(["city", "b", "a"]))


def test_an_ensemble_trained_alone_is_the_one_trained_with_its_members() -> None:
    table = snapshot(600)
    blend = {"name": "blend", "family": "average", "members": ["gbm", "logistic"]}
    config = ml(GBM, LOGISTIC, blend)
    together = train(config, "demo", table, progress=lambda line: None).to_pylist()
    members = {row["training_key"] for row in together[:2]}
    (alone,) = train(config, "demo", table, members, progress=lambda line: None).to_pylist()
    assert alone["artifact_sha256"] == together[2]["artifact_sha256"]
