"""Batch scoring on DuckDB, end to end, as ratios in one run.

    python benchmarks/scoring.py [--rows 1000000] [--family hist_gradient_boosting] [--slow]

25 features (20 numbers, 5 categories), a registered model, the scorer from the view of what is due to committed
predictions and ledger. Beside it: `predict`, the fitted estimator over encoded matrices in memory, below which nothing
can get; and with `--slow` what one would write by hand: `.df()`, the pipeline, an insert. Each part is a process of its
own; memory is its peak. On a busy machine, processor time says more than the clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np

from insitu import threads  # before scikit-learn
from insitu.config import parse
from insitu.nodes import ledger
from insitu.nodes.predict import BATCH_ROWS, predict_due
from insitu.registry.encode import Columns
from insitu.registry.model import Model
from insitu.training.train import silent, train
from insitu.warehouse import connect

NUMBERS = [f"n{i}" for i in range(20)]
CATEGORIES = [f"c{i}" for i in range(5)]
PARAMETERS = {
    "hist_gradient_boosting": {"max_iter": 100, "max_leaf_nodes": 31},
    "lightgbm": {"n_estimators": 100, "num_leaves": 31},
    "random_forest": {"n_estimators": 100, "max_depth": 10},
    "logistic_regression": {},
}


Seconds = tuple[float, float]  # by the clock, and of the processor


class Clock:
    """Seconds by the clock and of this process's processor time."""

    def __init__(self) -> None:
        self.spent = np.zeros(2)
        self.runs = False
        self.go_on()

    def go_on(self) -> None:
        self.began, self.runs = np.array([time.perf_counter(), time.process_time()]), True

    def stop(self) -> None:
        self.spent += np.array([time.perf_counter(), time.process_time()]) - self.began
        self.runs = False

    def read(self) -> Seconds:
        if self.runs:
            self.stop()
        return float(self.spent[0]), float(self.spent[1])


def columns() -> str:
    numbers = ", ".join(f"random() as {name}" for name in NUMBERS)
    levels = ", ".join(
        f"'level ' || cast(floor(random() * {10 * (i + 1)}) as integer) as {name}" for i, name in enumerate(CATEGORIES)
    )
    return f"i as id, timestamp '2024-01-01' as as_of, {numbers}, {levels}"


def settings(family: str) -> dict[str, Any]:
    candidate = {"name": "one", "family": family, "parameters": PARAMETERS[family]}
    return {"task": "binary", "entity": ["id"], "label": "y", "candidates": [candidate]}


def make(path: str, rows: int, family: str) -> None:
    """The warehouse: what is due, a registered model, no predictions."""
    with duckdb.connect(path) as connection:
        connection.execute("set enable_progress_bar = false")
        training = connection.sql(
            f"""select 's' as snapshot_id, timestamp '2024-01-01' as training_as_of,
                * replace (timestamp '2023-01-01' + to_minutes(i) as as_of),
                n0 + n1 + (c0 = 'level 1')::int + random() > 1.6 as y,
                timestamp '2023-01-02' + to_minutes(i) as matured_at,
                case when i < 16000 then 'train' when i < 18000 then 'validation' else 'test' end as split
            from (select i, {columns()} from range(20000) as r(i))"""
        ).to_arrow_table()
        training = training.drop_columns(["i"])
        registered = train(settings(family), "demo", training, progress=silent)
        version = registered["model_version"][0].as_py()
        connection.register("registered", registered)
        connection.execute("create table demo__models as select * from registered")
        connection.execute(
            f"create table demo__scoring_set as select 'set' as scoring_set_id, timestamp '2024-01-01' as batch_as_of, "
            f"{columns()} from range({rows}) as r(i)"
        )
        connection.execute(f"create view demo__due as select '{version}' as model_version, * from demo__scoring_set")
        connection.execute(
            f"create table demo__champion as select '{version}' as model_version, now() as champion_since"
        )
        connection.execute(
            "create table demo__predictions (batch_id varchar, batch_as_of timestamp, model_version varchar, "
            "id bigint, as_of timestamp, score double, predicted_at timestamp)"
        )
        connection.register("empty", ledger.as_table([]))
        connection.execute("create table demo__batches as select * from empty")


def scorer(path: str, family: str) -> Seconds:
    """The library's: stream, audit, append, commit."""
    clock = Clock()
    settings_of_profile = {"memory_limit": "500MB", "temp_directory": str(Path(path).parent)}
    credentials = SimpleNamespace(type="duckdb", path=path, settings=settings_of_profile)
    project: Any = SimpleNamespace(credentials=credentials)
    with connect(project, read_only=False) as warehouse:
        named = [warehouse.sql(f"select * from demo__{name}") for name in ("due", "models", "champion")]
        with warehouse.appending("demo__predictions") as transaction:
            found = predict_due(parse(settings(family), "demo"), "demo", *named, set())
            transaction.append("demo__predictions", found.rows)
            transaction.append("demo__batches", ledger.as_table(found.batches).to_reader())
    return clock.read()


def model_of(connection: duckdb.DuckDBPyConnection) -> Model:
    return Model.from_row(connection.sql("select * from demo__models").to_arrow_table().to_pylist()[0], "deployed")


def predict(path: str, family: str) -> Seconds:
    """The fitted estimator alone, over encoded matrices in memory."""
    with duckdb.connect(path, read_only=True) as connection:
        model = model_of(connection)
        encoder, estimator = model.over_arrow["prepare"], model.over_arrow["model"]
        reader = connection.sql("select * from demo__due").to_arrow_reader(BATCH_ROWS)
        clock = Clock()
        clock.stop()
        clock.spent[:] = 0
        for batch in reader:
            matrix = encoder.transform(Columns(batch))
            clock.go_on()
            with threads.limited(len(matrix) if not hasattr(matrix, "tocsr") else matrix.shape[0]):
                estimator.predict_proba(matrix)
            clock.stop()
    return clock.read()


def by_hand(path: str, family: str) -> Seconds:
    """`.df()`, the whole pipeline, an insert."""
    clock = Clock()
    with duckdb.connect(path) as connection:
        model = model_of(connection)
        frame = connection.sql("select * from demo__due").df()
        scores = model.estimator.predict_proba(frame[model.signature.columns])[:, 1]
        result = frame[["id", "as_of", "batch_as_of", "model_version"]].assign(score=scores)  # noqa: F841
        connection.execute(
            "insert into demo__predictions select 'b', batch_as_of, model_version, id, as_of, score, now()::timestamp "
            "from result"
        )
    return clock.read()


def peak_memory() -> float:
    """Of this process, in GB. What `getrusage` says is also of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 2**20


def measured(part: Callable[[str, str], Seconds], path: str, family: str, queue: Any) -> None:
    queue.put((*part(path, family), peak_memory()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--family", choices=PARAMETERS, default="hist_gradient_boosting")
    parser.add_argument("--slow", action="store_true")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{given.family}, {given.rows:,} rows; in brackets, processor time")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "scoring.duckdb")
        make(path, given.rows, given.family)
        base = None
        for part in (predict, scorer, *([by_hand] if given.slow else [])):
            queue = context.Queue()
            process = context.Process(target=measured, args=(part, path, given.family, queue))
            process.start()
            seconds, processor, memory = queue.get()
            process.join()
            base = base or (seconds, processor)
            print(
                f"{part.__name__:<8}{seconds:>7.1f} s ({processor:.1f}){given.rows / seconds:>12,.0f} rows/s"
                f"{memory:>6.2f} GB{seconds / base[0]:>6.2f} ({processor / base[1]:.2f}) x predict",
                flush=True,
            )


if __name__ == "__main__":
    main()
