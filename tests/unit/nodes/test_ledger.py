"""What the ledger says of a batch, and what refuses one whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from insitu.config import UseCase, parse
from insitu.errors import InsituError
from insitu.nodes import ledger
from insitu.nodes.ledger import Batch
from insitu.registry.inputs import InputCounts
from insitu.training.fitting.frame import Feature
from tests.unit.training.example import ml

NOON = datetime(2024, 3, 10, 12)
FEATURES = [
    Feature("x", "number", "double"),
    Feature("n", "number", "int64"),
    Feature("city", "category", "string", categories=["oslo", "rome"]),
    Feature("street", "category", "string", categories=None),  # too many to be listed
]


def batch(**settings: Any) -> Batch:
    found = Batch("id", NOON, "v", "hash", "set", is_shadow=False, rows_due=2, predicted_at=NOON)
    return replace(found, **settings)


def rows(*ids: int | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"id": pa.array(ids, pa.int64()), "as_of": [NOON] * len(ids)})


def scores(*values: float | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"score": pa.array(values, pa.float64())})


def config(task: str = "binary") -> UseCase:
    return parse(ml(task=task), "demo")


def test_a_row_of_the_ledger() -> None:
    found = batch()
    found.audit(config(), rows(1), scores(0.25))
    found.audit(config(), rows(2), scores(0.75))
    found.close()
    (row,) = ledger.as_table([found]).to_pylist()
    assert row == {
        "batch_id": "id",
        "batch_as_of": NOON,
        "model_version": "v",
        "artifact_sha256": "hash",
        "scoring_set_id": "set",
        "is_shadow": 0,
        "status": "published",
        "n_rows": 2,
        "n_written": 2,
        "min_score": 0.25,
        "max_score": 0.75,
        "n_missing": 0,
        "n_unseen": 0,
        "inputs": "[]",
        "predicted_at": NOON,
    }
    (text,) = json.loads(ledger.as_json([found]))
    assert text == row | {"batch_as_of": str(NOON), "predicted_at": str(NOON)}


def test_odd_inputs_are_counted_by_feature() -> None:
    counts = InputCounts()
    for _ in range(2):
        counts.add(
            pa.RecordBatch.from_pydict(
                {
                    "x": pa.array([1.0, None, math.nan, math.inf, -math.inf, 2.0]),
                    "n": pa.array([1, None, None, 4, 5, 6]),
                    "city": pa.array(["rome", "lima", None, "oslo", "lima", ""]).dictionary_encode(),
                    "street": pa.array(["a", "b", None, "c", "d", "e"]),
                }
            ),
            FEATURES,
        )
    found = replace(batch(), inputs=counts).as_row()
    assert json.loads(found["inputs"]) == [
        {"feature": "x", "nulls": 2, "nans": 2, "infinities": 4, "unseen": 0},
        {"feature": "n", "nulls": 4, "nans": 0, "infinities": 0, "unseen": 0},
        {"feature": "city", "nulls": 2, "nans": 0, "infinities": 0, "unseen": 6},
        {"feature": "street", "nulls": 2, "nans": 0, "infinities": 0, "unseen": 0},
    ]
    assert (found["n_missing"], found["n_unseen"]) == (16, 6)


@pytest.mark.parametrize(
    ("task", "written", "is_possible"),
    [
        ("binary", (0.0, 1.0), True),
        ("binary", (0.5, 1.0000001), False),
        ("binary", (-1e-9, 0.5), False),
        ("multiclass", (0.5, 2.0), False),
        ("regression", (-1e300, 1e300), True),
        ("regression", (0.0, math.inf), False),
        ("regression", (-math.inf, 0.0), False),
        ("regression", (math.nan, 0.0), False),
        ("binary", (math.nan, math.nan), False),
        ("binary", (None, 0.5), False),
    ],
)
def test_impossible_scores_refuse_the_batch(task: str, written: tuple[float, float], is_possible: bool) -> None:
    found = batch()
    if is_possible:
        return found.audit(config(task), rows(1, 2), scores(*written))
    with pytest.raises(InsituError, match="Batch `id` of `v` is refused, nothing of it is written: its scores"):
        found.audit(config(task), rows(1, 2), scores(*written))


def test_a_key_that_is_null_and_rows_that_went_missing() -> None:
    with pytest.raises(InsituError, match="`id` is NULL in 1 of its rows"):
        batch().audit(config(), rows(1, None), scores(0.5, 0.5))
    found = batch()
    found.audit(config(), rows(1), scores(0.5))
    with pytest.raises(InsituError, match="2 rows were due when it began, and 1 were read"):
        found.close()
