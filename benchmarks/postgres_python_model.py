"""A Python model on PostgreSQL reads, scores and writes 1e6 rows × 25 columns; against pandas `read_sql` + `to_sql`.

    python benchmarks/postgres_python_model.py [--rows 1000000] [--slow] [--only-all]

Prints of each part, alone and then all together, the seconds, the seconds of processor time of the client and of the
server (Linux), and the peak memory of the client; all in one run. Reading streams and drops the rows; predicting and
writing take theirs from memory. Two bounds follow: max(read, predict) + write, and the processor time of all three over
the number of cores, below which no order of work can get. `others` is what the rest of the machine used meanwhile:
where that is not about zero, the ratios mean little. The server is a temporary one; `--slow` adds pandas.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import psycopg2
import pyarrow as pa

from insitu.local_postgres import Database, temporary_server
from insitu.warehouse.postgres.session import Session
from insitu.warehouse.postgres.write import copy_batches

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


def predict_only(database: Database, model: Any) -> Usage:
    """Predict from matrices in memory."""
    matrices = [matrix(batch) for batch in reader(database)]
    with Usage(database) as usage:
        for features in matrices:
            model.predict_proba(features)
    return usage


def write_only(database: Database, model: Any) -> Usage:
    """Write rows of the scores' shape from memory."""
    batches = [pa.RecordBatch.from_pydict({"id": b.column("id"), "score": b.column("f0")}) for b in reader(database)]
    with Usage(database) as usage:
        write(database, iter(batches))
    return usage


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


class Usage:
    """Seconds of a block: on the clock, and of processor time in this process, in the server and in all others."""

    def __init__(self, database: Database) -> None:
        with database.connect() as connection:
            row = connection.execute("select pg_backend_pid()").fetchone()
            self._postmaster = parent(row[0]) if row and LINUX else 0

    def __enter__(self) -> Self:
        self._start = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.1)  # until the backends are gone, and with them what they used is counted
        clock, client, server, machine = (b - a for a, b in zip(self._start, self._now(), strict=True))
        self.seconds, self.client, self.server = clock - 0.1, client, server
        self.others = max(0.0, machine - client - server)

    def _now(self) -> tuple[float, float, float, float]:
        if not LINUX:
            return time.perf_counter(), time.process_time(), math.nan, math.nan
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        machine = (sum(ticks) - ticks[3] - ticks[4]) / TICKS  # neither idle nor waiting
        return time.perf_counter(), time.process_time(), server_seconds(self._postmaster), machine


LINUX = sys.platform == "linux"
TICKS = os.sysconf("SC_CLK_TCK")


def statistics(process: int) -> list[int]:
    """The numbers of /proc/<process>/stat from the parent's on; zeros if it is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return [0] * 20
    return [int(word) for word in text.rpartition(")")[2].split()[1:20]]


def parent(process: int) -> int:
    return statistics(process)[0]


def server_seconds(postmaster: int) -> float:
    """Processor time of the server's process, of its children, and of those that are gone."""
    everyone = (statistics(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    children = sum(sum(numbers[10:12]) for numbers in everyone if numbers[0] == postmaster)
    return (children + sum(statistics(postmaster)[10:14])) / TICKS


def measured(work: Callable[[Database, Any], Usage | None], database: Database) -> tuple[Usage, float]:
    """What some work takes, and its peak memory (MB), in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(work, database, theirs))
    process.start()
    result: tuple[Usage, float] = ours.recv()
    process.join()
    return result


def _measure(work: Callable[[Database, Any], Usage | None], database: Database, answer: Any) -> None:
    model = fitted_model()
    model.predict_proba(np.zeros((1, len(FEATURES))))
    with Usage(database) as whole:
        part = work(database, model)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    answer.send((part or whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


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
    print(f"{'':8} {'seconds':>8} {'client':>7} {'server':>7} {'others':>7} {'MB':>6}")
    for name, (used, memory) in results.items():
        print(f"{name:8} {used.seconds:8.2f} {used.client:7.2f} {used.server:7.2f} {used.others:7.2f} {memory:6.0f}")
    seconds = {name: used.seconds for name, (used, _) in results.items()}
    together = results["all"][0]
    cores = len(os.sched_getaffinity(0)) if LINUX else os.cpu_count() or 1
    least = (together.client + together.server) / cores
    print(f"all / (processor time of all / {cores} cores) = {together.seconds / least:.2f}")
    if arguments.only_all:
        return
    bound = max(seconds["read"], seconds["predict"]) + seconds["write"]
    print(f"all / (max(read, predict) + write) = {seconds['all'] / bound:.2f}")
    print(f"(processor time of all / {cores} cores) / (max(read, predict) + write) = {least / bound:.2f}")
    if arguments.slow:
        print(f"pandas / all = {seconds['pandas'] / seconds['all']:.1f}")


if __name__ == "__main__":
    main()
