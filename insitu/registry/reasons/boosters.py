"""LightGBM and XGBoost tell contributions themselves: SHAP values of trees (Lundberg et al., 2020)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def contributions(pipeline: Any) -> Callable[[Any], Array] | None:
    """Encoded rows → shape (rows, outputs, encoded columns); None for another estimator."""
    model = pipeline["model"]
    library = type(model).__module__.partition(".")[0]
    told = {"lightgbm": _by_lightgbm, "xgboost": _by_xgboost}.get(library)
    if told is None:
        return None

    def of_rows(encoded: Any) -> Array:
        width = encoded.shape[1] + 1  # the last is what all rows have in common
        return np.asarray(told(model, encoded), dtype=np.float64).reshape(len(encoded), -1, width)[:, :, :-1]

    return of_rows


def _by_lightgbm(model: Any, encoded: Array) -> Any:
    return model.booster_.predict(encoded, pred_contrib=True)


def _by_xgboost(model: Any, encoded: Array) -> Any:
    from xgboost import DMatrix

    booster = model.get_booster()
    rows = DMatrix(encoded, feature_types=booster.feature_types, enable_categorical=True)
    return booster.predict(rows, pred_contribs=True)
