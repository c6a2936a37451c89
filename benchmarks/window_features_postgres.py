"""Window features in PostgreSQL against the LATERAL query one would write by hand over an index. Ratios within one run.

    python benchmarks/window_features_postgres.py --spine 1e4 --events 1e6 [--zipf]

`chosen` is what the macro decides for itself from a sample of both tables; `timeline` and `looked up` force one way.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
from insitu.local_postgres import Database, temporary_server
from tests.dbt.features.project import FeaturesProject

WINDOWS = ["1 hour", "1 day", "7 days", "30 days"]
BASIC = ["count", "sum", "avg", "stddev"]
SETS = {
    "count, sum, avg, stddev": BASIC,
    "… and min, max, last, distinct": [*BASIC, "min", "max", "last", "count_distinct"],
}
BY_HAND = {
    "count": "count(e.whole) filter (where {w})",
    "sum": "sum(e.whole::double precision) filter (where {w})",
    "avg": "avg(e.whole::double precision) filter (where {w})",
    "stddev": "stddev_samp(e.whole::double precision) filter (where {w})",
    "min": "min(e.whole) filter (where {w})",
    "max": "max(e.whole) filter (where {w})",
    "last": "(array_agg(e.whole order by e.known_at desc, e.whole desc) filter (where {w}))[1]",
    "count_distinct": "count(distinct e.whole) filter (where {w})",
}


def generate(database: Database, spine: int, events: int, zipf: bool) -> None:
    """Random events over 90 days of one entity per 1,000 events, an index, random spine rows."""
    entities = max(10, events // 1000)
    key = f"floor(exp(random() * ln({entities} + 1)))::integer" if zipf else f"floor(random() * {entities})::integer"
    moment = "timestamp '2024-01-01' + floor(random() * 90 * 86400) * interval '1 second'"
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("create schema raw; select setseed(0.42)")
        connection.execute(
            f"create table raw.events as select {key} as key, {moment} as known_at, "
            f"floor(random() * 1000)::integer as whole from generate_series(1, {events})"
        )
        connection.execute(
            f"create table raw.spine as select i::bigint as id, {key} as k, {moment} as as_of "
            f"from generate_series(1, {spine}) as t(i)"
        )
        connection.execute("create index on raw.events (key, known_at)")
        connection.execute(["vacuum analyze raw.events", " "][0])
        connection.execute("analyze raw.spine")


def by_hand(aggs: list[str]) -> str:
    """One LATERAL over the longest window, with a FILTER for each window."""
    columns = [
        BY_HAND[agg].format(w=f"e.known_at >= s.as_of - interval '{window}'") + f" as f{i}_{j}"
        for i, agg in enumerate(aggs)
        for j, window in enumerate(WINDOWS)
    ]
    return (
        f"select s.id, s.as_of, w.* from raw.spine s cross join lateral (select {', '.join(columns)} from raw.events e "
        f"where e.key = s.k and e.known_at < s.as_of and e.known_at >= s.as_of - interval '{WINDOWS[-1]}') w"
    )


def render(database: Database, directory: Path) -> dict[str, str]:
    """Compiled SQL by set and strategy."""
    models = {
        f"set_{i}_{strategy}": "{{ insitu.window_features(spine=source('raw', 'spine'), "
        f"events=source('raw', 'events'), keys={{'k': 'key'}}, windows={WINDOWS!r}, "
        f"measures=[{{'name': 'v', 'expr': 'whole', 'agg': {aggs!r}}}], "
        f"spine_key=['id'], strategy='{strategy}') }}}}"
        for i, aggs in enumerate(SETS.values())
        for strategy in ("auto", "timeline", "range_join")
    }
    profile = {
        "type": "postgres",
        "schema": "public",
        **{k: getattr(database, k) for k in ("host", "port", "user", "password", "dbname")},
    }
    return FeaturesProject(directory, profile, models).compiled()


def seconds(database: Database, sql: str, limit: int) -> float:
    """Time to make a table of the query; NaN beyond the limit."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"set work_mem = '256MB'; set statement_timeout = '{limit}s'")
        start = time.perf_counter()
        try:
            connection.execute(f"create temp table result as {sql}")  # type: ignore[call-overload]
        except psycopg.errors.QueryCanceled:
            return float("nan")
        return time.perf_counter() - start


def compare(spine: int, events: int, zipf: bool, limit: int) -> None:
    """Print the table of one size."""
    with temporary_server() as server, server.fresh_database() as database, tempfile.TemporaryDirectory() as directory:
        generate(database, spine, events, zipf)
        sql = render(database, Path(directory))
        print(
            f"\n{spine:,} spine rows x {events:,} events, {'Zipf' if zipf else 'uniform'}, windows {', '.join(WINDOWS)}"
        )
        print(f"{'':34}{'LATERAL by hand':>16}{'chosen':>9}{'timeline':>10}{'looked up':>10}{'chosen x':>10}")
        for i, (name, aggs) in enumerate(SETS.items()):
            hand = seconds(database, by_hand(aggs), limit)
            chosen, timeline, looked = (
                seconds(database, sql[f"set_{i}_{s}"], limit) for s in ("auto", "timeline", "range_join")
            )
            print(f"{name:34}{hand:16.2f}{chosen:9.2f}{timeline:10.2f}{looked:10.2f}{chosen / hand:10.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spine", type=float, default=1e4)
    parser.add_argument("--events", type=float, default=1e6)
    parser.add_argument("--zipf", action="store_true")
    parser.add_argument("--limit", type=int, default=300, help="Seconds after which a query is given up.")
    options = parser.parse_args()
    compare(int(options.spine), int(options.events), options.zipf, options.limit)
