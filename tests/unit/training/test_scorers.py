"""What a search compares trials by, from its definition; higher is better, whatever the metric."""

from __future__ import annotations

import math

import numpy as np
import pytest

from insitu import metrics
from insitu.training.fitting.scorers import SCORERS
from insitu.training.fitting.scores import raw_scores

Y = np.array([1, 0, 1, 1, 0])
P = np.array([0.9, 0.4, 0.3, 0.8, 0.1])
CLASSES = np.array([0, 1, 2, 0])
SHARES = np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2]])
VALUES = np.array([1.0, 2.0, 4.0, 8.0])
PREDICTED = np.array([1.5, 2.0, 3.0, 12.0])

BY_DEFINITION = [
    # of the six pairs of a one and a zero, 0.3 against 0.4 is the only one in the wrong order
    ("auc", Y, P, 5 / 6),
    # precision at each one, from the highest score: 1/1, 2/2, 3/4
    ("average_precision", Y, P, (1 + 1 + 3 / 4) / 3),
    ("log_loss", Y, P, sum(map(math.log, (0.9, 0.6, 0.3, 0.8, 0.9))) / 5),
    ("brier", Y, P, -(0.01 + 0.16 + 0.49 + 0.04 + 0.01) / 5),
    ("log_loss", CLASSES, SHARES, sum(map(math.log, (0.5, 0.3, 0.7, 0.4))) / 4),
    ("accuracy", CLASSES, SHARES, 3 / 4),
    # each class against the rest: 3 of 4 pairs, 2.5 of 3 and 3 of 3
    ("auc", CLASSES, SHARES, (2 / 4 + 1.5 / 3 + 3 / 3) / 3),
    ("mae", VALUES, PREDICTED, -(0.5 + 0 + 1 + 4) / 4),
    ("rmse", VALUES, PREDICTED, -math.sqrt((0.25 + 0 + 1 + 16) / 4)),
    ("r2", VALUES, PREDICTED, 1 - 17.25 / sum((value - 3.75) ** 2 for value in (1, 2, 4, 8))),
    ("pinball", VALUES, PREDICTED, -(0.5 + 0 + 1 + 4) / 2 / 4),
]


@pytest.mark.parametrize(("metric", "y", "scores", "expected"), BY_DEFINITION)
def test_by_definition(metric: str, y: np.ndarray, scores: np.ndarray, expected: float) -> None:
    assert SCORERS[metric](y, scores) == pytest.approx(expected, abs=1e-12)


def test_a_fold_may_lack_a_class() -> None:
    assert SCORERS["log_loss"](np.array([1, 1]), np.array([0.5, 0.8])) == pytest.approx(
        (math.log(0.5) + math.log(0.8)) / 2
    )
    assert SCORERS["log_loss"](np.array([0, 2]), SHARES[[0, 2]]) == pytest.approx((math.log(0.5) + math.log(0.7)) / 2)


def test_every_metric_that_chooses_has_a_scorer_and_the_better_scores_are_higher() -> None:
    better, worse = np.array([0.7, 0.2, 0.6, 0.9, 0.1]), np.array([0.3, 0.8, 0.4, 0.2, 0.9])
    for metric in metrics.CHOOSING["binary"]:
        assert SCORERS[metric](Y, better) > SCORERS[metric](Y, worse), metric
    for metric in metrics.CHOOSING["multiclass"]:
        assert SCORERS[metric](CLASSES, np.eye(3)[CLASSES] * 0.7 + 0.1) > SCORERS[metric](CLASSES, SHARES), metric
    for metric in metrics.CHOOSING["regression"]:
        assert SCORERS[metric](VALUES, VALUES + 0.1) > SCORERS[metric](VALUES, PREDICTED), metric


class Fixed:
    """An estimator with given answers."""

    def __init__(self, answers: list[list[float]]) -> None:
        self.answers = np.array(answers, dtype=np.float32)

    def predict_proba(self, frame: object) -> np.ndarray:
        return self.answers

    def predict(self, frame: object) -> np.ndarray:
        return self.answers[:, 0]


def test_scores_of_each_task() -> None:
    model = Fixed([[0.25, 0.75], [0.5, 0.5]])
    assert raw_scores(model, "binary", None).tolist() == [0.75, 0.5]
    assert raw_scores(model, "regression", None).tolist() == [0.25, 0.5]
    assert raw_scores({"score": model, "0.5": Fixed([[9.0, 9.0]])}, "regression", None).tolist() == [0.25, 0.5]
    thirds = raw_scores(Fixed([[0.1, 0.2, 0.3], [0.2, 0.2, 0.4]]), "multiclass", None)
    np.testing.assert_allclose(thirds, [[1 / 6, 1 / 3, 1 / 2], [1 / 4, 1 / 4, 1 / 2]], atol=1e-7)
    np.testing.assert_allclose(thirds.sum(axis=1), 1, rtol=0, atol=1e-15)
