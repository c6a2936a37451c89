"""Training on more features than rows: what the importance of 1,500 features costs, beside scikit-learn's.

    python benchmarks/wide_models.py

One made-up snapshot of 1,200 rows, one LightGBM candidate. `train` is the whole training; scikit-learn's
`permutation_importance` (three repeats) is of the same model and the same validation rows, in the same run.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

import insitu.threads  # noqa: F401  # before scikit-learn: it sets up OpenMP
from insitu.registry.model import Model
from insitu.training import train as training
from insitu.training.train import silent

CONFIG: dict[str, Any] = {
    "task": "binary",
    "entity": ["id"],
    "label": "y",
    "candidates": [{"name": "gbm", "family": "lightgbm"}],
}


def snapshot(rows: int, features: int) -> pa.Table:
    """Two features that matter among noise."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, features))
    as_of = [datetime(2024, 1, 1) + timedelta(hours=6 * i) for i in range(rows)]
    split = np.repeat(["train", "validation", "test"], [rows * 6 // 10, rows * 2 // 10, rows - rows * 8 // 10])
    columns: dict[str, Any] = {
        "snapshot_id": ["s"] * rows,
        "training_as_of": [datetime(2025, 1, 1)] * rows,
        "id": [str(i) for i in range(rows)],
        "as_of": as_of,
        "split": split,
    }
    columns |= {f"x{j}": x[:, j] for j in range(features)}
    columns |= {"y": (x[:, 0] + 0.5 * x[:, 1] + random.normal(size=rows) > 0).astype(int), "matured_at": as_of}
    return pa.table(columns)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--features", type=int, default=1500)
    options = parser.parse_args()
    table = snapshot(options.rows, options.features)

    spent = 0.0
    original = training.permutation

    def timed(*arguments: Any) -> Any:
        nonlocal spent
        start = time.perf_counter()
        try:
            return original(*arguments)
        finally:
            spent += time.perf_counter() - start

    training.permutation = timed
    start = time.perf_counter()
    (row,) = training.train(CONFIG, "wide", table, progress=silent).to_pylist()
    whole = time.perf_counter() - start

    model = Model.from_row(row, "validation")
    rows = table.filter(pc.equal(table["split"], "validation"))
    frame, y = model.signature.frame(rows), rows["y"].to_numpy()
    start = time.perf_counter()
    permutation_importance(
        model.estimator, frame, y, n_repeats=3, scoring=lambda m, x, t: roc_auc_score(t, m.predict_proba(x)[:, 1])
    )
    peer = time.perf_counter() - start
    print(f"\n{options.rows} rows x {options.features} features{'seconds':>12}")
    print(f"{'train':28}{whole:10.1f}\n{'of it importance':28}{spent:10.1f}")
    print(f"{'scikit-learn importance':28}{peer:10.1f}   {peer / spent:.1f} x ours")


if __name__ == "__main__":
    main()
