"""Window features in the warehouse against leaving it: DuckDB's own sort, polars, pandas. Ratios within one run.

    python benchmarks/window_features.py --spine 1e5 --events 1e6 [--zipf] [--memory-limit 256MB]

Four bounded windows over random events of many entities (uniform, or Zipf with exponent 1). Each method runs in a
process of its own, so that its peak memory is its own; polars and pandas get their data in memory, excused from moving
it out of the warehouse and back. `whole` is a whole-number measure, `real` a floating-point one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.dbt.features.project import FeaturesProject

WINDOWS = {"1 hour": 3600, "1 day": 86400, "7 days": 604800, "30 days": 2592000}
BASIC = ["count", "sum", "avg", "stddev"]
CASES = {
    "features, whole numbers": [{"name": "whole", "expr": "whole", "agg": BASIC}],
    "features, floating point": [{"name": "real", "expr": "real", "agg": BASIC}],
    "… with min, max, last, distinct": [
        {"name": "whole", "expr": "whole", "agg": [*BASIC, "min", "max", "last", "count_distinct"]}
    ],
}


class Clock:
    """Wall and CPU seconds of a piece of work; CPU seconds say more on a machine that is shared."""

    def __init__(self) -> None:
        self.seconds, self.cpu = -time.perf_counter(), -time.process_time()

    def stop(self) -> Clock:
        self.seconds, self.cpu = self.seconds + time.perf_counter(), self.cpu + time.process_time()
        return self


def generate(path: Path, spine: int, events: int, each: int, zipf: bool) -> None:
    """Random events over 90 days and random spine rows, of one entity per `each` events."""
    entities = max(10, events // each)
    key = (
        f"cast(floor(exp(random() * ln({entities} + 1))) as integer)"
        if zipf
        else f"cast(floor(random() * {entities}) as integer)"
    )
    moment = "timestamp '2024-01-01' + to_seconds(floor(random() * 90 * 86400))"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw; set threads = 1; select setseed(0.42)")
        connection.execute(
            f"create table raw.events as select {key} as key, {moment} as known_at, "
            f"cast(floor(random() * 1000) as integer) as whole, random() * 100 as real from range({events})"
        )
        connection.execute(
            f"create table raw.spine as select i as id, {key} as key, {moment} as as_of from range({spine}) as t(i)"
        )


def render(path: Path) -> dict[str, str]:
    """The compiled SQL of each case over the warehouse file: the tiers depend on how crowded its events are."""
    models = {
        f"case_{i}": "{{ insitu.window_features(spine=source('raw', 'spine'), events=source('raw', 'events'), "
        f"keys=['key'], windows={list(WINDOWS)!r}, measures={measures!r}, spine_key=['id']) }}}}"
        for i, measures in enumerate(CASES.values())
    }
    with tempfile.TemporaryDirectory() as directory:
        profile = {"type": "duckdb", "path": str(path), "schema": "main"}
        compiled = FeaturesProject(Path(directory), profile, models).compiled()
    return {name: compiled[f"case_{i}"] for i, name in enumerate(CASES)}


def run_duckdb(path: str, sql: str, memory_limit: str | None) -> Clock:
    """Make a temporary table of the query."""
    connection = duckdb.connect(path)
    connection.execute("set threads = 2; set preserve_insertion_order = false")
    if memory_limit:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    clock = Clock()
    connection.execute(f"create temp table result as {sql}")
    return clock.stop()


def run_polars(path: str) -> Clock:
    """Cumulative sums and one join_asof for each window edge."""
    import polars as pl

    connection = duckdb.connect(path)
    events = connection.sql("select key, known_at, whole from raw.events").pl()
    spine = connection.sql("select id, key, as_of from raw.spine").pl()
    connection.close()
    clock = Clock()
    value = pl.col("whole").cast(pl.Float64)
    totals = events.sort("key", "known_at").select(
        "key",
        "known_at",
        n=pl.int_range(1, pl.len() + 1).over("key"),
        s=value.cum_sum().over("key"),
        q=(value * value).cum_sum().over("key"),
    )
    totals = totals.sort("known_at").set_sorted("known_at")
    result = spine.sort("as_of").set_sorted("as_of")

    def at(edge: pl.Expr) -> pl.DataFrame:
        edges = result.select("key", edge=edge.dt.offset_by("-1us")).set_sorted("edge")
        found = edges.join_asof(totals, left_on="edge", right_on="known_at", by="key", strategy="backward")
        return found.select(pl.col("n", "s", "q").fill_null(0))

    high = at(pl.col("as_of"))
    for label, seconds in WINDOWS.items():
        low = at(pl.col("as_of").dt.offset_by(f"-{seconds}s"))
        n, s, q = (high[c] - low[c] for c in ("n", "s", "q"))
        result = result.with_columns(
            n.alias(f"n {label}"),
            s.alias(f"sum {label}"),
            (s / n).alias(f"avg {label}"),
            ((q - s * s / n) / (n - 1)).sqrt().alias(f"stddev {label}"),
        )
    return clock.stop()


def run_pandas(path: str) -> Clock:
    """The same with merge_asof."""
    import numpy as np
    import pandas as pd

    connection = duckdb.connect(path)
    events = connection.sql("select key, known_at, whole from raw.events").df()
    spine = connection.sql("select id, key, as_of from raw.spine").df()
    connection.close()
    clock = Clock()
    events = events.sort_values("known_at", kind="stable").reset_index(drop=True)
    groups = events.assign(n=1.0, s=events["whole"].astype(float), q=events["whole"].astype(float) ** 2).groupby("key")
    totals = pd.concat([events[["key", "known_at"]], groups[["n", "s", "q"]].cumsum()], axis=1)
    result = spine.sort_values("as_of").reset_index(drop=True)

    def at(edges: pd.Series) -> pd.DataFrame:
        left = pd.DataFrame({"edge": edges, "key": result["key"]})
        found = pd.merge_asof(left, totals, left_on="edge", right_on="known_at", by="key", allow_exact_matches=False)
        return found[["n", "s", "q"]].fillna(0)

    high = at(result["as_of"])
    for label, seconds in WINDOWS.items():
        low = at(result["as_of"] - pd.Timedelta(seconds=seconds))
        n, s, q = (high[c] - low[c] for c in ("n", "s", "q"))
        with np.errstate(all="ignore"):
            result[f"n {label}"], result[f"sum {label}"], result[f"avg {label}"] = n, s, s / n
            result[f"stddev {label}"] = np.sqrt((q - s * s / n) / (n - 1))
    return clock.stop()


def in_process(job: dict[str, Any]) -> Any:
    """Run one job in a process of its own: its answer, or the error's last line under `error`."""
    done = subprocess.run([sys.executable, __file__, "--job", json.dumps(job)], capture_output=True, text=True)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def work(job: dict[str, Any]) -> Any:
    """What a process of its own does."""
    if job["method"] == "generate":
        return generate(Path(job["path"]), **job["data"])
    if job["method"] == "render":
        return render(Path(job["path"]))
    methods = {
        "duckdb": lambda: run_duckdb(job["path"], job["sql"], job.get("memory_limit")),
        "polars": lambda: run_polars(job["path"]),
        "pandas": lambda: run_pandas(job["path"]),
    }
    clock = methods[job["method"]]()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": clock.seconds, "cpu": clock.cpu, "megabytes": megabytes}


