"""What a daily run of an incremental feature model costs as the event table grows, beside a full build.

    python benchmarks/incremental_features.py [--per-day 50000] [--days 15 30 60 120]

Each line adds days of history, makes a full build, adds one day and runs dbt once more; seconds of the model alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))
from dbt.adapters.factory import reset_adapters

from tests.dbt.features.project import FeaturesProject

MODEL = """{{ config(materialized='incremental') }}
{{ insitu.window_features(spine=source('raw', 'spine'), events=source('raw', 'events'), keys=['key'],
    available_at='known_at', windows=['1 day', '7 days'], spine_key=['id'],
    measures=[{'name': 'real', 'expr': 'real', 'agg': ['count', 'avg', 'stddev', 'max']}]) }}"""


def add_days(path: Path, first: int, last: int, per_day: int) -> None:
    """Events of 1,000 keys, and a tenth as many spine rows, from one day to before another."""
    moment = "timestamp '2024-01-01' + to_seconds(floor({i}::double * 86400 / {n}))"
    begin, end = first * per_day, last * per_day
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema if not exists raw;"
            "create table if not exists raw.events (key integer, known_at timestamp, real double);"
            "create table if not exists raw.spine (id bigint, key integer, as_of timestamp);"
            f"insert into raw.events select hash(i) % 1000, {moment.format(i='i', n=per_day)}, hash(i) % 997 / 7.0 "
            f"from range({begin}, {end}) as t(i);"
            f"insert into raw.spine select i, hash(i) % 1000, {moment.format(i='i', n=per_day // 10)} "
            f"from range({begin // 10}, {end // 10}) as t(i);"
        )


def seconds(project: FeaturesProject, *options: str) -> float:
    """Execution time of the model in one `dbt run`."""
    ok, said = project.run("run", *options)
    assert ok, said
    reset_adapters()
    results = json.loads((project.directory / "target" / "run_results.json").read_text())["results"]
    return float(next(r["execution_time"] for r in results if r["unique_id"].startswith("model.")))


def main(per_day: int, days: list[int]) -> None:
    """Print the table."""
    print(f"\n{per_day:,} events and {per_day // 10:,} spine rows a day")
    print(f"{'days of history':>16}{'full build':>12}{'one more day':>14}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "warehouse.duckdb"
        profile = {"type": "duckdb", "path": str(path), "schema": "main"}
        there, project = 0, None
        for day in days:
            add_days(path, there, day, per_day)
            project = project or FeaturesProject(Path(directory) / "project", profile, {"features": MODEL})
            full = seconds(project, "--full-refresh")
            add_days(path, day, day + 1, per_day)
            daily = seconds(project)
            there = day + 1
            print(f"{day:16}{full:12.2f}{daily:14.2f}{full / daily:8.1f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-day", type=int, default=50_000)
    parser.add_argument("--days", type=int, nargs="+", default=[15, 30, 60, 120])
    options = parser.parse_args()
    main(options.per_day, options.days)
