"""What a model looks at: permutation importance and partial dependence, by scikit-learn, on rows it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.inspection import partial_dependence, permutation_importance

from insitu.threads import limited
from insitu.training.data import Rows
from insitu.training.metrics import METRICS
from insitu.training.procedure import Procedure

MAX_ROWS = 3_000
REPEATS = 3
TOP = 8  # features with a partial dependence
GRID = 20


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
    """Mean score when one feature is set to each of some values, for the given features.

    Returns:
        One entry per feature: feature, values, scores (for a multiclass task one list per class).
    """
    sample = rows.sample(1_000)
    kinds = {feature.name: feature.kind for feature in procedure.data.features}
    result = []
    for name in columns[:TOP]:
        present = sample.frame[name].dropna()
        if present.nunique() < 2:
            continue
        if kinds[name] == "category":
            values = present.value_counts().index[:GRID].to_numpy()
        else:
            shares = np.linspace(0.02, 0.98, GRID)
            values = np.unique(np.quantile(present.to_numpy(dtype=np.float64), shares, method="nearest"))
        with limited(len(sample)):
            found = partial_dependence(
                _main(estimator),
                sample.frame,
                [name],
                custom_values={name: values},
                categorical_features=[name] if kinds[name] == "category" else None,
                response_method="predict_proba" if procedure.settings.task != "regression" else "auto",
                method="brute",
            )
        average = found["average"]
        scores = average[0].tolist() if len(average) == 1 else average.tolist()
        result.append({"feature": name, "values": values.tolist(), "scores": scores})
    return result
