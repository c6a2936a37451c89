"""The example's whole loop on DuckDB: from an empty warehouse, again with nothing changed, and for the next day.

    python benchmarks/whole_loop.py

Each is one `insitu build` (build, check, report, status) as `make run` has it; all three share one new warehouse.
`training` is what fitting, tuning and explaining the new candidates took, `peak MB` the memory of the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
BUILDS = {
    "from an empty warehouse": [],
    "again, nothing changed": [],
    "the next day": ["--vars", '{insitu_as_of: "2013-11-03"}'],
}


def build(folder: Path, options: list[str]) -> tuple[float, float]:
    """Seconds of one `insitu build`, and its peak memory in megabytes."""
    environment = os.environ | {
        "INSITU_TARGET": "duckdb",
        "INSITU_DUCKDB": str(folder / "insitu.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    command = [sys.executable, "-m", "insitu.cli", "build", "--output", str(folder / "report.html")]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--project-dir", "dbt_project", "--profiles-dir", ".", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"insitu build failed with exit code {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024


def training(folder: Path) -> float:
    """Seconds that all registered versions took to be fitted, tuned and explained."""
    with duckdb.connect(str(folder / "insitu.duckdb"), read_only=True) as warehouse:
        registries = warehouse.sql(
            "select format('{}.{}', table_schema, table_name) from information_schema.tables "
            "where table_name like '%\\_\\_models' escape '\\'"
        ).fetchall()
        sums = (warehouse.sql(f"select sum(fit_seconds) from {name}").fetchall()[0][0] for (name,) in registries)
        return float(sum(seconds or 0 for seconds in sums))


def main() -> None:
    """Print the table."""
    print(f"\n{'insitu build':28}{'seconds':>9}{'training':>10}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as directory:
        folder, before = Path(directory), 0.0
        for name, options in BUILDS.items():
            seconds, peak = build(folder, options)
            trained = training(folder)
            print(f"{name:28}{seconds:9.0f}{trained - before:10.0f}{peak:9.0f}", flush=True)
            before = trained


if __name__ == "__main__":
    main()
