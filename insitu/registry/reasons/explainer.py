"""The contributions of the features of a fitted pipeline, whatever its estimator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from insitu.registry.encode import encoded_names
from insitu.registry.reasons import boosters, linear, trees

Array = np.ndarray[Any, Any]
VALUES = 4_000_000  # contributions that are held at once: 32 MB


@dataclass(frozen=True)
class Reasons:
    """The features that contributed most to each score, in either direction; both of shape (rows, outputs, k)."""

    features: Array  # positions in the model's order; -1 where no more contributed
    contributions: Array


@dataclass(frozen=True)
class Explainer:
    """Contributions of the features, an output for each class of a multiclass task."""

    contributions: Callable[[Any], Array]  # encoded rows → shape (rows, outputs, encoded columns)
    to_features: Any  # sparse, shape (encoded columns, features): each encoded column is of one
    n_outputs: int

    @classmethod
    def of(cls, estimator: Any, features: Sequence[str], n_outputs: int) -> Explainer | None:
        """None where an estimator has no contributions.

        Args:
            estimator: a fitted one, as it is registered.
            features: the names of its columns, in order.
            n_outputs: how many scores a row has.
        """
        pipeline = unwrapped(estimator)
        found = next(filter(None, (kind(pipeline) for kind in KINDS)), None) if pipeline is not None else None
        if pipeline is None or found is None:
            return None
        places = [list(features).index(name) for name in encoded_names(pipeline["prepare"])]
        ones = (np.ones(len(places)), (np.arange(len(places)), places))
        return cls(found, sparse.csr_matrix(ones, (len(places), len(features))), n_outputs)

    def __call__(self, encoded: Any) -> Array:
        """Contributions in encoded rows, shape (rows, outputs, features)."""
        found = self.contributions(encoded)
        rows, outputs, width = found.shape
        summed = (found.reshape(-1, width) @ self.to_features).reshape(rows, outputs, -1)
        # Of two classes, most estimators tell the second alone.
        return np.concatenate([-summed, summed], axis=1) if outputs < self.n_outputs else summed

    def reasons(self, encoded: Any, count: int) -> Reasons:
        """The features that contributed most; of equals, the first one."""
        step = max(1, VALUES // (self.n_outputs * max(self.to_features.shape)))
        parts = [_greatest(self(encoded[start : start + step]), count) for start in range(0, encoded.shape[0], step)]
        return Reasons(*(np.concatenate(both) for both in zip(*parts, strict=True)))


KINDS = (linear.contributions, trees.contributions, boosters.contributions)


def unwrapped(estimator: Any) -> Any | None:
    """The pipeline in an estimator; None for an ensemble of several."""
    if isinstance(estimator, dict):
        return unwrapped(estimator["score"])
    if isinstance(estimator, CalibratedClassifierCV):
        return unwrapped(estimator.calibrated_classifiers_[0].estimator)  # all have the same one
    if isinstance(estimator, FrozenEstimator):
        return unwrapped(estimator.estimator)
    return estimator if isinstance(estimator, Pipeline) else None


def _greatest(contributions: Array, count: int) -> tuple[Array, Array]:
    order = np.argsort(-np.abs(contributions), axis=-1, kind="stable")[..., :count]
    found = np.take_along_axis(contributions, order, axis=-1)
    lacking = [(0, 0), (0, 0), (0, count - found.shape[-1])]
    return np.pad(np.where(found == 0, -1, order), lacking, constant_values=-1), np.pad(found, lacking)
