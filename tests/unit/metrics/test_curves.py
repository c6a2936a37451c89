"""The curve macros against scikit-learn and brute force, on DuckDB and PostgreSQL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.test_binary import OPTIONS, calibration_gaps, known, money, scored, two_classes

CURVES = ["roc", "precision_recall", "calibration", "lift", "gain", "score_distribution", "profit"]


@pytest.fixture(scope="module")
def groups(macros: Macros) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(5)
    score = random.random(5000)
    large = pd.DataFrame({"g": "large", "label": (random.random(5000) < score**2).astype(float), "score": score})
    rows = pd.concat([scored(), large])
    macros.load("curved", rows.astype({"label": "Int64"}))
    return {str(name): known(part) for name, part in rows.groupby("g") if len(known(part))}


def curve(macros: Macros, name: str) -> pd.DataFrame:
    found = macros.run(f"curve_{name}", relation="curved", by=["g"], options=OPTIONS)
    found[["threshold", "x", "y"]] = found[["threshold", "x", "y"]].astype(float)
    return found.sort_values(["g", "curve", "point"]).reset_index(drop=True)


@pytest.mark.parametrize("name", CURVES)
def test_points_are_few_and_numbered(macros: Macros, groups: dict[str, pd.DataFrame], name: str) -> None:
    found = curve(macros, name)
    sizes = found.groupby(["g", "curve"]).size()
    assert sizes.max() <= 201
    if name != "score_distribution":  # empty bins of a histogram have no row
        assert all(part.point.tolist() == [*range(1, len(part) + 1)] for _, part in found.groupby("g"))
    pd.testing.assert_frame_equal(found, curve(macros, name))


def test_roc_lies_on_scikit_learns(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    found = dict(list(curve(macros, "roc").groupby("g")))
    assert set(found) == {name for name, rows in groups.items() if two_classes(rows)}
    for name, points in found.items():
        rows = groups[name]
        x, y, thresholds = sk.roc_curve(rows.label, rows.score, drop_intermediate=False)
        theirs = {t: (a, b) for t, a, b in zip(thresholds[1:], x[1:], y[1:], strict=True)}
        assert (points.x.iloc[0], points.y.iloc[0]) == (0, 0)
        assert (points.x.iloc[-1], points.y.iloc[-1]) == (1, 1)
        if len(theirs) <= 198:
            assert len(points) == len(theirs) + 1, "a short curve keeps every point"
        for point in points.iloc[1:].itertuples():
            np.testing.assert_allclose((point.x, point.y), theirs[point.threshold], rtol=1e-9)
            assert point.n_rows == (rows.score >= point.threshold).sum()
        # thinning must not bend the curve
        assert sk.auc(points.x, points.y) == pytest.approx(sk.roc_auc_score(rows.label, rows.score), abs=2e-4)


def test_precision_recall_lies_on_scikit_learns(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    found = dict(list(curve(macros, "precision_recall").groupby("g")))
    assert set(found) == {name for name, rows in groups.items() if rows.label.any()}
    for name, points in found.items():
        rows = groups[name]
        precision, recall, thresholds = sk.precision_recall_curve(rows.label, rows.score)
        theirs = {t: (r, p) for t, p, r in zip(thresholds, precision[:-1], recall[:-1], strict=True)}
        for point in points.itertuples():
            np.testing.assert_allclose((point.x, point.y), theirs[point.threshold], rtol=1e-9)
        assert points.x.is_monotonic_increasing
        assert points.x.iloc[-1] == 1


def test_calibration_bins(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    for name, bins in curve(macros, "calibration").groupby("g"):
        theirs = [(n, abs(gap)) for n, gap, _ in calibration_gaps(groups[str(name)], 10, equal_width=False).values()]
        assert bins.n_rows.tolist() == [n for n, _ in theirs]
        np.testing.assert_allclose((bins.x - bins.y).abs(), [gap for _, gap in theirs], atol=1e-9)


def test_calibration_without_ties_is_scikit_learns(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    rows = groups["large"]
    observed, mean_score = calibration_curve(rows.label, rows.score, n_bins=10, strategy="quantile")
    ours = curve(macros, "calibration").query("g == 'large'")
    np.testing.assert_allclose(ours.y, observed, rtol=1e-9)
    np.testing.assert_allclose(ours.x, mean_score, rtol=1e-9)


def test_lift_and_gain_by_decile(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    lift, gain = curve(macros, "lift"), curve(macros, "gain")
    for name, rows in groups.items():
        ours = gain[gain.g == name]
        if not rows.label.any():
            assert ours.empty
            continue
        np.testing.assert_allclose(ours.x, np.arange(1, 11) / 10)
        assert ours.y.is_monotonic_increasing
        assert ours.y.iloc[-1] == pytest.approx(1)
        steps = np.diff(ours.y, prepend=0)
        np.testing.assert_allclose(lift[lift.g == name].y, steps / 0.1, atol=1e-9)
    rows = groups["large"].sort_values("score", ascending=False)
    shares = rows.label.to_numpy().reshape(10, 500).mean(axis=1)
    np.testing.assert_allclose(lift[lift.g == "large"].y, shares / rows.label.mean(), rtol=1e-9)


def test_score_distribution(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    found = curve(macros, "score_distribution")
    for name, rows in groups.items():
        for label, suffix in ((1, "positive"), (0, "negative")):
            ours = found[(found.g == name) & (found.curve == f"score_distribution_{suffix}")]
            scores = rows.score[rows.label == label]
            counts, edges = np.histogram(scores, bins=np.arange(21) / 20)
            full = ours.set_index("point").reindex(range(1, 21))
            np.testing.assert_array_equal(full.n_rows.fillna(0), counts)
            np.testing.assert_allclose(full.y.fillna(0), counts / max(len(scores), 1))
            np.testing.assert_allclose(ours.threshold, edges[ours.point - 1])


def test_profit_by_threshold(macros: Macros, groups: dict[str, pd.DataFrame]) -> None:
    for name, points in curve(macros, "profit").groupby("g"):
        rows = groups[str(name)]
        assert points.y.iloc[0] == pytest.approx(money(rows, 0).mean())
        assert points.y.iloc[-1] == pytest.approx(money(rows, 1).mean())
        for point in points.iloc[1:].itertuples():
            action = (rows.score >= point.threshold).astype(int)
            assert point.y == pytest.approx(money(rows, action).mean(), rel=1e-9)
            assert point.x == pytest.approx(action.mean())
