"""What it takes to read a file behind a source: seconds of processor time and memory, by the size of the file.

    python benchmarks/source_files.py

A CSV of ten columns (numbers, times, texts), gzipped; each is read in a process of its own, decompressed, checked,
converted and written as Parquet. `import MB` is what the process holds before it reads.
"""

from __future__ import annotations

import csv
import gzip
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = (200_000, 1_000_000, 4_000_000, 8_000_000)
TYPES = {
    "order_id": "bigint",
    "customer_id": "bigint",
    "ordered_at": "timestamp",
    "known_at": "timestamp",
    "amount": "double precision",
    "price": "decimal(12, 2)",
    "day": "date",
    "is_new": "boolean",
    "channel": "varchar",
    "note": "varchar",
}


def write(path: Path, rows: int) -> None:
    """A file of made-up orders."""
    with gzip.open(path, "wt", compresslevel=1) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TYPES)
        for i in range(rows):
            at = f"2024-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02}:{i % 60:02}:00"
            note = f"the {i}th order, which was" + " wrapped" * (i % 4)
            writer.writerow(
                [i, i % 9973, at, at, i / 7, f"{i % 1000}.{i % 100:02}", at[:10], i % 2 == 0, f"c{i % 9}", note]
            )


def read(path: Path) -> None:
    """Read a file in this process, and print what it took."""
    from insitu.sources import Column, Declaration, read_files

    before = resource.getrusage(resource.RUSAGE_SELF)
    read_files(Declaration(path=str(path)), [Column(name, type_) for name, type_ in TYPES.items()])
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{seconds:9.1f}{after.ru_maxrss / 1024:9.0f}{before.ru_maxrss / 1024:11.0f}")


def main() -> None:
    """Print the table."""
    if len(sys.argv) > 1:
        read(Path(sys.argv[1]))
        return
    print(f"{'rows':>11}{'MB, packed':>12}{'CPU s':>9}{'peak MB':>9}{'import MB':>11}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv.gz"
        for rows in ROWS:
            write(path, rows)
            said = subprocess.run([sys.executable, __file__, str(path)], check=True, capture_output=True, text=True)
            print(f"{rows:11,}{path.stat().st_size / 1e6:12.0f}{said.stdout.rstrip()}", flush=True)


if __name__ == "__main__":
    main()
