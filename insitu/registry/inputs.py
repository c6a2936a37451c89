"""What a model was given and had to take as missing or as unknown, counted by feature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from insitu.training.fitting.frame import Feature


@dataclass
class Odd:
    """The values of one feature that no model can take as they are."""

    feature: str
    nulls: int = 0
    nans: int = 0
    infinities: int = 0
    unseen: int = 0  # categories that training did not have; not counted where there are too many to be listed

    def __bool__(self) -> bool:
        return bool(self.nulls or self.nans or self.infinities or self.unseen)


@dataclass
class InputCounts:
    """The odd values of a stream of batches."""

    by_feature: dict[str, Odd] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch, features: Sequence[Feature]) -> None:
        """Count those of one more batch."""
        for feature in features:
            odd = self.by_feature.setdefault(feature.name, Odd(feature.name))
            column = batch.column(feature.name)
            odd.nulls += column.null_count
            if feature.kind == "category":
                odd.unseen += _unseen(column, feature.categories)
            elif pa.types.is_floating(column.type):
                _count_not_finite(column, odd)

    def found(self) -> list[Odd]:
        """The features that had any, in the model's order."""
        return [odd for odd in self.by_feature.values() if odd]


def _count_not_finite(column: pa.Array, odd: Odd) -> None:
    # A sum is finite only if all its values are: one pass in place of two, for nearly every batch there is.
    total = pc.sum(column).as_py()
    if total is not None and not math.isfinite(total):
        odd.nans += pc.sum(pc.is_nan(column)).as_py() or 0
        odd.infinities += pc.sum(pc.is_inf(column)).as_py() or 0


def _unseen(column: pa.Array, known: Sequence[str] | None) -> int:
    if known is None or pa.types.is_null(column.type):
        return 0
    counts = pc.value_counts(column)
    found = pc.cast(_plain(counts.field("values")), pa.string())
    strange = pc.and_(pc.invert(pc.is_in(found, pa.array(known, pa.string()))), pc.is_valid(found))
    return pc.sum(counts.field("counts").filter(strange)).as_py() or 0


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
