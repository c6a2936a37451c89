"""`python -m insitu.proof.fuzz --queries 10000`; exits with 1 when a proved query leaks, and prints it."""

from __future__ import annotations

import argparse
import sys

from insitu.proof.fuzz.fuzzer import run


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m insitu.proof.fuzz", description="Compare static verdicts with what happens."
    )
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tries", type=int, default=4, help="data sets per proved query")
    parser.add_argument("--dialect", choices=["duckdb", "postgres"], default="duckdb")
    options = parser.parse_args()
    report = run(options.queries, options.seed, options.tries, progress=True, dialect=options.dialect)
    print(report)
    sys.exit(1 if report.leaks else 0)


if __name__ == "__main__":
    main()
