"""The example's whole loop on DuckDB: from an empty warehouse, again with nothing changed, and for the next day.

    python benchmarks/whole_loop.py

All three builds share one new warehouse. `training` is what fitting, tuning and explaining all candidates took,
`peak MB` the memory of a build's largest process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILDS = {
    "from an empty warehouse": [],
    "again, nothing changed": [],
    "the next day": ["--vars", '{insitu_as_of: "2013-11-02"}'],
}


def build(folder: Path, options: list[str]) -> tuple[float, float, float]:
    """Seconds of one `dbt build`, those of its training nodes, and its peak memory in megabytes."""
    environment = os.environ | {
        "INSITU_TARGET": "duckdb",
        "INSITU_DUCKDB": str(folder / "insitu.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "build"]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*dbt, "--project-dir", "dbt_project", "--profiles-dir", ".", *options],
        cwd=ROOT,
        env=environment,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"dbt build failed with exit code {os.waitstatus_to_exitcode(status)}")
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    training = sum(result["execution_time"] for result in results if result["unique_id"].endswith("__models"))
    return seconds, training, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    print(f"\n{'dbt build':28}{'seconds':>9}{'training':>10}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as directory:
        for name, options in BUILDS.items():
            seconds, training, peak = build(Path(directory), options)
            print(f"{name:28}{seconds:9.0f}{training:10.0f}{peak:9.0f}", flush=True)


if __name__ == "__main__":
    main()
