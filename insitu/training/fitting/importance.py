"""Permutation importance of the features, on rows the model has not seen; feature selection uses it."""

from __future__ import annotations

from typing import Any

from sklearn.inspection import permutation_importance

from insitu.threads import limited
from insitu.training.fitting.data import Rows
from insitu.training.fitting.procedure import Procedure
from insitu.training.fitting.scorers import SCORERS

MAX_ROWS = 3_000
REPEATS = 3


def _main(estimator: Any) -> Any:
    return estimator["score"] if isinstance(estimator, dict) else estimator


def permutation(procedure: Procedure, estimator: Any, rows: Rows, columns: list[str]) -> list[dict[str, Any]]:
    """Loss in the selection metric when one feature is shuffled, the largest first.

    Returns:
        One entry per feature: feature, importance, std, metric.
    """
    metric = procedure.settings.metric
    sample = rows.sample(MAX_ROWS)

    def scorer(model: Any, frame: Any, y: Any) -> float:
        return SCORERS[metric](y, procedure.scores(model, Rows(frame, y, y, y, y)))

    with limited(len(sample)):
        found = permutation_importance(
            _main(estimator),
            sample.frame[columns],
            sample.y,
            scoring=scorer,
            n_repeats=REPEATS,
            random_state=procedure.settings.random_state,
        )
    order = sorted(range(len(columns)), key=lambda i: (-found.importances_mean[i], columns[i]))
    return [
        {
            "feature": columns[i],
            "importance": float(found.importances_mean[i]),
            "std": float(found.importances_std[i]),
            "metric": metric,
        }
        for i in order
    ]
