"""Names, directions and usual metrics are those of the macros, and of the scorers that steer a search."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from insitu import metrics
from insitu.training.fitting.scorers import SCORERS

REPOSITORY = Path(__file__).parents[2]


def macro(name: str) -> str:
    """The text of a macro's file, wherever in the repository it is."""
    folders = [REPOSITORY / "dbt_project", REPOSITORY / "insitu"]
    [path] = [path for folder in folders for path in folder.rglob(f"macros/**/{name}.sql")]
    return path.read_text()


def names(text: str) -> set[str]:
    return set(re.findall(r"'([a-z0-9_]+)'", text))


def test_directions_are_those_of_the_macro() -> None:
    better_when_lower = names(macro("higher_is_better")) - {"mse"}  # which no macro computes
    assert better_when_lower == {name for name, metric in metrics.METRICS.items() if not metric.higher_is_better}


def test_the_usual_metric_is_that_of_the_macro() -> None:
    pairs = re.findall(r"'(binary|multiclass|regression)': '(\w+)'", macro("selection_metric"))
    assert dict(pairs) == {task: metrics.usual(task) for task in metrics.CHOOSING}


def test_every_metric_of_the_macros_has_a_title() -> None:
    lists = macro("metrics_of_task").split("curves_of_task")[0]
    known = {name.removeprefix("multiclass_") for name in names(lists) if name not in (*metrics.CHOOSING, "profit")}
    assert {"auc", "pinball", "balanced_accuracy"} <= known
    assert known - set(metrics.METRICS) - {"extra_metrics"} == set()


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
