"""How an Arrow batch becomes the frame that a model is fitted on, and later applied to: one function for both.

NULL, NaN and ±Inf are missing; a category never seen in training is passed on and lands in the pipeline's own bucket
for the unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["number", "category", "timestamp"]

MAX_CATEGORIES = 1000  # listed in the signature


@dataclass(frozen=True)
class Feature:
    """One input column, with what training saw in it."""

    name: str
    kind: Kind
    type: str
    null_fraction: float = 0.0
    min: float | None = None
    max: float | None = None
    categories: list[str] | None = None
    n_categories: int | None = None


def kind_of(type_: pa.DataType) -> Kind | None:
    """The kind of feature an Arrow type makes, or None when it makes none."""
    types = pa.types
    if types.is_dictionary(type_):
        return kind_of(type_.value_type)
    if types.is_boolean(type_) or types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "number"
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "category"
    if types.is_timestamp(type_) or types.is_date(type_):
        return "timestamp"
    return None


def plain_field(field: pa.Field) -> pa.Field:
    """The field without its dictionary, such as an ENUM of DuckDB brings: as the type of its values."""
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """A numeric or timestamp column as float64, shape (rows,): NULL, NaN and ±Inf become NaN."""
    values = _array(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        values = pc.divide(pc.cast(pc.cast(values, pa.timestamp("us")), pa.int64()).cast(pa.float64()), 1e6)
    elif pa.types.is_boolean(values.type):
        values = pc.cast(values, pa.uint8())
    floats = pc.cast(values, pa.float64(), safe=False)
    result = np.array(floats.to_numpy(zero_copy_only=False), dtype=np.float64)
    result[~np.isfinite(result)] = np.nan
    return result


def strings(column: pa.Array | pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """A categorical column as str objects, shape (rows,): NULL becomes NaN."""
    values = _array(column)
    if pa.types.is_null(values.type):
        return np.full(len(values), np.nan, dtype=object)
    if not pa.types.is_dictionary(values.type):
        values = pc.dictionary_encode(pc.cast(values, pa.string()))
    # Via the dictionary, so that one Python object is made per distinct string and not per row.
    levels = np.array([*pc.cast(values.dictionary, pa.string()).to_pylist(), np.nan], dtype=object)
    levels[[level is None for level in levels]] = np.nan
    coded: np.ndarray[Any, Any] = levels[np.array(pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False))]
    return coded


def to_frame(batch: pa.RecordBatch | pa.Table, features: Sequence[Feature]) -> pd.DataFrame:
    """The frame that pipelines are fitted on and applied to; one block of floats, then the categories."""
    floats = [feature.name for feature in features if feature.kind != "category"]
    block = np.empty((batch.num_rows, len(floats)), order="F")
    for position, name in enumerate(floats):
        block[:, position] = numbers(batch.column(name))
    frame = pd.DataFrame(block, columns=floats, copy=False)
    texts = {
        feature.name: pd.Series(strings(batch.column(feature.name)), dtype=object, index=frame.index)
        for feature in features
        if feature.kind == "category"
    }
    return pd.concat([frame, pd.DataFrame(texts)], axis=1) if texts else frame
