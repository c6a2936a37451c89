"""What a project pays that has the library installed and builds something else: `dbt run -s customers`.

    python benchmarks/unrelated_run.py

The same small project (tests/jaffle.py) on DuckDB before `insitu init`, after it, and after `insitu remove`. `parse` is
the first run, which reads every file; `run` the median of those after it, and `spread` their range: processor seconds,
which say the same on a busy machine. `queries` are what dbt sent to the warehouse, `nodes` and `macros` what it knows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import jaffle  # noqa: E402

RUNS = 5
BIN = Path(sys.executable).parent


def run(folder: Path, *command: str) -> float:
    """Processor seconds of a command in the project's folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "INSITU_"))}
    with tempfile.TemporaryFile("w+") as said:
        command = (str(BIN / command[0]), *command[1:])
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read()}")
    return usage.ru_utime + usage.ru_stime


def measure(name: str, folder: Path) -> None:
    """One line of the table."""
    (folder / "target" / "partial_parse.msgpack").unlink(missing_ok=True)
    parse = run(folder, "dbt", "run", "-s", "customers")
    seconds = []
    for _ in range(RUNS):
        (folder / "logs" / "dbt.log").unlink(missing_ok=True)
        seconds.append(run(folder, "dbt", "run", "-s", "customers"))
    queries = (folder / "logs" / "dbt.log").read_text().count("SQL status: OK")
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    nodes, macros = len(manifest["nodes"]), len(manifest["macros"])
    median, spread = statistics.median(seconds), max(seconds) - min(seconds)
    print(f"{name:24}{parse:8.1f}{median:8.2f}{spread:9.2f}{queries:9}{nodes:7}{macros:8}", flush=True)


def main() -> None:
    """Print the table."""
    print(f"\n{'':24}{'parse s':>8}{'run s':>8}{'spread s':>9}{'queries':>9}{'nodes':>7}{'macros':>8}")
    with tempfile.TemporaryDirectory() as directory:
        folder = jaffle.write(Path(directory) / "shop")
        run(folder, "dbt", "deps")
        run(folder, "dbt", "build")
        measure("before insitu init", folder)
        run(folder, "insitu", "init", "--yes")
        measure("after insitu init", folder)
        run(folder, "insitu", "remove", "--yes")
        measure("after insitu remove", folder)


if __name__ == "__main__":
    main()
