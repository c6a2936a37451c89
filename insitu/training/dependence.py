"""How a model's score follows one feature: partial dependence, on rows it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from insitu.threads import limited
from insitu.training.fitting.data import Rows
from insitu.training.fitting.procedure import Procedure

TOP = 8  # features with a partial dependence
GRID = 20
MAX_BACKGROUND = 300


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
        with limited(len(stacked)):
            scores = procedure.scores(estimator, stacked)
        means = scores.reshape(len(values), len(sample), -1).mean(axis=1)
        curve = means[:, 0].tolist() if means.shape[1] == 1 else means.T.tolist()
        result.append({"feature": name, "values": values.tolist(), "scores": curve})
    return result
