"""A backtest's numbers by hand: which rows taught, which were judged, and by how much the model was off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from insitu.config import Backtest
from insitu.errors import InsituError
from insitu.training.backtest import backtest
from insitu.training.train import silent
from tests.unit.training.example import ml, snapshot
from tests.unit.training.test_bad_data import put
from tests.unit.training.test_by_hand import FEATURES, numbers

LINEAR = {"name": "linear", "family": "linear_regression"}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}
DAY = timedelta(days=1)
AS_OF = datetime(2020, 4, 1)  # the rows end on the tenth; those of the last days have no label yet


def as_of(table: pa.Table, moment: datetime) -> pa.Table:
    return put(table, "training_as_of", pa.array([moment] * table.num_rows, pa.timestamp("us")))


def on_the_edge() -> pa.Table:
    """A row every two hours; its label is known two hours later, so that some mature exactly at midnight."""
    table = numbers(1200, "regression")
    matured = table["as_of"].to_pandas() + pd.Timedelta("2h")
    return as_of(put(table, "matured_at", pa.array(matured.astype("datetime64[us]"))), AS_OF)


@pytest.mark.parametrize("metric", ["mae", "r2"])
def test_every_number_by_hand(metric: str) -> None:
    table = on_the_edge()
    settings = Backtest(dates=2, every="20 days", step="10 days")
    found = backtest(ml(LINEAR, task="regression", selection_metric=metric), "demo", table, settings).to_pylist()
    rows = table.to_pandas()
    expected = []
    for trained_at in (AS_OF - 40 * DAY, AS_OF - 20 * DAY):
        known = rows[rows.matured_at <= trained_at]
        model = make_pipeline(StandardScaler(), Ridge()).fit(known[FEATURES], known.y)
        for begin in (AS_OF - k * 10 * DAY for k in range(4, -1, -1)):
            judged = rows[(rows.as_of >= begin) & (rows.as_of < begin + 10 * DAY)]
            if begin < trained_at or len(judged) < 50:
                continue
            value = (mean_absolute_error if metric == "mae" else r2_score)(judged.y, model.predict(judged[FEATURES]))
            expected.append((trained_at, begin, begin + 10 * DAY, value, len(known), len(judged)))
    assert [row["age_days"] for row in found] == [0, 10, 20, 30, 40, 0, 10, 20]
    columns = ("trained_at", "from_as_of", "to_as_of", "value", "train_rows", "n_rows")
    assert [tuple(row[name] for name in columns if name != "value") for row in found] == [
        row[:3] + row[4:] for row in expected
    ]
    np.testing.assert_allclose([row["value"] for row in found], [row[3] for row in expected], rtol=0, atol=1e-9)
    constants = {"candidate": "linear", "metric": metric, "every_days": 20.0, "snapshot_id": "s1"}
    assert all(constants.items() <= row.items() and row["training_as_of"] == AS_OF for row in found)


def test_a_period_with_few_rows_or_without_a_class_is_not_judged() -> None:
    table = as_of(snapshot(1200), AS_OF)  # twelve rows a day
    seen = table.filter(pa.compute.less(table["as_of"], pa.scalar(pd.Timestamp("2020-03-29 02:00"))))
    third = (seen["as_of"].to_pandas() >= pd.Timestamp("2020-03-14")) & (
        seen["as_of"].to_pandas() < pd.Timestamp("2020-03-19")
    )
    y = np.where(third, True, seen["y"].to_numpy(zero_copy_only=False))
    settings = Backtest(dates=1, every="28 days", step="5 days")
    found = backtest(ml(LOGISTIC), "demo", put(seen, "y", pa.array(y)), settings).to_pylist()
    # from 4 March: the third period has one class, and the sixth a single row
    assert [row["age_days"] for row in found] == [0, 5, 15, 20]


def test_labels_of_one_kind_teach_nothing() -> None:
    table = as_of(snapshot(1200), AS_OF)
    early = (table["matured_at"].to_pandas() <= pd.Timestamp("2020-03-04")).to_numpy()
    one_kind = put(table, "y", pa.array(table["y"].to_numpy(zero_copy_only=False) & ~early))
    with pytest.raises(InsituError, match="labels were known at 2020-03-04 00:00:00, a backtest needs at least 50 of"):
        backtest(ml(LOGISTIC), "demo", one_kind, Backtest(dates=1))


def test_the_candidate_is_the_one_that_is_named_or_the_first_that_is_no_ensemble() -> None:
    table = on_the_edge()
    blend = {"name": "blend", "family": "average", "members": ["linear", "flat"]}
    flat = {"name": "flat", "family": "linear_regression", "parameters": {"alpha": 1e9}}
    config: dict[str, Any] = ml(blend, LINEAR, flat, task="regression", backtest={"dates": 1, "step": "14 days"})

    def run(settings: Backtest | None) -> list[dict[str, Any]]:
        return backtest(config, "demo", table, settings, progress=silent).to_pylist()

    declared, named = run(None), run(Backtest(candidate="flat", dates=1, step="7 days"))
    assert {row["candidate"] for row in declared} == {"linear"} and {row["candidate"] for row in named} == {"flat"}
    assert [row["age_days"] for row in declared] == [0, 14, 28]  # as declared: from 4 March to 10 April
    assert [row["age_days"] for row in named] == [0, 7, 14, 21, 28]
    assert min(row["value"] for row in named) > max(row["value"] for row in declared), "a flat line is worse"
