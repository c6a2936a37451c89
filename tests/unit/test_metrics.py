"""Directions and titles of the metrics; that macros say the same is tested beside them."""

from __future__ import annotations

import numpy as np
import pytest

from insitu import metrics
from insitu.training.fitting.scorers import SCORERS


@pytest.mark.parametrize("name", sorted(SCORERS))
def test_a_scorer_is_higher_for_better_scores(name: str) -> None:
    y = np.array([0, 1, 0, 1])
    good, bad = np.array([0.1, 0.9, 0.2, 0.8]), np.array([0.6, 0.4, 0.5, 0.45])
    if name == "accuracy":
        good, bad = (np.column_stack([1 - score, score]) for score in (good, bad))
    better, worse = SCORERS[name](y, good), SCORERS[name](y, bad)
    assert better > worse
    published = [score if metrics.of(name).higher_is_better else -score for score in (better, worse)]
    assert (published[0] > published[1]) == metrics.of(name).higher_is_better
    assert name == "r2" or min(published) >= 0


def test_every_metric_that_may_choose_has_a_scorer_and_a_title() -> None:
    for chosen in metrics.CHOOSING.values():
        assert set(chosen) <= set(SCORERS) & set(metrics.METRICS)


def test_titles() -> None:
    assert metrics.of("log_loss").title == "Log loss" and metrics.in_sentence("Log loss") == "log loss"
    assert metrics.in_sentence("AUC") == "AUC" and metrics.in_sentence("R²") == "R²"
    assert metrics.of("pinball_p90").title == "Pinball p90"
