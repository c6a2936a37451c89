"""What a model looks at: permutation importance and partial dependence, on rows it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance

from insitu.threads import limited
from insitu.training.data import Rows
from insitu.training.metrics import METRICS
from insitu.training.procedure import Procedure

MAX_ROWS = 3_000
REPEATS = 3
TOP = 8  # features with a partial dependence
GRID = 20
MAX_BACKGROUND = 300


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
        return METRICS[metric](y, procedure.scores(model, Rows(frame, y, y, y, y)))

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


def dependence(procedure: Procedure, estimator: Any, rows: Rows, columns: list[str]) -> list[dict[str, Any]]:
    """Mean score when one feature is set to each of some values (Friedman 2001), for the first `TOP` features.

    The same as scikit-learn's `partial_dependence(method="brute")`, in one prediction per feature instead of one per
    value: the encodings of a small batch cost more than the model.

    Returns:
        One entry per feature: feature, values, scores (for a multiclass task one list per class).
    """
    sample = rows.sample(MAX_BACKGROUND)
    kinds = {feature.name: feature.kind for feature in procedure.data.features}
    result = []
    for name in columns[:TOP]:
        present = rows.frame[name].dropna()
        if kinds[name] == "category":
            values = np.array(sorted(present.value_counts(sort=True).index[:GRID]), dtype=object)
        else:
            shares = np.linspace(0.02, 0.98, GRID)
            values = np.unique(np.quantile(present.to_numpy(dtype=np.float64), shares, method="nearest"))
        if len(values) < 2:
            continue
        stacked = pd.concat([sample.frame] * len(values), ignore_index=True)
        stacked[name] = np.repeat(values, len(sample))
        nothing = np.empty(0)
        with limited(len(stacked)):
            scores = procedure.scores(estimator, Rows(stacked, nothing, nothing, nothing, nothing))
        means = scores.reshape(len(values), len(sample), -1).mean(axis=1)
        curve = means[:, 0].tolist() if means.shape[1] == 1 else means.T.tolist()
        result.append({"feature": name, "values": values.tolist(), "scores": curve})
    return result
