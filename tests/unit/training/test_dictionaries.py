"""An ENUM of the warehouse reaches Python as a dictionary: key, label or feature, it trains as its values do."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from insitu.training.train import train
from tests.unit.training.example import ml
from tests.unit.training.test_bad_data import put


def encoded(table: pa.Table, column: str, batches: int) -> pa.RecordBatchReader:
    """The table in batches, each with a dictionary of its own."""
    values = table.column(column).to_pylist()
    parts = []
    size = -(-table.num_rows // batches)
    for start in range(0, table.num_rows, size):
        part = put(table.slice(start, size), column, pa.array(values[start : start + size]).dictionary_encode())
        parts += part.combine_chunks().to_batches()
    return pa.RecordBatchReader.from_batches(parts[0].schema, parts)


def importance(rows: list[dict[str, Any]]) -> list[str]:
    return [row["feature_importance"] for row in rows]


@pytest.mark.parametrize("column", ["id", "y"])
def test_trains_as_the_values_do(table: pa.Table, column: str) -> None:
    values = pa.array([f"k{value}" for value in table.column("id").to_pylist()]) if column == "id" else None
    plain = put(table, "id", values) if values is not None else put(table, "y", table.column("y").cast(pa.int64()))
    settings = {"name": "linear", "family": "logistic_regression"}
    trained = [
        train(ml(settings), "demo", source, progress=lambda line: None).to_pylist()
        for source in (plain, encoded(plain, column, 3))
    ]
    assert [row["status"] for row in trained[1]] == ["trained"]
    assert importance(trained[0]) == importance(trained[1])
    assert trained[0][0]["trained_rows"] == trained[1][0]["trained_rows"]
