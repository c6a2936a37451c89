"""Rows that no model wrote are found in the next build; what models wrote is not."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.metrics.conftest import Macros

MODELS = pd.DataFrame({"model_version": ["m1", "m2", "m3"], "status": ["trained", "trained", "failed"]})
NOT_A_SHARE, NO_NUMBER = "its score is not between 0 and 1", "its score is no number"
DAY, NOON = pd.Timestamp("2024-07-01"), pd.Timestamp("2024-07-01 12:00:00.5")
HONEST = [("b1", "m1", DAY, NOON, 0.0), ("b1", "m1", DAY, NOON, 1.0), ("b2", "m2", DAY, NOON, 0.5)]

MADE_UP = {
    "nothing": ("binary", [], []),
    "a score above 1": (
        "binary",
        [("b1", "m1", DAY, NOON, 2.5)],
        [("b1", "m1", NOT_A_SHARE, 1)],
    ),
    "a score below 0": (
        "multiclass",
        [("b2", "m2", DAY, NOON, -0.1)] * 2,
        [("b2", "m2", NOT_A_SHARE, 2)],
    ),
    "no number": (
        "binary",
        [("b1", "m1", DAY, NOON, float("nan"))],
        [("b1", "m1", NOT_A_SHARE, 1)],
    ),
    "any number of a regression": ("regression", [("b1", "m1", DAY, NOON, -99.5)], []),
    "an infinite number": (
        "regression",
        [("b1", "m1", DAY, NOON, float("inf")), ("b1", "m1", DAY, NOON, float("nan"))],
        [("b1", "m1", NO_NUMBER, 2)],
    ),
    "no such model": ("binary", [("b3", "m9", DAY, NOON, 0.5)], [("b3", "m9", "its model is not registered", 1)]),
    "a model that failed": ("binary", [("b3", "m3", DAY, NOON, 0.5)], [("b3", "m3", "its model is not registered", 1)]),
    "another moment": (
        "binary",
        [("b1", "m1", DAY, NOON + pd.Timedelta(hours=1), 0.5)],
        [("b1", "m1", "its batch has several models or moments", 3)],
    ),
    "another model": (
        "binary",
        [("b2", "m1", DAY, NOON, 0.5)],
        [("b2", "m1", "its batch has several models or moments", 2)],
    ),
}


@pytest.mark.parametrize("case", MADE_UP)
def test_made_up_rows_are_found(macros: Macros, case: str) -> None:
    task, rows, expected = MADE_UP[case]
    columns = ["batch_id", "model_version", "batch_as_of", "predicted_at", "score"]
    macros.load("predictions", pd.DataFrame(HONEST + rows, columns=columns).assign(use_case="late"))
    macros.load("models", MODELS.assign(use_case="late", task=task))
    found = macros.run("prediction_findings", predictions="predictions", models="models")
    assert sorted(found.itertuples(index=False, name=None)) == [("late", *row) for row in sorted(expected)]
