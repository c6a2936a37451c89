"""The model in charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from insitu.api.rows import as_arrow
from insitu.registry.model import Model

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Champion:
    """A model that is in charge, as it predicts.

    Attributes:
        model_version: its name in the registry.
        candidate: the candidate of `meta.ml.candidates` that it is a version of.
        since: from when on it is in charge (UTC).
        reason: why.
    """

    model_version: str
    candidate: str
    since: datetime
    reason: str
    _model: Model

    def __repr__(self) -> str:
        return f"{self.model_version}, in charge since {self.since}"

    @property
    def estimator(self) -> Any:
        """The scikit-learn estimator: it takes what `frame` gives."""
        fitted = self._model.estimator
        return fitted["score"] if isinstance(fitted, dict) else fitted

    @property
    def quantiles(self) -> dict[float, Any]:
        """The estimators of the quantiles that the candidate declares."""
        fitted = self._model.estimator
        return {quantile: fitted[str(quantile)] for quantile in self._model.signature.quantiles or []}

    @property
    def features(self) -> list[str]:
        """The columns that it needs, in its order."""
        return list(self._model.signature.columns)

    @property
    def classes(self) -> list[Any] | None:
        """The classes of a multiclass model, in the order of its probabilities; None for others."""
        return self._model.signature.classes if self._model.task == "multiclass" else None

    def frame(self, rows: Any) -> pd.DataFrame:
        """The features of rows as the estimator takes them: numbers as float64, categories as str, missing as NaN.

        Raises:
            insitu.errors.InsituError: a column is missing, or of another type than in training.
        """
        table = as_arrow(rows)
        self._model.signature.validate(table.schema, "the rows", table.num_rows)
        return self._model.signature.frame(table)

    def predict(self, rows: Any) -> np.ndarray[Any, Any]:
        """Scores of rows, as `insitu score` would write them.

        Args:
            rows: `Rows`, or a table of Arrow, pandas or Polars; other columns than `features` are ignored.

        Returns:
            binary: probabilities, shape (rows,); regression: predictions, shape (rows,); multiclass: probabilities in
            the order of `classes`, shape (rows, classes).

        Raises:
            insitu.errors.InsituError: a column is missing, or of another type than in training.
        """
        return self._model.predict(as_arrow(rows), "the rows")
