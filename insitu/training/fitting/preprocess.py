"""Encodings inside the Pipeline, so that the artifact carries them.

Two kinds of estimator, two encodings. Trees take missing values as they are and categories as codes; everything that
computes with distances or sums gets imputed, scaled numbers and one-hot categories. In both, rare categories share a
bucket, and a category never seen in training goes to the bucket of the rare (one-hot) or of the missing (codes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model._base import LinearClassifierMixin, LinearModel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

# Histogram gradient boosting takes 255 categories at most; the rest shares one code.
MAX_CODES = 250
MAX_ONE_HOT = 100
MIN_FREQUENCY = 20


def for_trees(numeric: list[str], categorical: list[str]) -> Any:
    """Numbers as they are, then categories as codes; missing and unseen are NaN."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MAX_CODES,
        dtype=np.float64,
    )
    return ColumnTransformer([("numbers", "passthrough", numeric), ("categories", codes, categorical)])


def for_sums(numeric: list[str], categorical: list[str]) -> Any:
    """Numbers imputed by the median (with an indicator) and scaled; categories one-hot, sparse if smaller."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=MIN_FREQUENCY, max_categories=MAX_ONE_HOT
    )
    return ColumnTransformer([("numbers", numbers, numeric), ("categories", one_hot, categorical)])


def note_means(pipeline: Any, frame: Any) -> None:
    """Leave the means of the encoded columns in a fitted linear model's encoder: its reasons are told against them."""
    if isinstance(pipeline["model"], LinearModel | LinearClassifierMixin):
        encoded = pipeline["prepare"].transform(frame)
        pipeline["prepare"].means_ = np.asarray(encoded.mean(axis=0)).ravel()
