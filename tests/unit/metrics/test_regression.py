"""Every regression metric and curve against scikit-learn or NumPy, on DuckDB and PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.test_binary import known, mean, only, share

OPTIONS = {"task": "regression", "quantile": 0.9, "bins": 10, "costs": None}


def scored() -> pd.DataFrame:
    random = np.random.default_rng(21)
    label = random.gamma(2, 20, 600) - 10
    groups = {
        "smooth": (label, label + random.normal(0, 9, 600)),
        "rounded": (label.round(-1), label.round(-1) + random.integers(-2, 3, 600) * 10),
        "constant label": (np.full(30, 4.0), random.normal(size=30)),
        "exact": (label[:20], label[:20]),
        "one row": ([3.0], [5.0]),
        "two rows": ([3.0, -1.0], [5.0, 0.0]),
        "large": (label + 1e8, label + 1e8 + random.normal(size=600)),
        "zeros": (np.zeros(5), np.array([0.0, 1.0, -1.0, 0.0, 2.0])),
        "missing": ([1.0, np.nan, 3.0, 4.0], [2.0, 1.0, np.nan, np.inf]),
        "nothing known": ([np.nan], [1.0]),
    }
    return pd.concat([pd.DataFrame({"g": g, "label": y, "score": p}) for g, (y, p) in groups.items()])


@pytest.fixture(scope="module")
def table(macros: Macros) -> dict[str, pd.DataFrame]:
    rows = scored()
    macros.load("regressed", rows)
    return {str(name): known(part) for name, part in rows.groupby("g") if len(known(part))}


def errors(rows: pd.DataFrame) -> np.ndarray:
    return (rows.label - rows.score).to_numpy()


def rmse(rows: pd.DataFrame) -> tuple[float, float, float]:
    _, low, high = mean(errors(rows) ** 2)
    return sk.root_mean_squared_error(rows.label, rows.score), np.sqrt(np.maximum(0, low)), np.sqrt(high)


def pinball(rows: pd.DataFrame) -> np.ndarray:
    return np.maximum(errors(rows) * 0.9, -errors(rows) * 0.1)


def r2(rows: pd.DataFrame) -> tuple[float, float, float]:
    """The delta method by its definition: the gradient of 1 - mean(error²) / mean(deviation²), times the covariance."""
    if rows.label.nunique() < 2:
        return only(math.nan)
    value = sk.r2_score(rows.label, rows.score)
    squares = np.array([errors(rows) ** 2, (rows.label - rows.label.mean()).to_numpy() ** 2])
    error, spread = squares.mean(axis=1)
    gradient = np.array([-1 / spread, error / spread**2])
    half = stats.norm.ppf(0.975) * math.sqrt(max(0.0, gradient @ np.cov(squares) @ gradient) / len(rows))
    return value, value - half, min(1.0, value + half)


def median_absolute_error(rows: pd.DataFrame) -> tuple[float, float, float]:
    ordered, n = np.sort(abs(errors(rows))), len(rows)
    margin = stats.norm.ppf(0.975) * math.sqrt(n) / 2
    low, high = math.floor(n / 2 - margin), math.ceil(n / 2 + margin) + 1
    return (
        sk.median_absolute_error(rows.label, rows.score),
        ordered[low - 1] if low >= 1 else math.nan,
        ordered[high - 1] if high <= n else math.nan,
    )


ORACLES: dict[str, Callable[[pd.DataFrame], tuple[float, float, float]]] = {
    "mae": lambda r: (sk.mean_absolute_error(r.label, r.score), *mean(abs(errors(r)))[1:]),
    "rmse": rmse,
    "r2": r2,
    "bias": lambda r: mean(-errors(r)),
    "median_absolute_error": median_absolute_error,
    "mape": lambda r: (
        sk.mean_absolute_percentage_error(r.label, r.score),
        *mean(abs(errors(r)) / np.maximum(abs(r.label), np.finfo(float).eps).to_numpy())[1:],
    ),
    "pinball": lambda r: (sk.mean_pinball_loss(r.label, r.score, alpha=0.9), *mean(pinball(r))[1:]),
    "coverage": lambda r: share((r.label <= r.score).sum(), len(r)),
    "mean_label": lambda r: mean(r.label.to_numpy()),
    "mean_score": lambda r: mean(r.score.to_numpy()),
}


def test_every_metric_of_the_task_has_an_oracle(macros: Macros) -> None:
    assert set(macros.render("metrics_of_task", options=OPTIONS)) | {"mape"} == set(ORACLES) | {"missing_scores"}


@pytest.mark.parametrize("metric", ORACLES)
def test_metric_agrees_with_its_oracle(macros: Macros, table: dict[str, pd.DataFrame], metric: str) -> None:
    found = macros.run(f"metric_{metric}", relation="regressed", by=["g"], options=OPTIONS).set_index("g")
    assert set(found.index) == set(table)
    for name, rows in table.items():
        row = found.loc[name]
        assert (row.metric, row.n_rows) == (metric, len(rows))
        values = [math.nan if v is None else float(v) for v in (row.value, row.ci_low, row.ci_high)]
        np.testing.assert_allclose(values, ORACLES[metric](rows), rtol=1e-9, atol=1e-9, err_msg=name)


def test_calibration_compares_mean_score_and_mean_label(macros: Macros, table: dict[str, pd.DataFrame]) -> None:
    found = macros.run("curve_calibration", relation="regressed", by=["g"], options=OPTIONS).sort_values(["g", "point"])
    for name, rows in table.items():
        bins = np.floor((stats.rankdata(rows.score) - 0.5) * 10 / len(rows))
        expected = rows.groupby(bins).agg(x=("score", "mean"), y=("label", "mean"), n=("label", "size"))
        ours = found[found.g == name]
        np.testing.assert_allclose(ours[["x", "y", "n_rows"]].astype(float), expected, rtol=1e-9, err_msg=name)


def test_residual_distribution(macros: Macros, table: dict[str, pd.DataFrame]) -> None:
    found = macros.run("curve_residual_distribution", relation="regressed", by=["g"], options=OPTIONS)
    for name, rows in table.items():
        ours = found[found.g == name].set_index("point").sort_index()
        assert ours.n_rows.sum() == len(rows)
        assert ours.y.sum() == pytest.approx(1)
        low, high = np.percentile(errors(rows), [1, 99])
        if high - low < 1e-6:
            assert len(ours) == 1, "no spread, one bin"
        elif name == "smooth":
            inner = np.histogram(errors(rows), bins=np.linspace(low, high, 41))[0][1:-1]
            np.testing.assert_array_equal(ours.n_rows.reindex(range(2, 40), fill_value=0), inner)
