"""Rows whose label came late: each fit takes all that was known when its judge begins, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.training.test_by_hand import FEATURES, GBM, Model, frame, numbers, one, score, unfitted

BEGINS = {name: pd.Timestamp("2020-01-01") + pd.Timedelta(f"{days}D") for name, days in
          {"validation": 60, "gap": 75, "test": 80, "between": 90}.items()}  # fmt: skip


@pytest.fixture(scope="module")
def late() -> pa.Table:
    """Labels that take up to 40 days; the split by the words of docs/training.md, row by row."""
    table = numbers()
    rng = np.random.default_rng(0)
    rows = table.select(["as_of"]).to_pandas()
    rows["matured_at"] = rows.as_of + pd.to_timedelta(rng.integers(1, 40 * 24, len(rows)), unit="h")

    def place(row: Any) -> str:
        if BEGINS["test"] <= row.as_of < BEGINS["between"]:
            return "test"
        if max(row.as_of, row.matured_at) >= BEGINS["test"]:
            return "late"
        if row.as_of >= BEGINS["validation"]:
            return "gap" if row.as_of >= BEGINS["gap"] else "validation"
        return "refit" if row.matured_at >= BEGINS["validation"] else "train"

    columns = {"split": rows.apply(place, axis=1), "matured_at": rows.matured_at.astype("datetime64[us]")}
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    assert set(columns["split"]) == {"train", "refit", "validation", "gap", "test", "late"}
    return table


def test_each_fit_takes_what_was_known_when_its_judge_begins(late: pa.Table) -> None:
    row = one(late, GBM, training={"refit": "everything"})
    rows = late.to_pandas().sort_values("as_of")
    known = {
        "validation": rows[(rows.as_of < BEGINS["validation"]) & (rows.matured_at < BEGINS["validation"])],
        "test": rows[(rows.as_of < BEGINS["gap"]) & (rows.matured_at < BEGINS["test"])],
        "deployed": rows,
    }
    assert (len(known["test"]), len(rows)) == (row["trained_rows"], row["deployed_rows"])
    judged = late.take(np.arange(0, late.num_rows, 7))
    for artifact, seen in known.items():
        expected = unfitted(row).fit(seen[FEATURES], seen["y"])
        found = Model.from_row(row, artifact).predict(judged)
        np.testing.assert_array_equal(found, score(expected, judged.to_pandas()), artifact)


def test_without_a_refit_only_the_train_rows_are_seen(late: pa.Table) -> None:
    row = one(late, GBM, training={"refit": False})
    assert row["trained_rows"] == len(frame(late, "train"))
    assert row["validation_artifact"] is None


def test_what_is_known_too_late_teaches_nothing(late: pa.Table) -> None:
    split = late["split"].to_numpy(zero_copy_only=False)
    y = late["y"].to_numpy(zero_copy_only=False)
    position = late.schema.get_field_index("y")
    honest = one(late, GBM)
    assert honest["deployed_artifact"] is None
    for turned, teaches in ((("gap", "test", "late"), False), (("refit",), True)):
        poisoned = late.set_column(position, "y", pa.array(np.where(np.isin(split, turned), ~y, y)))
        row = one(poisoned, GBM)
        assert row["validation_artifact_sha256"] == honest["validation_artifact_sha256"]
        assert (row["artifact_sha256"] != honest["artifact_sha256"]) == teaches


def test_a_refit_without_validation_rows(late: pa.Table) -> None:
    """All labels of the validation came too late; what came in between is learned from all the same."""
    table = late.filter(pa.compute.not_equal(late["split"], "validation"))
    assert one(table, GBM)["trained_rows"] == len(frame(table, "train", "refit"))
