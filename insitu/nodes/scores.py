"""The columns of scores: one row per scored row, or per class in a multiclass task, with a column per quantile."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from insitu.config import UseCase
from insitu.registry.model import Model
from insitu.registry.signature import Signature


def quantile_column(quantile: float) -> str:
    """Name of the column of a quantile: `score_p10` for 0.1, `score_p2_5` for 0.025."""
    return f"score_p{quantile * 100:g}".replace(".", "_")


def score_fields(config: UseCase) -> list[pa.Field]:
    """The columns that hold what a model says: `class` in a multiclass task, `score`, and the declared quantiles."""
    classes = [pa.field("class", pa.string())] if config.task == "multiclass" else []
    quantiles = [pa.field(quantile_column(quantile), pa.float64()) for quantile in config.quantiles]
    return [*classes, pa.field("score", pa.float64()), *quantiles]


def reason_fields(config: UseCase) -> list[pa.Field]:
    """The columns of a score's reasons: `reason_1`, `reason_1_contribution`, … as many as are declared."""
    pairs = [(f"reason_{n}", f"reason_{n}_contribution") for n in range(1, config.scoring.reasons + 1)]
    return [field for name, by in pairs for field in (pa.field(name, pa.string()), pa.field(by, pa.float64()))]


def reasons(config: UseCase, model: Model, batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The columns of `reason_fields` for a batch, in the order of its scores; NULL where a model has no more."""
    found = model.reasons(batch, config.scoring.reasons) if config.scoring.reasons else None
    if found is None:
        n_rows = batch.num_rows * (len(model.signature.classes or []) if config.task == "multiclass" else 1)
        return {field.name: pa.nulls(n_rows, field.type) for field in reason_fields(config)}
    names = pa.array(model.signature.columns, pa.string())
    columns: list[pa.Array] = []
    for place in range(config.scoring.reasons):
        features, contributions = (values[..., place].ravel() for values in (found.features, found.contributions))
        lacking = features < 0
        columns.append(names.take(pa.array(features, pa.int64(), mask=lacking)))
        columns.append(pa.array(contributions, pa.float64(), mask=lacking))
    return {field.name: column for field, column in zip(reason_fields(config), columns, strict=True)}


def as_text(values: pa.Array) -> pa.Array:
    """Labels of a multiclass task as text, the same for the label of a row and for the classes of a model."""
    return values.cast(pa.string())


def missing_columns(row: Mapping[str, Any], present: Collection[str]) -> str:
    """The features of a registered version that are not there, as text; empty if all are."""
    missing = [f"`{name}`" for name in Signature.from_json(row["signature"]).columns if name not in present]
    return ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")


@dataclass(frozen=True)
class Scored:
    """A batch with its scores, repeated for each class in a multiclass task."""

    rows: pa.RecordBatch
    columns: dict[str, pa.Array]  # those of `score_fields`


def score_batches(config: UseCase, model: Model, reader: pa.RecordBatchReader, table: str) -> Iterator[Scored]:
    """Apply a model to a stream, batch by batch.

    Args:
        config: the use case.
        model: a registered version.
        reader: rows with the columns of the model's signature; others are handed through.
        table: the relation they come from, for messages.
    """
    for batch, scores in model.predict_batches(reader, table):
        if config.task == "multiclass":
            n_rows, n_classes = scores.shape
            classes = as_text(pa.array(model.signature.classes or []))
            yield Scored(
                batch.take(pa.array(np.repeat(np.arange(n_rows), n_classes))),
                {
                    "class": classes.take(pa.array(np.tile(np.arange(n_classes), n_rows))),
                    "score": pa.array(scores.ravel(), pa.float64()),
                },
            )
            continue
        yield Scored(batch, {"score": pa.array(scores, pa.float64()), **_quantiles(config, model, batch, table)})


def _quantiles(config: UseCase, model: Model, batch: pa.RecordBatch, table: str) -> dict[str, Any]:
    """Every declared quantile; NULL where this candidate does not have it."""
    own = model.signature.quantiles or []
    found = model.predict_quantiles(batch, table) if own else np.empty((batch.num_rows, 0))
    return {
        quantile_column(quantile): pa.array(found[:, own.index(quantile)], pa.float64())
        if quantile in own
        else pa.nulls(batch.num_rows, pa.float64())
        for quantile in config.quantiles
    }
