"""Every binary metric against scikit-learn, SciPy or statsmodels, on DuckDB and PostgreSQL."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dbt_common.exceptions import CompilationError
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.render import render

COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}
OPTIONS = {"task": "binary", "threshold": 0.2, "costs": COSTS, "capacity": 0.13, "bins": 10}
Z = stats.norm.ppf(0.975)


def scored() -> pd.DataFrame:
    """Groups of every kind: no ties, many ties, two scores, tiny, one class, constant, perfect, extreme, missing."""
    random = np.random.default_rng(11)

    def group(name: str, label: Any, score: Any) -> pd.DataFrame:
        return pd.DataFrame({"g": name, "label": np.asarray(label, float), "score": np.asarray(score, float)})

    truth = random.random(700)
    label = (random.random(700) < truth).astype(float)
    return pd.concat(
        [
            group("smooth", label, truth),
            group("ties", label, truth.round(1)),
            group("two scores", label, truth > 0.5),
            group("worse than chance", label, 1 - truth),
            group("constant", label[:50], np.full(50, 0.3)),
            group("two rows", [0, 1], [0.4, 0.6]),
            group("three rows", [1, 0, 1], [0.1, 0.1, 0.7]),
            group("one row", [1], [0.7]),
            group("only positives", np.ones(9), truth[:9]),
            group("only negatives", np.zeros(9), truth[:9]),
            group("perfect", np.repeat([0, 1], 20), np.linspace(0, 1, 40)),
            group("wrong and sure", [0, 1, 0, 1], [1, 0, 0, 1]),
            group("missing", [1, 0, 1, 0, 1, np.nan], [0.9, np.nan, np.inf, 0.2, 0.4, 0.5]),
            group("nothing known", [1, 0], [np.nan, -np.inf]),
        ]
    )


def known(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[np.isfinite(rows.label) & np.isfinite(rows.score)]


@pytest.fixture(scope="module")
def table(macros: Macros) -> pd.DataFrame:
    rows = scored()
    macros.load("scored", rows.astype({"label": "Int64"}))
    return rows


def two_classes(rows: pd.DataFrame) -> bool:
    return rows.label.nunique() == 2


def treated(rows: pd.DataFrame) -> pd.Series:
    return (rows.score >= OPTIONS["threshold"]).astype(int)


def money(rows: pd.DataFrame, action: Any) -> np.ndarray:
    hit = np.where(rows.label == 1, COSTS["true_positive"], COSTS["false_positive"])
    miss = np.where(rows.label == 1, COSTS["false_negative"], COSTS["true_negative"])
    return np.where(np.broadcast_to(action, len(rows)) == 1, hit, miss).astype(float)


def delong(rows: pd.DataFrame) -> tuple[float, float, float]:
    """AUC and its DeLong interval from the definition, one pair at a time."""
    x, y = rows.score[rows.label == 1].to_numpy(), rows.score[rows.label == 0].to_numpy()
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    error = math.nan
    if len(x) > 1 and len(y) > 1:
        error = math.sqrt(psi.mean(axis=1).var(ddof=1) / len(x) + psi.mean(axis=0).var(ddof=1) / len(y))
    area = sk.roc_auc_score(rows.label, rows.score)
    return area, np.maximum(0, area - Z * error), np.minimum(1, area + Z * error)


def average_precision(rows: pd.DataFrame) -> tuple[float, float, float]:
    value = sk.average_precision_score(rows.label, rows.score)
    if value >= 1:
        return value, math.nan, math.nan
    logit, error = math.log(value / (1 - value)), 1 / math.sqrt(rows.label.sum() * value * (1 - value))
    return value, 1 / (1 + math.exp(Z * error - logit)), 1 / (1 + math.exp(-Z * error - logit))


def mean(terms: np.ndarray) -> tuple[float, float, float]:
    error = stats.sem(terms) if len(terms) > 1 else math.nan
    return float(terms.mean()), terms.mean() - Z * error, terms.mean() + Z * error


def share(hits: float, trials: float) -> tuple[float, float, float]:
    if trials == 0:
        return math.nan, math.nan, math.nan
    return hits / trials, *proportion_confint(hits, trials, method="wilson")


def calibration_gaps(rows: pd.DataFrame, bins: int, equal_width: bool) -> dict[int, tuple[int, float, float]]:
    """(rows, mean score - share of positives, its standard error) of every bin, by brute force."""
    if equal_width:
        bin_of = np.clip(np.floor(rows.score * bins), 0, bins - 1)
    else:
        bin_of = np.floor((stats.rankdata(rows.score) - 0.5) * bins / len(rows))
    found = {}
    for number, part in rows.groupby(np.asarray(bin_of)):
        observed = part.label.mean()
        spread = max((part.score * (1 - part.score)).clip(lower=0).mean(), observed * (1 - observed), 0)
        found[int(number)] = (len(part), part.score.mean() - observed, math.sqrt(spread / len(part)))
    return found


def draws(number: int, replicates: int = 200) -> np.ndarray:
    """The fixed normal numbers of one bin."""
    digests = [hashlib.md5(f"{number}:{i}".encode()).hexdigest() for i in range(1, replicates + 1)]
    first, second = (np.array([(int(d[at : at + 13], 16) + 0.5) / 2**52 for d in digests]) for at in (0, 13))
    return np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)


def calibration_error(rows: pd.DataFrame, worst: bool = False) -> tuple[float, float, float]:
    gaps = calibration_gaps(rows, 10, equal_width=worst)
    n, gap, error = (np.array(column)[:, None] for column in zip(*gaps.values(), strict=True))
    noise = error * np.array([draws(number) for number in gaps])

    def together(gaps_: np.ndarray) -> np.ndarray:
        return abs(gaps_).max(axis=0) if worst else (n * abs(gaps_)).sum(axis=0) / n.sum()

    value = float(together(gap)[0])
    by_chance, with_noise = (float(np.quantile(together(x), 0.975)) for x in (noise, gap + noise))
    return value, max(0.0, value - by_chance), max(value, with_noise)


def f1(rows: pd.DataFrame) -> tuple[float, float, float]:
    """The delta method by its definition: the gradient of 2 mean(tp) / mean(label + flagged), times the covariance."""
    value = sk.f1_score(rows.label, treated(rows), zero_division=math.nan)
    hits, marks = (rows.label * treated(rows)).to_numpy(), (rows.label + treated(rows)).to_numpy()
    if marks.sum() == 0 or len(rows) < 2:
        return only(value)
    gradient = np.array([2 / marks.mean(), -2 * hits.mean() / marks.mean() ** 2])
    variance = max(0.0, gradient @ np.cov(hits, marks) @ gradient)
    return clipped(value, math.sqrt(variance / len(rows)))


def clipped(value: float, error: float) -> tuple[float, float, float]:
    return value, max(0.0, value - Z * error), min(1.0, value + Z * error)


def capture(rows: pd.DataFrame, capacity: float = 0.13) -> tuple[float, float, float]:
    """Share of the positives in the top, and its error when the edge of the top is estimated too, row by row."""
    if not rows.label.any():
        return only(math.nan)
    value = top_hits(rows, capacity) / rows.label.sum()
    if len(rows) < 2:
        return only(value)

    def taken(share: float) -> np.ndarray:
        below = stats.rankdata(-rows.score, "min") - 1
        ties = rows.groupby("score").score.transform("size").to_numpy()
        return np.clip((share * len(rows) - below) / ties, 0, 1)

    edge = taken(1.5 * capacity) - taken(0.5 * capacity)
    edge_rate = (rows.label * edge).sum() / edge.sum()
    label, top = rows.label.to_numpy(), taken(capacity)
    influence = (label * (top - value) - edge_rate * (top - capacity)) / label.mean()
    return clipped(value, math.sqrt((influence**2).sum() / (len(rows) * (len(rows) - 1))))


def top_hits(rows: pd.DataFrame, capacity: float) -> float:
    """Positives among the best rows; ties at the edge broken in every way by giving each tied row the mean label."""
    smoothed = rows.assign(label=rows.groupby("score").label.transform("mean")).sort_values("score", ascending=False)
    count = capacity * len(rows)
    weight = np.clip(count - np.arange(len(rows)), 0, 1)
    return float((smoothed.label * weight).sum())


def uplift(rows: pd.DataFrame) -> tuple[float, float, float]:
    model, every, nobody = money(rows, treated(rows)), money(rows, 1), money(rows, 0)
    return mean(model - every) if every.mean() > nobody.mean() else mean(model - nobody)


def only(value: float) -> tuple[float, float, float]:
    return value, math.nan, math.nan


ORACLES: dict[str, Callable[[pd.DataFrame], tuple[float, float, float]]] = {
    "auc": lambda r: delong(r) if two_classes(r) else only(math.nan),
    "average_precision": lambda r: average_precision(r) if r.label.any() else only(math.nan),
    "log_loss": lambda r: (
        sk.log_loss(r.label, r.score, labels=[0, 1]),
        *mean(np.array([sk.log_loss([y], [p], labels=[0, 1]) for y, p in zip(r.label, r.score, strict=True)]))[1:],
    ),
    "brier": lambda r: (
        sk.brier_score_loss(r.label, r.score, labels=[0, 1]),
        *mean(((r.label - r.score) ** 2).to_numpy())[1:],
    ),
    "expected_calibration_error": calibration_error,
    "maximum_calibration_error": lambda r: calibration_error(r, worst=True),
    "base_rate": lambda r: share(r.label.sum(), len(r)),
    "mean_score": lambda r: mean(r.score.to_numpy()),
    "accuracy": lambda r: share(sk.accuracy_score(r.label, treated(r), normalize=False), len(r)),
    "precision": lambda r: share((r.label * treated(r)).sum(), treated(r).sum()),
    "recall": lambda r: share((r.label * treated(r)).sum(), r.label.sum()),
    "f1": f1,
    "lift": lambda r: tuple(x / 0.13 for x in capture(r)),
    "capture": capture,
    "profit": lambda r: mean(money(r, treated(r))),
    "profit_treat_all": lambda r: mean(money(r, 1)),
    "profit_treat_none": lambda r: mean(money(r, 0)),
    "profit_uplift": uplift,
}


def test_every_metric_of_the_task_has_an_oracle(macros: Macros) -> None:
    assert set(macros.render("metrics_of_task", options=OPTIONS)) == set(ORACLES) | {"missing_scores"}


@pytest.mark.parametrize("metric", ORACLES)
def test_metric_agrees_with_its_oracle(macros: Macros, table: pd.DataFrame, metric: str) -> None:
    found = macros.run(f"metric_{metric}", relation="scored", by=["g"], options=OPTIONS).set_index("g")
    groups = {str(name): known(rows) for name, rows in table.groupby("g") if len(known(rows))}
    assert set(found.index) == set(groups), "a group has a row exactly if it has a usable one"
    assert (found.metric == metric).all()
    for name, rows in groups.items():
        row = found.loc[name]
        assert row.n_rows == len(rows)
        values = [math.nan if v is None else float(v) for v in (row.value, row.ci_low, row.ci_high)]
        np.testing.assert_allclose(values, ORACLES[metric](rows), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("metric", ORACLES)
def test_metric_without_groups(macros: Macros, table: pd.DataFrame, metric: str) -> None:
    rows = known(table[table.g == "smooth"])
    found = macros.run(f"metric_{metric}", relation="(select * from scored where g = 'smooth') as one", options=OPTIONS)
    assert list(found.columns) == ["metric", "value", "ci_low", "ci_high", "n_rows"]
    assert len(found) == 1
    np.testing.assert_allclose(found.value[0], ORACLES[metric](rows)[0], rtol=1e-9)
    none = macros.run(f"metric_{metric}", relation="(select * from scored where false) as none", options=OPTIONS)
    assert none.empty


def test_missing_scores_are_counted(macros: Macros, table: pd.DataFrame) -> None:
    found = macros.run("metric_missing_scores", relation="scored", by=["g"], options=OPTIONS).set_index("g")
    assert found.value["missing"] == pytest.approx(3 / 6)
    assert found.value["nothing known"] == 1
    assert found.value["smooth"] == 0
    assert found.n_rows["missing"] == 6


def test_boolean_and_float_labels_count_the_same(macros: Macros) -> None:
    rows = pd.DataFrame({"label": [True, False, True], "score": [0.9, 0.1, 0.4]})
    macros.load("booleans", rows)
    macros.load("floats", rows.astype({"label": float}))
    for metric in ORACLES:
        first = macros.run(f"metric_{metric}", relation="booleans", options=OPTIONS)
        second = macros.run(f"metric_{metric}", relation="floats", options=OPTIONS)
        pd.testing.assert_frame_equal(first, second)


def test_threshold_minimises_expected_cost(macros: Macros) -> None:
    best = macros.render("cost_optimal_threshold", costs=COSTS)
    assert best == pytest.approx(0.2)

    def gain(p: float) -> float:  # what treating brings over not treating
        return (p * COSTS["true_positive"] + (1 - p) * COSTS["false_positive"]) - (
            p * COSTS["false_negative"] + (1 - p) * COSTS["true_negative"]
        )

    assert gain(best) == pytest.approx(0)
    assert gain(best + 0.01) > 0 > gain(best - 0.01)


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ({**COSTS, "false_positive": 5}, "write costs as negative"),
        ({**COSTS, "false_negative": -10}, "treating a positive must pay"),
        ({"true_positive": 1}, "lacks false_positive, false_negative, true_negative"),
    ],
)
def test_a_senseless_cost_matrix_is_refused(costs: dict[str, float], message: str) -> None:
    with pytest.raises(CompilationError, match=message):
        render("duckdb", "cost_optimal_threshold", costs=costs)


def test_metrics_computed_together_are_the_same(macros: Macros, table: pd.DataFrame) -> None:
    together = macros.run("union_metrics", metrics=[*ORACLES], relation="scored", by=["g"], options=OPTIONS)
    one_by_one = pd.concat(
        [macros.run(f"metric_{metric}", relation="scored", by=["g"], options=OPTIONS) for metric in ORACLES]
    )
    both = [rows.set_index(["metric", "g"]).sort_index().astype(float) for rows in (together, one_by_one)]
    pd.testing.assert_frame_equal(*both, rtol=1e-12)
