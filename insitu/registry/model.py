"""A registered model, ready to score Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from insitu.errors import InsituError
from insitu.registry import artifact
from insitu.registry.encode import Columns, over_arrow
from insitu.registry.reasons.explainer import Explainer, Reasons, unwrapped
from insitu.registry.signature import Signature
from insitu.threads import limited
from insitu.training.fitting.scores import raw_scores


@dataclass(frozen=True)
class Model:
    """A fitted estimator with the signature that its input must have."""

    model_version: str
    task: str
    signature: Signature
    estimator: Any

    @staticmethod
    def from_row(row: Mapping[str, Any], split: str | None = None, trusted: Sequence[str] = ()) -> Model:
        """Load a row of `<use_case>__models`.

        Args:
            row: the row, by column name (`table.to_pylist()[0]`).
            split: `validation` loads the model that has not seen the validation rows, `deployed` the one that predicts,
                every other value the one that is tested. The tested one is also the first when `training.refit` is off,
                and the last unless it is `everything`.
            trusted: `meta.ml.trusted_types`.

        Raises:
            InsituError: the row holds no model, its bytes were changed, or another library version wrote them.
        """
        version = str(row["model_version"])
        column = "artifact"
        if split in ("validation", "deployed") and row.get(f"{split}_artifact") is not None:
            column = f"{split}_artifact"
        data = row[column]
        if row["status"] != "trained" or data is None:
            raise InsituError(f"`{version}` has no artifact: its status is {row['status']!r} ({row['message']})")
        estimator = artifact.loads(bytes(data), str(row[f"{column}_sha256"]), row["library_versions"], version, trusted)
        return Model(version, str(row["task"]), Signature.from_json(row["signature"]), estimator)

    def predict(self, batch: pa.RecordBatch | pa.Table, table: str = "the input") -> np.ndarray[Any, Any]:
        """Scores of a batch, after its columns and types were checked.

        Returns:
            binary: probability of the label, shape (rows,); regression: prediction, shape (rows,);
            multiclass: probabilities in the order of `signature.classes`, shape (rows, classes).
        """
        self.signature.validate(batch.schema, table, batch.num_rows)
        if batch.num_rows == 0:
            width = (0, len(self.signature.classes or [])) if self.task == "multiclass" else (0,)
            return np.empty(width)
        with limited(batch.num_rows):
            estimator, given = self._applied(batch)
            return raw_scores(estimator, self.task, given)

    def predict_quantiles(self, batch: pa.RecordBatch | pa.Table, table: str = "the input") -> np.ndarray[Any, Any]:
        """Predicted quantiles in the order of `signature.quantiles`, shape (rows, quantiles), never crossing.

        Raises InsituError when the candidate declares no `quantiles`.
        """
        if not self.signature.quantiles:
            raise InsituError(
                f"`{self.model_version}` has no quantiles; set `quantiles` of its candidate and train again"
            )
        self.signature.validate(batch.schema, table, batch.num_rows)
        if batch.num_rows == 0:
            return np.empty((0, len(self.signature.quantiles)))
        with limited(batch.num_rows):
            estimator, given = self._applied(batch)
            columns = [estimator[str(quantile)].predict(given) for quantile in self.signature.quantiles]
        return np.sort(np.column_stack(columns), axis=1)

    @cached_property
    def explainer(self) -> Explainer | None:
        """Tells which features made the scores what they are; None where this estimator has no contributions."""
        n_outputs = len(self.signature.classes or []) if self.task == "multiclass" else 1
        return Explainer.of(self.estimator, self.signature.columns, n_outputs)

    def reasons(self, batch: pa.RecordBatch | pa.Table, count: int) -> Reasons | None:
        """The features that contributed most to each score; None where there is no `explainer`, or no row."""
        if self.explainer is None or batch.num_rows == 0:
            return None
        with limited(batch.num_rows):
            estimator, given = self._applied(batch)
            pipeline: Any = unwrapped(estimator)
            return self.explainer.reasons(pipeline["prepare"].transform(given), count)

    @cached_property
    def over_arrow(self) -> Any | None:
        """The estimator without its data frame; None where it cannot do without."""
        return over_arrow(self.estimator)

    def _applied(self, batch: pa.RecordBatch | pa.Table) -> tuple[Any, Any]:
        """The estimator, and the batch as it takes it: from Arrow where it can, else as a data frame."""
        if self.over_arrow is None:
            return self.estimator, self.signature.frame(batch)
        whole = batch.combine_chunks().to_batches()[0] if isinstance(batch, pa.Table) else batch
        return self.over_arrow, Columns(whole.select(self.signature.columns))

    def predict_batches(
        self, reader: pa.RecordBatchReader, table: str = "the input"
    ) -> Iterator[tuple[pa.RecordBatch, np.ndarray[Any, Any]]]:
        """Scores of a stream, batch by batch; memory stays that of one batch."""
        self.signature.validate(reader.schema, table)
        for batch in reader:
            yield batch, self.predict(batch, table)
