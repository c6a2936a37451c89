"""What scores alone say of metrics to come: expectations written out, NannyML's figures, labels drawn from scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.metrics.conftest import Macros

COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}
OPTIONS = {"task": "binary", "threshold": 0.2, "costs": COSTS}
ESTIMATES = ("auc", "precision", "recall", "log_loss", "brier", "base_rate", "profit")


def expected(p: np.ndarray) -> dict[str, float]:
    """Every row twice, as the positive it may be and as the negative it may be, with the weights of the two."""
    score, label, weight = np.tile(p, 2), np.repeat([1.0, 0.0], len(p)), np.concatenate([p, 1 - p])
    treated = score >= 0.2
    above = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    pairs = (weight * label)[:, None] * (weight * (1 - label))
    money = np.where(treated, np.where(label == 1, -40, -15), np.where(label == 1, -100, 0))
    likely = np.clip(np.where(label == 1, score, 1 - score), 2.0**-52, 1)
    return {
        "auc": float((above * pairs).sum() / pairs.sum()) if pairs.sum() else np.nan,
        "precision": float((weight * label * treated).sum() / (weight * treated).sum()) if treated.any() else np.nan,
        "recall": float((weight * label * treated).sum() / (weight * label).sum()) if p.any() else np.nan,
        "log_loss": float((weight * -np.log(likely)).sum() / len(p)),
        "brier": float((weight * (score - label) ** 2).sum() / len(p)),
        "base_rate": float(p.mean()),
        "profit": float((weight * money).sum() / len(p)),
    }


GROUPS = {
    "many": np.random.default_rng(5).beta(1.5, 5, 300),
    "tied": np.repeat([0.1, 0.2, 0.7], [5, 4, 3]),
    "nobody treated": np.array([0.05, 0.1, 0.19]),
    "certain": np.array([0.0, 0.0, 1.0]),
    "no positive": np.array([0.0, 0.0]),
    "one": np.array([0.4]),
}


@pytest.mark.parametrize("metric", ESTIMATES)
def test_an_estimate_is_the_expectation(macros: Macros, metric: str) -> None:
    rows = pd.concat([pd.DataFrame({"g": name, "score": p}) for name, p in GROUPS.items()])
    unscored = pd.DataFrame({"g": "many", "score": [np.nan, np.inf]})
    macros.load("scored", pd.concat([rows, unscored], ignore_index=True))
    found = macros.run(f"estimate_{metric}", relation="scored", by=["g"], options=OPTIONS)
    assert list(found.columns) == ["g", "metric", "value", "ci_low", "ci_high", "n_rows"]
    assert set(found.metric) == {metric}
    assert found.set_index("g").n_rows.to_dict() == {name: len(p) for name, p in GROUPS.items()}
    values = found.set_index("g").value.astype(float).to_dict()
    assert values == pytest.approx({g: expected(p)[metric] for g, p in GROUPS.items()}, abs=1e-12, nan_ok=True)
    inside = found[found.ci_low.notna()]
    assert (inside.ci_low <= inside.value + 1e-12).all() and (inside.value <= inside.ci_high + 1e-12).all()


def test_one_group_and_none(macros: Macros) -> None:
    macros.load("one_group", pd.DataFrame({"score": GROUPS["tied"]}))
    for metric in ESTIMATES:
        found = macros.run(f"estimate_{metric}", relation="one_group", options=OPTIONS)
        assert float(found.value[0]) == pytest.approx(expected(GROUPS["tied"])[metric], abs=1e-12)
        nothing = macros.run(
            f"estimate_{metric}", relation="(select * from one_group where score > 2) as none_left", options=OPTIONS
        )
        assert len(nothing) == 0


def test_the_figures_are_those_of_nannyml(macros: Macros) -> None:
    """NannyML 0.13.1, CBPE without a calibrator, over the same 200 scores (it rounds its counts to five decimals)."""
    macros.load("grid", pd.DataFrame({"score": np.round(((np.arange(200) + 0.5) / 200).round(4) ** 2, 4)}))
    figures = {"auc": 0.874981250937453, "precision": 0.5476918918918919, "recall": 0.9118614069296536}
    for metric, figure in figures.items():
        found = macros.run(f"estimate_{metric}", relation="grid", options=OPTIONS)
        assert float(found.value[0]) == pytest.approx(figure, abs=1e-6)


SAMPLES, ROWS = 300, 300


@pytest.fixture(scope="module")
def days(macros: Macros) -> pd.DataFrame:
    """Days of scores, and labels drawn from them; `drifted` are labels of a world in which the scores mean less."""
    random = np.random.default_rng(4)
    score = random.beta(1.5, 5, SAMPLES * ROWS)
    rows = pd.DataFrame({"g": np.arange(SAMPLES * ROWS) // ROWS, "score": score})
    rows["label"] = (random.random(len(rows)) < score).astype(int)
    rows["drifted"] = (random.random(len(rows)) < 0.5 * score + 0.5 * 0.3).astype(int)
    macros.load("days", rows)
    return rows


def both(macros: Macros, metric: str, label: str) -> pd.DataFrame:
    realised = macros.run(
        f"metric_{metric}",
        relation=f"(select g, score, {label} as label from days) as labelled",
        by=["g"],
        options=OPTIONS,
    )
    estimated = macros.run(f"estimate_{metric}", relation="days", by=["g"], options=OPTIONS)
    return estimated.set_index("g").astype({"value": float}).join(realised.set_index("g").value.rename("truth"))


@pytest.mark.parametrize("metric", ESTIMATES)
def test_the_truth_is_where_the_estimate_says(macros: Macros, days: pd.DataFrame, metric: str) -> None:
    found = both(macros, metric, "label")
    inside = ((found.ci_low <= found.truth) & (found.truth <= found.ci_high)).mean()
    assert 0.92 <= inside <= 0.98, inside
    assert found.value.mean() == pytest.approx(found.truth.mean(), abs=0.35 if metric == "profit" else 0.004)


@pytest.mark.parametrize("metric", ["auc", "log_loss", "brier", "profit"])
def test_concept_drift_is_what_no_estimate_sees(macros: Macros, days: pd.DataFrame, metric: str) -> None:
    """The scores are as they were, but half of what they say is no longer so: the estimate stays, the truth falls."""
    before, after = both(macros, metric, "label"), both(macros, metric, "drifted")
    assert after.value.tolist() == pytest.approx(before.value.tolist())
    worse = after.truth - before.truth
    assert (worse.mean() > 0) if metric in ("log_loss", "brier") else (worse.mean() < 0)
    assert ((after.ci_low <= after.truth) & (after.truth <= after.ci_high)).mean() < 0.6
