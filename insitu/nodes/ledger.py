"""The ledger's row of a batch: which model scored which rows, and what they and their scores were like.

A batch is looked at while it streams by. What no model can have made refuses it whole, before anything is committed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import md5
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.moments import utc_now
from insitu.registry.inputs import InputCounts

VARIABLE = "insitu.batches"  # of the session, in which the dbt node leaves its rows for the hook that writes them

PUBLISHED = "published"
FOUND = "found"  # its predictions were there, and a row was written for them afterwards
EMPTY = "empty"  # a run took place, and nothing was due

# As the macro `batches` has them.
SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("batch_as_of", pa.timestamp("us")),
        ("model_version", pa.string()),
        ("artifact_sha256", pa.string()),
        ("scoring_set_id", pa.string()),
        ("is_shadow", pa.int32()),
        ("status", pa.string()),
        ("n_rows", pa.int64()),
        ("n_written", pa.int64()),
        ("min_score", pa.float64()),
        ("max_score", pa.float64()),
        ("n_missing", pa.int64()),
        ("n_unseen", pa.int64()),
        ("inputs", pa.string()),
        ("predicted_at", pa.timestamp("us")),
    ]
)


@dataclass
class Batch:
    """One model applied to the rows that fell due for it."""

    batch_id: str
    batch_as_of: datetime
    model_version: str
    artifact_sha256: str
    scoring_set_id: str
    is_shadow: bool
    rows_due: int
    predicted_at: datetime
    n_rows: int = 0
    n_written: int = 0
    min_score: float | None = None
    max_score: float | None = None
    inputs: InputCounts = field(default_factory=InputCounts)

    def audit(self, config: UseCase, rows: pa.RecordBatch, written: pa.RecordBatch) -> None:
        """Take note of some more of its rows, and of what is written of them.

        Raises:
            InsituError: a key is NULL, or a score is none that a model of this task can have made.
        """
        self.n_rows += rows.num_rows
        self.n_written += written.num_rows
        for name in config.key:
            if nulls := rows.column(name).null_count:
                raise self._refused(f"`{name}` is NULL in {nulls:,} of its rows, and belongs to the key")
        if written.num_rows == 0:
            return
        scores = written.column("score")
        bounds = pc.min_max(scores).as_py()  # NaN aside
        possible = config.task == "regression" or (bounds["min"] >= 0 and bounds["max"] <= 1)
        if scores.null_count or not pc.all(pc.is_finite(scores)).as_py() or not possible:
            raise self._refused(
                f"its scores are none that a {config.task} model can have: between {bounds['min']} and "
                f"{bounds['max']}, {scores.null_count:,} of them NULL, {pc.sum(pc.is_nan(scores)).as_py() or 0:,} NaN"
            )
        self.min_score = min(bounds["min"], bounds["min"] if self.min_score is None else self.min_score)
        self.max_score = max(bounds["max"], bounds["max"] if self.max_score is None else self.max_score)

    def close(self) -> None:
        """Raise InsituError if other rows were read than were due."""
        if self.n_rows != self.rows_due:
            raise self._refused(
                f"{self.rows_due:,} rows were due when it began, and {self.n_rows:,} were read: somebody changed the "
                "scoring set meanwhile"
            )

    def _refused(self, what: str) -> InsituError:
        return InsituError(
            f"Batch `{self.batch_id}` of `{self.model_version}` is refused, nothing of it is written: {what}. Mend the "
            "features or the spine, and run again."
        )

    def as_row(self) -> dict[str, Any]:
        """Its row of the ledger."""
        odd = self.inputs.found()
        return {
            "batch_id": self.batch_id,
            "batch_as_of": self.batch_as_of,
            "model_version": self.model_version,
            "artifact_sha256": self.artifact_sha256,
            "scoring_set_id": self.scoring_set_id,
            "is_shadow": int(self.is_shadow),
            "status": PUBLISHED,
            "n_rows": self.n_rows,
            "n_written": self.n_written,
            "min_score": self.min_score,
            "max_score": self.max_score,
            "n_missing": sum(each.nulls + each.nans + each.infinities for each in odd),
            "n_unseen": sum(each.unseen for each in odd),
            "inputs": json.dumps([asdict(each) for each in odd]),
            "predicted_at": self.predicted_at,
        }


def empty_batch(use_case: str, batch_as_of: datetime) -> dict[str, Any]:
    """The row of a run for which nothing was due, one for a moment; the macro `write_batches` makes the same."""
    text = f"{use_case} had nothing due at {batch_as_of:%Y-%m-%d %H:%M:%S}"
    return {
        "batch_id": md5(text.encode(), usedforsecurity=False).hexdigest()[:16],
        "batch_as_of": batch_as_of,
        "is_shadow": 0,
        "status": EMPTY,
        "n_rows": 0,
        "n_written": 0,
        "n_missing": 0,
        "n_unseen": 0,
        "inputs": "[]",
        "predicted_at": utc_now(),
    }


def as_table(batches: list[Batch]) -> pa.Table:
    """Rows of the ledger, as the scorer adds them."""
    return pa.Table.from_pylist([batch.as_row() for batch in batches], SCHEMA)


def as_json(batches: list[Batch]) -> str:
    """Rows of the ledger, as the macro `write_batches` reads them."""
    return json.dumps([batch.as_row() for batch in batches], default=str)
