"""A small snapshot with known structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa


def snapshot(rows: int = 1200, seed: int = 1, task: str = "binary") -> pa.Table:
    """Rows of one snapshot: two numbers that matter, one that does not, a category that does, some NULLs."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    city = rng.choice(["rome", "oslo", "lima"], size=rows)
    signal = 1.5 * x[:, 0] - x[:, 1] + np.where(city == "rome", 1.0, 0.0)
    as_of = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(rows) * 2, unit="h")
    label: Any = (signal + rng.logistic(size=rows)) > 0
    if task == "regression":
        label = signal + rng.normal(size=rows)
    if task == "multiclass":
        label = np.array(["low", "mid", "high"])[np.digitize(signal + rng.normal(size=rows), [-1, 1])]
    x[rng.random(rows) < 0.1, 0] = np.nan
    split = np.where(
        np.arange(rows) < rows * 0.7, "train", np.where(np.arange(rows) < rows * 0.85, "validation", "test")
    )
    frame = pd.DataFrame(
        {
            "snapshot_id": "s1",
            "training_as_of": pd.Timestamp("2020-06-01"),
            "id": np.arange(rows),
            "as_of": as_of.astype("datetime64[us]"),
            "split": split,
            "a": x[:, 0],
            "b": x[:, 1],
            "noise": x[:, 2],
            "n": rng.integers(0, 9, rows),
            "flag": rng.random(rows) < 0.5,
            "city": city,
            "y": label,
            "matured_at": (as_of + pd.Timedelta("1h")).astype("datetime64[us]"),
        }
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def ml(*candidates: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """`meta.ml` for the snapshot."""
    default = ({"name": "logistic", "family": "logistic_regression"},)
    return {"task": "binary", "entity": ["id"], "label": "y", "candidates": list(candidates or default), **settings}
