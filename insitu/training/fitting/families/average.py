"""The (weighted) mean of other candidates' scores."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator

from insitu.training.fitting.families.base import Array, Family, Request


def combine(
    task: str, members: dict[str, Any], frame: pd.DataFrame, y: Array, weights: list[float] | None = None
) -> Any:
    """A scikit-learn voting estimator over fitted members; it learns nothing itself.

    Args:
        task: binary, multiclass or regression.
        members: fitted estimators by name.
        frame: any rows, shape (rows, columns); scikit-learn wants to see the column names and classes once.
        y: their labels, shape (rows,).
        weights: one per member; equal if None.
    """
    frozen = [(name, FrozenEstimator(member)) for name, member in members.items()]
    if task == "regression":
        return VotingRegressor(frozen, weights=weights).fit(frame, y)
    return VotingClassifier(frozen, voting="soft", weights=weights).fit(frame, y)


def build(request: Request, parameters: dict[str, Any]) -> Any:
    raise NotImplementedError("ensembles are combined from fitted members")


FAMILY = Family("average", ("binary", "multiclass", "regression"), build, lambda task: {}, combines=True)
