"""What a model expects of its input, and how an Arrow batch becomes the frame it was fitted on.

The same function makes the frame for training and for scoring. Policy, declared in every signature:
NULL, NaN and ±Inf are missing; a category never seen in training is passed on and lands in the pipeline's own bucket
for the unknown; columns beyond the signature are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insitu.errors import InsituError

Kind = Literal["number", "category", "timestamp"]

POLICY = (
    "NULL, NaN and ±Inf are missing; an unseen category goes to the bucket of the unknown; other columns are ignored"
)
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


@dataclass(frozen=True)
class Signature:
    """Input columns and output of a model version."""

    task: str
    features: list[Feature]
    classes: list[Any] | None = None
    quantiles: list[float] | None = None
    dropped: list[dict[str, Any]] = field(default_factory=list)
    policy: str = POLICY

    @property
    def columns(self) -> list[str]:
        """Names of the input columns, in the model's order."""
        return [feature.name for feature in self.features]

    def to_json(self) -> str:
        """The signature as the JSON text of the registry's column."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Signature:
        """Read the registry's column."""
        raw = json.loads(text)
        return Signature(**{**raw, "features": [Feature(**feature) for feature in raw["features"]]})

    def validate(self, schema: pa.Schema, table: str = "the input", rows: int | None = None) -> None:
        """Refuse a batch that lacks a column or brings another type.

        Raises:
            InsituError: naming the table, the columns, the number of rows and the next step.
        """
        size = "" if rows is None else f" ({rows:,} rows)"
        missing = [name for name in self.columns if name not in schema.names]
        if missing:
            raise InsituError(
                f"{table}{size} lacks {len(missing)} of the model's {len(self.features)} columns: "
                f"{_some(missing)} (it has: {_some(schema.names)}). Add them to the features, or train again without"
            )
        for feature in self.features:
            found = schema.field(feature.name).type
            kind = kind_of(found)
            if not (pa.types.is_null(found) or kind == feature.kind or (feature.kind, kind) in _ACCEPTED):
                raise InsituError(
                    f"{table}{size}: column `{feature.name}` is {found}, the model was trained on {feature.type}. "
                    "Cast it in the feature model, or train again"
                )

    def frame(self, batch: pa.RecordBatch | pa.Table) -> pd.DataFrame:
        """The model's columns of a batch: numbers as float64, categories as str objects, missing as NaN."""
        return to_frame(batch, self.features)


# A code (integer declared categorical) is a category in the signature but a number in the batch.
_ACCEPTED = {("category", "number")}


def _some(names: Sequence[str], limit: int = 8) -> str:
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")


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


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """A numeric or timestamp column as float64, shape (rows,): NULL, NaN and ±Inf become NaN."""
    values = _array(column)
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
    # Through the dictionary: each distinct string becomes one Python object, not each row.
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
