"""Arrow batches encoded for the fitted estimator, without a data frame: the same numbers as its own pipeline gives.

A category is encoded by the pipeline itself, once, when the model is loaded; a row then takes its category's encoding
by position. Pipelines of another shape than ours (`insitu.training.fitting.preprocess`) are left as they are.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from insitu.training.fitting.frame import numbers

Array = np.ndarray[Any, Any]
ENSEMBLES = (StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor)


class Unknown(Exception):
    """A pipeline of another shape."""


def over_arrow(estimator: Any) -> Any | None:
    """The same fitted estimator, that takes `Columns` or `Values`; None where it cannot."""
    try:
        return _over_arrow(estimator)
    except Unknown:
        return None


def _over_arrow(estimator: Any) -> Any:
    if isinstance(estimator, dict):
        return {name: _over_arrow(each) for name, each in estimator.items()}
    if isinstance(estimator, Pipeline):
        if list(estimator.named_steps) != ["prepare", "model"]:
            raise Unknown
        return Pipeline([("prepare", Encoder.of(estimator["prepare"])), ("model", estimator["model"])])
    changed = copy.copy(estimator)
    if isinstance(estimator, FrozenEstimator):
        changed.estimator = _over_arrow(estimator.estimator)
    elif isinstance(estimator, CalibratedClassifierCV):
        changed.calibrated_classifiers_ = [copy.copy(pair) for pair in estimator.calibrated_classifiers_]
        for pair in changed.calibrated_classifiers_:
            pair.estimator = _over_arrow(pair.estimator)
    elif isinstance(estimator, ENSEMBLES):
        changed.estimators_ = [_over_arrow(each) for each in estimator.estimators_]
    else:
        raise Unknown
    return changed


@dataclass(frozen=True)
class Columns:
    """The features of a batch, in the place of the data frame that a pipeline is given."""

    batch: pa.RecordBatch

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.batch.num_rows, self.batch.num_columns

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def fill(self, into: Array, names: Sequence[str]) -> None:
        """Write numeric columns into the first columns of an array, missing as NaN."""
        for position, name in enumerate(names):
            column = self.batch.column(name)
            if pa.types.is_float64(column.type) and not column.null_count:
                values = column.to_numpy()
                into[:, position] = values
                # A sum is finite only if all its values are.
                if not np.isfinite(values.sum()):
                    into[~np.isfinite(values), position] = np.nan
            else:
                into[:, position] = numbers(column)

    def places(self, category: Category) -> Array:
        """The row of a category's table for each row of the batch."""
        column = self.batch.column(category.name)
        if pa.types.is_null(column.type):
            return np.full(len(column), len(category.known) + 1)
        if not pa.types.is_dictionary(column.type):
            return _found(column, category.known)
        of_level = np.append(_found(column.dictionary, category.known), len(category.known) + 1)
        found: Array = of_level[np.array(pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False))]
        return found


def _found(values: pa.Array, known: pa.Array) -> Array:
    texts = pc.cast(values, pa.string())
    found = pc.fill_null(pc.index_in(texts, value_set=known), len(known)).to_numpy()
    if not texts.null_count:
        return np.asarray(found)
    return np.where(pc.is_null(texts).to_numpy(zero_copy_only=False), len(known) + 1, found)


@dataclass(frozen=True)
class Values:
    """A few rows as plain values, without Arrow: each column a list of floats (missing as NaN), or of texts or None."""

    columns: dict[str, list[Any]]
    n_rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n_rows, len(self.columns)

    def __len__(self) -> int:
        return self.n_rows

    def fill(self, into: Array, names: Sequence[str]) -> None:
        """See `Columns.fill`."""
        for position, name in enumerate(names):
            into[:, position] = self.columns[name]

    def places(self, category: Category) -> Array:
        """See `Columns.places`."""
        place_of, unknown = category.place_of, len(category.known)
        return np.array([place_of.get(value, unknown) for value in self.columns[category.name]])


@dataclass(frozen=True)
class Category:
    """A categorical column with the encoding of each known level, then of an unknown one, then of a missing one."""

    name: str
    known: pa.Array
    table: Array  # shape (known levels + 2, encoded columns)

    @cached_property
    def place_of(self) -> dict[str | None, int]:
        """The row of `table` of each known level, and of None."""
        return {None: len(self.known) + 1} | {level: row for row, level in enumerate(self.known.to_pylist())}