def compare(spine: int, events: int, each: int, zipf: bool, memory_limit: str | None, only: str) -> None:
    """Print the table of one size."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "benchmark.duckdb"
        data = {"spine": spine, "events": events, "each": each, "zipf": zipf}
        # Not here: this process's memory would count as its children's.
        made = in_process({"method": "generate", "path": str(path), "data": data})
        cases = made or in_process({"method": "render", "path": str(path)})
        if "error" in cases:
            raise SystemExit(f"The data could not be made: {cases['error']}")
        queries = {"DuckDB sorts the events": "select * from raw.events order by key, known_at", **cases}
        jobs: dict[str, dict[str, Any]] = {
            **{name: {"method": "duckdb", "sql": sql, "memory_limit": memory_limit} for name, sql in queries.items()},
            "polars cumulative sums + join_asof": {"method": "polars"},
            "pandas merge_asof": {"method": "pandas"},
        }
        print(
            f"\n{spine:,} spine rows x {events:,} events, {each:,} per entity, {'Zipf' if zipf else 'uniform'}, "
            f"windows {', '.join(WINDOWS)}"
        )
        print(f"{'':36}{'seconds':>9}{'x sort':>9}{'CPU s':>9}{'CPU x':>9}{'peak MB':>9}")
        floor: dict[str, float] | None = None
        for name, job in jobs.items():
            if only and only not in name and floor is not None:
                continue
            result = in_process(job | {"path": str(path)})
            if "error" in result:
                print(f"{name:36}  {result['error']}", flush=True)
                continue
            floor = floor or result
            figures = (
                result["seconds"],
                result["seconds"] / floor["seconds"],
                result["cpu"],
                result["cpu"] / floor["cpu"],
            )
            text = "".join(f"{figure:9.2f}" for figure in figures)
            print(f"{name:36}{text}{result['megabytes']:9.0f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spine", type=float, default=1e5)
    parser.add_argument("--events", type=float, default=1e6)
    parser.add_argument("--each", type=float, default=100, help="Events of each entity.")
    parser.add_argument("--zipf", action="store_true")
    parser.add_argument("--memory-limit")
    parser.add_argument("--only", default="", help="Only methods whose name contains this (and the sort).")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(json.loads(options.job))))
    else:
        compare(
            int(options.spine), int(options.events), int(options.each), options.zipf, options.memory_limit, options.only
        )
