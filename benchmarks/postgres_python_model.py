"""A Python model on PostgreSQL reads, scores and writes 1e6 rows × 25 columns; against pandas `read_sql` + `to_sql`.

    python benchmarks/postgres_python_model.py [--rows 1000000] [--slow] [--only-all]

Prints the seconds of each part and their ratios, all measured in one run, and the peak memory of the model's process.
The server is a temporary one of this process; `--slow` adds pandas, which takes most of the time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg2
import pyarrow as pa
from dbt.adapters.postgrespy.session import Session
from dbt.adapters.postgrespy.write import copy_batches

from insitu.postgrespy.server import Database, temporary_server

COLUMNS = 25
FEATURES = [f"f{i}" for i in range(COLUMNS - 1)]
BATCH_ROWS = 65_536


def make_table(database: Database, rows: int) -> None:
    """A table of one key and 24 double precision features."""
    features = ", ".join(f"random() as {name}" for name in FEATURES)
    with database.connect() as connection:
        connection.execute(
            f"create table features as select i as id, {features} from generate_series(1, {rows}) as g(i)"
        )
        connection.execute("vacuum analyze features")


def fitted_model() -> Any:
    """100 trees of 31 leaves, as in the project's own example."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    random = np.random.default_rng(0)
    x = random.random((20_000, len(FEATURES)))
    y = (x[:, 0] + x[:, 1] + random.normal(0, 0.3, len(x)) > 1).astype(int)
    return HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, early_stopping=False).fit(x, y)


def matrix(batch: pa.RecordBatch) -> np.ndarray[Any, Any]:
    """The features of a batch, rows × 24."""
    return np.column_stack([batch.column(name).to_numpy(zero_copy_only=False) for name in FEATURES])


def score(model: Any, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Keys and scores of a stream of features."""
    for batch in batches:
        scores = model.predict_proba(matrix(batch))[:, 1]
        yield pa.RecordBatch.from_pydict({"id": batch.column("id"), "score": pa.array(scores)})


def read_only(database: Database, model: Any) -> None:
    for _ in reader(database):
        pass


def predict_only(database: Database, model: Any) -> float:
    """Predict from batches already in memory; returns the seconds of the prediction alone."""
    seconds = 0.0
    for batch in reader(database):
        features = matrix(batch)
        start = time.perf_counter()
        model.predict_proba(features)
        seconds += time.perf_counter() - start
    return seconds


def write_only(database: Database, model: Any) -> float:
    """Write the scores' shape of data; returns the seconds of the writing alone."""
    batches = [pa.RecordBatch.from_pydict({"id": b.column("id"), "score": b.column("f0")}) for b in reader(database)]
    start = time.perf_counter()
    write(database, iter(batches))
    return time.perf_counter() - start


def read_score_write(database: Database, model: Any) -> None:
    """What the adapter does for a streaming Python model."""
    write(database, score(model, reader(database)))


def pandas_naive(database: Database, model: Any) -> None:
    """The way most people would do it."""
    import pandas as pd
    import sqlalchemy

    url = f"postgresql+psycopg2://{database.user}:{database.password}@{database.host}:{database.port}/{database.dbname}"
    engine = sqlalchemy.create_engine(url)
    frame = pd.read_sql("select * from features", engine)
    scores = frame[["id"]].assign(score=model.predict_proba(frame[FEATURES].to_numpy())[:, 1])
    scores.to_sql("naive", engine, if_exists="replace", index=False)


def reader(database: Database) -> Iterator[pa.RecordBatch]:
    """The features as the adapter's session streams them."""
    connection = psycopg2.connect(database.dsn)
    session = Session(connection)
    try:
        yield from session.table("features").to_arrow_reader(BATCH_ROWS)
    finally:
        session.close()
        connection.close()


def write(database: Database, batches: Iterator[pa.RecordBatch]) -> None:
    """Write scores as the adapter writes a model's rows."""
    with psycopg2.connect(database.dsn) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists scores; create table scores (id bigint, score double precision)")
        schema = pa.schema({"id": pa.int64(), "score": pa.float64()})
        copy_batches(cursor, "scores", schema, batches, {})


def measured(work: Callable[[Database, Any], float | None], database: Database) -> tuple[float, float]:
    """Seconds and peak memory (MB) of some work, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(work, database, theirs))
    process.start()
    result: tuple[float, float] = ours.recv()
    process.join()
    return result


def _measure(work: Callable[[Database, Any], float | None], database: Database, answer: Any) -> None:
    model = fitted_model()
    model.predict_proba(np.zeros((1, len(FEATURES))))
    start = time.perf_counter()
    seconds = work(database, model) or time.perf_counter() - start
    unit = 2**20 if sys.platform == "darwin" else 2**10
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--slow", action="store_true", help="also measure pandas")
    parser.add_argument("--only-all", action="store_true", help="measure reading, scoring and writing together only")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # OpenMP's threads must not spin beside the reading thread
    with temporary_server() as server, server.fresh_database() as database:
        make_table(database, arguments.rows)
        works = {"read": read_only, "predict": predict_only, "write": write_only, "all": read_score_write}
        if arguments.only_all:
            works = {"all": read_score_write}
        if arguments.slow:
            works["pandas"] = pandas_naive
        results = {name: measured(work, database) for name, work in works.items()}
    for name, (seconds, memory) in results.items():
        print(f"{name:8} {seconds:7.2f} s {memory:7.0f} MB")
    if arguments.only_all:
        return
    seconds = {name: result[0] for name, result in results.items()}
    bound = max(seconds["read"], seconds["predict"]) + seconds["write"]
    print(f"all / (max(read, predict) + write) = {seconds['all'] / bound:.2f}")
    if arguments.slow:
        print(f"pandas / all = {seconds['pandas'] / seconds['all']:.1f}")


if __name__ == "__main__":
    main()
