"""What a model expects of its input: columns, types, and the declared policy for what is missing or unknown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from insitu.errors import InsituError
from insitu.training.fitting.frame import Feature, kind_of, to_frame

POLICY = (
    "NULL, NaN and ±Inf are missing; an unseen category goes to the bucket of the unknown; other columns are ignored"
)


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
