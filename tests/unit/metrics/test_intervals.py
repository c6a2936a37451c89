"""A 95 % interval holds the truth in about 95 of 100 samples; where no exact one is known, in more.

Every metric is computed over 250 samples at once, one group each; the truth comes from a sample far larger.
DuckDB only: that both warehouses compute the same interval is tested beside each metric.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.sql_warehouses import DuckWarehouse
from tests.unit.metrics.conftest import Macros

SAMPLES, ROWS, TRUTH_ROWS = 250, 400, 250_000
OPTIONS = {"task": "binary", "threshold": 0.3, "capacity": 0.1, "bins": 10}


def binary(rows: int, random: np.random.Generator) -> pd.DataFrame:
    probability = random.beta(2, 5, rows)
    label = (random.random(rows) < probability).astype(int)
    return pd.DataFrame({"label": label, "score": np.clip(0.9 * probability + 0.03, 0, 1)})


def regression(rows: int, random: np.random.Generator) -> pd.DataFrame:
    score = random.gamma(2, 3, rows)
    return pd.DataFrame({"label": score + random.normal(0, 1 + score / 8), "score": score})


def multiclass(rows: int, random: np.random.Generator) -> pd.DataFrame:
    classes = np.array(["a", "b", "c"])
    scores = random.dirichlet([1, 2, 1], rows)
    label = classes[(scores.cumsum(axis=1) < random.random(rows)[:, None]).sum(axis=1)]
    return pd.DataFrame(
        {
            "row_id": np.repeat(np.arange(rows), 3).astype(str),
            "label": np.repeat(label, 3),
            "class": np.tile(classes, rows),
            "score": scores.ravel(),
        }
    )


@pytest.fixture(scope="module")
def samples() -> Iterator[Macros]:
    random = np.random.default_rng(8)
    with duckdb.connect() as connection:
        macros = Macros(DuckWarehouse(connection))
        for make in (binary, regression, multiclass):
            name, width = f"{make.__name__}_rows", 3 if make is multiclass else 1
            rows = make(SAMPLES * ROWS, random)
            rows["g"] = np.arange(len(rows)) // (ROWS * width)
            if make is multiclass:
                rows["row_id"] = np.tile(rows.row_id.to_numpy()[: ROWS * width], SAMPLES)
            macros.load(name, rows)
            macros.load(f"{name}_truth", make(TRUTH_ROWS, random))
        yield macros


def held(samples: Macros, metric: str, task: str) -> float:
    """Share of the samples whose interval holds the truth."""
    found = samples.run(f"metric_{metric}", relation=f"{task}_rows", by=["g"], options=OPTIONS)
    truth = samples.run(f"metric_{metric}", relation=f"{task}_rows_truth", options=OPTIONS).value[0]
    assert len(found) == SAMPLES
    return float(((found.ci_low <= truth) & (truth <= found.ci_high)).mean())


@pytest.mark.parametrize(
    ("metric", "task"),
    [
        ("auc", "binary"),
        ("average_precision", "binary"),
        ("f1", "binary"),
        ("capture", "binary"),
        ("lift", "binary"),
        ("brier", "binary"),
        ("r2", "regression"),
        ("rmse", "regression"),
        ("median_absolute_error", "regression"),
        ("multiclass_auc", "multiclass"),
        ("multiclass_macro_f1", "multiclass"),
        ("multiclass_balanced_accuracy", "multiclass"),
        ("multiclass_log_loss", "multiclass"),
    ],
)
def test_interval_holds_the_truth(samples: Macros, metric: str, task: str) -> None:
    # four standard errors of a share of 0.95 among 250; the normal approximation costs a little at 400 rows
    assert 0.90 < held(samples, metric, task) < 0.995


@pytest.mark.parametrize("metric", ["expected_calibration_error", "maximum_calibration_error"])
def test_calibration_intervals_err_to_the_wide_side(samples: Macros, metric: str) -> None:
    assert held(samples, metric, "binary") > 0.95


def test_a_calibrated_model_is_not_said_to_be_miscalibrated(samples: Macros) -> None:
    random = np.random.default_rng(9)
    score = random.beta(2, 5, SAMPLES * ROWS)
    rows = pd.DataFrame({"g": np.arange(len(score)) // ROWS, "score": score})
    samples.load("calibrated_rows", rows.assign(label=(random.random(len(score)) < score).astype(int)))
    found = samples.run("metric_expected_calibration_error", relation="calibrated_rows", by=["g"], options=OPTIONS)
    assert found.value.mean() > 0.04, "noise alone looks like an error"
    assert (found.ci_low > 0).mean() < 0.06
