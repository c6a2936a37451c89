"""Batches encoded straight from Arrow give the scores of the plain pipeline over a data frame, to the last digit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insitu.registry.encode import over_arrow
from insitu.registry.model import Model
from insitu.training.fitting.scores import raw_scores
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

LOGISTIC = {"name": "logistic", "family": "logistic_regression"}
LINEAR = {"name": "linear", "family": "linear_regression"}
GBM: dict[str, Any] = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 5}}
FOREST: dict[str, Any] = {"name": "forest", "family": "random_forest", "parameters": {"n_estimators": 5}}
LIGHT: dict[str, Any] = {"name": "light", "family": "lightgbm", "parameters": {"n_estimators": 5}}
XG: dict[str, Any] = {"name": "xg", "family": "xgboost", "parameters": {"n_estimators": 5}}
CALIBRATED = {**GBM, "name": "calibrated", "calibration": {"method": "isotonic"}}
MEAN = {"name": "mean", "family": "average", "members": ["logistic", "gbm"]}
STACK = {"name": "stack", "family": "stack", "members": ["logistic", "gbm"]}
QUANTILES = {**GBM, "name": "quantiles", "quantiles": [0.1, 0.9]}


def hostile(table: pa.Table) -> pa.Table:
    """Categories that are unknown, missing and odd; numbers that are none."""
    cities = [["rome", "oslo", None, "lima?", "", "ROME", "☂"][i % 7] for i in range(table.num_rows)]
    numbers = [[0.5, None, math.nan, math.inf, -math.inf, -0.0][i % 6] for i in range(table.num_rows)]
    table = table.set_column(table.schema.get_field_index("city"), "city", pa.array(cities, pa.string()))
    return table.set_column(table.schema.get_field_index("a"), "a", pa.array(numbers, pa.float64()))


def variants(table: pa.Table) -> dict[str, pa.Table]:
    """The same rows as warehouses may hand them over."""
    odd = hostile(table)
    place = odd.schema.get_field_index("city")
    return {
        "plain": table,
        "odd": odd,
        "dictionary": odd.set_column(place, "city", odd["city"].combine_chunks().dictionary_encode()),
        "large": odd.set_column(place, "city", odd["city"].cast(pa.large_string())),
        "null": odd.set_column(place, "city", pa.nulls(odd.num_rows)),
        "chunked": pa.concat_tables([odd.slice(0, 100), odd.slice(100)]),
        "single": odd.set_column(odd.schema.get_field_index("b"), "b", odd["b"].cast(pa.float32())),
    }


@pytest.mark.parametrize(
    ("task", "candidates"),
    [
        ("binary", [LOGISTIC, GBM, FOREST, LIGHT, XG, CALIBRATED, MEAN, STACK]),
        ("multiclass", [LOGISTIC, GBM, MEAN]),
        ("regression", [LINEAR, QUANTILES]),
    ],
)
def test_it_is_the_plain_pipeline(task: str, candidates: list[dict[str, Any]]) -> None:
    table = snapshot(600, task=task)
    settings = {"selection_metric": "rmse"} if task == "regression" else {}
    rows = train(ml(*candidates, task=task, **settings), "demo", table, progress=silent).to_pylist()
    assert {row["candidate"] for row in rows} == {candidate["name"] for candidate in candidates}
    for row in rows:
        model = Model.from_row(row)
        assert over_arrow(model.estimator) is not None, row["candidate"]
        for name, given in variants(table).items():
            frame = model.signature.frame(given)
            expected = raw_scores(model.estimator, task, frame)
            np.testing.assert_array_equal(model.predict(given), expected, err_msg=f"{row['candidate']}, {name}")
            if model.signature.quantiles:
                by_hand = [model.estimator[str(q)].predict(frame) for q in model.signature.quantiles]
                np.testing.assert_array_equal(model.predict_quantiles(given), np.sort(np.column_stack(by_hand), axis=1))


@pytest.mark.parametrize("kept", [["a", "n"], ["city"], ["flag", "city"]])
def test_numbers_or_categories_alone(kept: list[str]) -> None:
    table = snapshot(600)
    for row in train(
        ml(LOGISTIC, GBM, features={"exclude": _others(kept)}), "demo", table, progress=silent
    ).to_pylist():
        model = Model.from_row(row)
        for given in variants(table).values():
            expected = raw_scores(model.estimator, "binary", model.signature.frame(given))
            np.testing.assert_array_equal(model.predict(given), expected)


def _others(kept: list[str]) -> list[str]:
    return [name for name in ("a", "b", "noise", "n", "flag", "city") if name not in kept]


def test_many_categories_most_of_them_rare() -> None:
    table = snapshot(1200)
    names = [f"town {i % 400 if i % 3 else i % 5}" for i in range(table.num_rows)]
    table = table.set_column(table.schema.get_field_index("city"), "city", pa.array(names))
    for row in train(ml(LOGISTIC, GBM), "demo", table, progress=silent).to_pylist():
        model = Model.from_row(row)
        expected = raw_scores(model.estimator, "binary", model.signature.frame(table))
        np.testing.assert_array_equal(model.predict(table), expected)


def test_a_pipeline_of_another_shape_is_applied_as_it_is() -> None:
    (row,) = train(ml(LOGISTIC), "demo", snapshot(600), progress=silent).to_pylist()
    model = Model.from_row(row)
    model.estimator.steps.insert(0, ("first", "passthrough"))
    assert over_arrow(model.estimator) is None
    assert model.predict(snapshot(600)).shape == (600,)