class Encoder(BaseEstimator):  # type: ignore[misc]
    """In the place of a fitted ColumnTransformer of numbers and categories."""

    def __init__(self, numeric: list[str], passed_on: Any, categories: list[Category], is_sparse: bool) -> None:
        self.numeric, self.passed_on, self.categories, self.is_sparse = numeric, passed_on, categories, is_sparse

    @classmethod
    def of(cls, prepare: Any) -> Encoder:
        """Raises Unknown for a transformer of another shape."""
        if not isinstance(prepare, ColumnTransformer):
            raise Unknown
        parts = {name: (transformer, list(columns)) for name, transformer, columns in prepare.transformers_}
        if parts.pop("remainder", ("drop", []))[0] != "drop" or list(parts) != ["numbers", "categories"]:
            raise Unknown
        passed_on, numeric = parts["numbers"]
        encoder, categorical = parts["categories"]
        is_plain = passed_on == "passthrough" if isinstance(passed_on, str) else _is_identity(passed_on)
        if isinstance(passed_on, str) and not is_plain:
            raise Unknown
        categories = _categories(encoder, categorical)
        if is_plain and any(category.table.shape[1] > 1 for category in categories):
            raise Unknown
        return cls(numeric, None if is_plain else passed_on, categories, prepare.sparse_output_)

    def fit(self, columns: Columns | Values, y: Any = None) -> Encoder:
        """It is fitted: what it stands for was."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, columns: Columns | Values) -> Any:
        """What the estimator was fitted on: shape (rows, encoded columns)."""
        if self.is_sparse:
            tables = [sparse.csr_matrix(each.table)[columns.places(each)] for each in self.categories]
            return sparse.hstack([*self._numbers(columns), *tables]).tocsr()
        if self.passed_on is not None:
            # In memory as the pipeline has it: the order in which a sum is added up decides its last digit.
            return np.hstack([*self._numbers(columns), *[each.table[columns.places(each)] for each in self.categories]])
        found = np.empty((len(columns), len(self.numeric) + len(self.categories)))
        columns.fill(found, self.numeric)
        for position, each in enumerate(self.categories, start=len(self.numeric)):
            found[:, position] = each.table[columns.places(each), 0]
        return found

    def _numbers(self, columns: Columns | Values) -> list[Any]:
        """The numbers as their own transformer gives them; none where there are none."""
        if not self.numeric:
            return []
        block = np.empty((len(columns), len(self.numeric)), order="F")
        columns.fill(block, self.numeric)
        if self.passed_on is None:
            return [block]
        # A frame of numbers is a view of them; the transformer asks for the names that it was fitted with.
        return [self.passed_on.transform(pd.DataFrame(block, columns=self.numeric, copy=False))]


def _is_identity(transformer: Any) -> bool:
    return isinstance(transformer, FunctionTransformer) and transformer.func is None


def _categories(encoder: Any, names: list[str]) -> list[Category]:
    """The encoding of each level of each column, as the fitted encoder gives it."""
    if not names:
        return []
    if not isinstance(encoder, OrdinalEncoder | OneHotEncoder) or getattr(encoder, "drop", None) is not None:
        raise Unknown
    known = [[level for level in levels if isinstance(level, str)] for levels in encoder.categories_]
    strange = [max(levels, key=len, default="") + "?" for levels in known]  # longer than any level
    height = max(map(len, known)) + 2
    asked = pd.DataFrame(
        {
            name: pd.Series([*levels, unknown, *[np.nan] * (height - len(levels) - 1)], dtype=object)
            for name, levels, unknown in zip(names, known, strange, strict=True)
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a category is unknown
        encoded = encoder.transform(asked)
    encoded = encoded.toarray() if sparse.issparse(encoded) else encoded
    found, start = [], 0
    for position, (name, levels) in enumerate(zip(names, known, strict=True)):
        width = _width(encoder, position)
        table = np.ascontiguousarray(encoded[: len(levels) + 2, start : start + width], dtype=np.float64)
        found.append(Category(name, pa.array(levels, pa.string()), table))
        start += width
    if start != encoded.shape[1]:
        raise Unknown
    return found


def encoded_names(prepare: Any) -> list[str]:
    """The column that each encoded one is of; `prepare` is a fitted ColumnTransformer of numbers and categories."""
    (_, numbers, numeric), (_, encoder, categorical) = prepare.transformers_[:2]
    imputer = getattr(numbers, "named_steps", {}).get("simpleimputer") if numeric else None
    indicated = [numeric[position] for position in imputer.indicator_.features_] if imputer is not None else []
    encoded = [name for position, name in enumerate(categorical) for _ in range(_width(encoder, position))]
    return [*numeric, *indicated, *encoded]


def _width(encoder: Any, position: int) -> int:
    """How many columns an encoder makes of one; one-hot, all that are rare share one."""
    if isinstance(encoder, OrdinalEncoder):
        return 1
    rare = encoder.infrequent_categories_[position]
    return len(encoder.categories_[position]) - (len(rare) - 1 if rare is not None else 0)
