"""Permutation importance of the features, on rows the model has not seen; feature selection uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from insitu.threads import limited
from insitu.training.fitting.data import Rows
from insitu.training.fitting.procedure import Procedure
from insitu.training.fitting.scorers import SCORERS

MAX_ROWS = 3_000
REPEATS = 3
# Values (rows x columns) of all shuffled frames. Every feature is shuffled in a frame of all columns, so the cost grows
# with the square of the number of features: up to some 100 of them get all rows and repeats within this.
BUDGET = 100_000_000
MIN_ROWS = 100
BEST = 50  # features of a wide model that are measured again, with more rows and repeats
CHUNK = 4_000_000  # values in one prediction: 32 MB


def permutation(procedure: Procedure, estimator: Any, rows: Rows, columns: list[str]) -> list[dict[str, Any]]:
    """Loss in the selection metric when one feature is shuffled (Breiman 2001), the largest first.

    The same as scikit-learn's `permutation_importance`, in few large predictions instead of one per feature and
    repeat: the encodings of a small frame cost more than the model. Within `BUDGET`, a model with many features is
    measured in two passes: all features on as few as `MIN_ROWS` rows and one repeat, then the `BEST` of them again.

    Returns:
        One entry per feature: feature, importance, std (over the repeats; 0 for one repeat), metric, rows.
    """
    sample, best = rows.sample(MAX_ROWS), columns
    found = {}
    if len(sample) * len(columns) ** 2 * REPEATS > BUDGET:
        few = sample.sample(max(MIN_ROWS, BUDGET // len(columns) ** 2))
        found = _measure(procedure, estimator, few, columns, columns, repeats=1)
        best = _ranked(found)[:BEST]
        sample = sample.sample(max(MIN_ROWS, BUDGET // (len(columns) * len(best) * REPEATS)))
    found |= _measure(procedure, estimator, sample, columns, best, REPEATS)
    return [{"feature": name, **found[name]} for name in _ranked(found)]


def _ranked(found: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(found, key=lambda name: (-found[name]["importance"], name))


def _measure(
    procedure: Procedure, estimator: Any, rows: Rows, columns: list[str], chosen: list[str], repeats: int
) -> dict[str, dict[str, Any]]:
    """Importance of the `chosen` columns."""
    metric = procedure.settings.metric
    frame = rows.frame[columns]
    orders = _orders(len(rows), repeats, procedure.settings.random_state)
    scores = _scores(procedure, estimator, frame, [(name, order) for name in chosen for order in orders])
    score = SCORERS[metric]
    reference = score(rows.y, next(_scores(procedure, estimator, frame, [(columns[0], np.arange(len(rows)))])))
    result = {}
    for name in chosen:
        losses = [reference - score(rows.y, next(scores)) for _ in orders]
        result[name] = {
            "importance": float(np.mean(losses)),
            "std": float(np.std(losses)),
            "metric": metric,
            "rows": len(rows),
        }
    return result


def _orders(rows: int, repeats: int, seed: int) -> list[np.ndarray[Any, Any]]:
    """One order of the rows per repeat, the same for every feature, as scikit-learn draws them."""
    random = np.random.RandomState(np.random.RandomState(seed).randint(2**31))
    shuffle, order, orders = np.arange(rows), np.arange(rows), []
    for _ in range(repeats):
        random.shuffle(shuffle)
        order = order[shuffle]
        orders.append(order)
    return orders


def _scores(
    procedure: Procedure, estimator: Any, frame: pd.DataFrame, shuffled: list[tuple[str, np.ndarray[Any, Any]]]
) -> Iterator[np.ndarray[Any, Any]]:
    """The scores of the frame with one column in another order, for each pair of column and order."""
    together = max(1, CHUNK // max(1, frame.size))
    names = frame.columns.tolist()
    for start in range(0, len(shuffled), together):
        part = shuffled[start : start + together]
        stacked = pd.concat([frame] * len(part), ignore_index=True)
        for position, (name, order) in enumerate(part):
            first = position * len(frame)
            stacked.iloc[first : first + len(frame), names.index(name)] = frame[name].to_numpy()[order]
        with limited(len(stacked)):
            scores = procedure.scores(estimator, stacked)
        yield from np.split(scores, len(part))
