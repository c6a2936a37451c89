"""A linear model over other candidates' scores, learned from predictions for rows those had not seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from insitu.training.fitting.families.base import Array, Family, Request

Fold = tuple[dict[str, Any], pd.DataFrame, Array]


def _empty(task: str, members: dict[str, Any], frame: pd.DataFrame, y: Array, random_state: int) -> Any:
    """A stack over fitted members whose final model still has to be learned."""
    frozen = [(name, FrozenEstimator(member)) for name, member in members.items()]
    if task == "regression":
        return StackingRegressor(frozen, Ridge(1.0, positive=True), cv="prefit").fit(frame, y)
    final = LogisticRegression(C=1.0, max_iter=500, random_state=random_state)
    return StackingClassifier(frozen, final, cv="prefit", stack_method="predict_proba").fit(frame, y)


def combine(
    task: str,
    members: dict[str, Any],
    out_of_fold: Iterable[Fold],
    frame: pd.DataFrame,
    y: Array,
    random_state: int,
) -> tuple[Any, dict[str, Any]]:
    """A scikit-learn stacking estimator, and what its final model learned.

    Args:
        task: binary, multiclass or regression.
        members: estimators fitted on all rows, by name.
        out_of_fold: per temporal fold: members fitted on the earlier rows, the later rows, their labels.
        frame: any rows with every class, for scikit-learn to see the names.
        y: their labels.
        random_state: seed of the final model.
    """
    inputs, labels = [], []
    for fold_members, late, late_y in out_of_fold:
        inputs.append(_empty(task, fold_members, frame, y, random_state).transform(late))
        labels.append(late_y)
    stacked = _empty(task, members, frame, y, random_state)
    # `fit` has learned from rows that the members had seen; learn the final model again, from the out-of-fold rows.
    stacked.final_estimator_ = stacked.final_estimator_.__class__(**stacked.final_estimator_.get_params()).fit(
        np.vstack(inputs), np.concatenate(labels)
    )
    learned = {
        "step": "stack",
        "members": list(members),
        "out_of_fold_rows": int(sum(map(len, labels))),
        "coefficients": np.asarray(stacked.final_estimator_.coef_).tolist(),
    }
    return stacked, learned


def build(request: Request, parameters: dict[str, Any]) -> Any:
    raise NotImplementedError("ensembles are combined from fitted members")


FAMILY = Family("stack", ("binary", "multiclass", "regression"), build, lambda task: {}, combines=True)
