"""`make serve-test`: the long campaigns against a service; writes what came of them into docs/serving.md.

    python -m tests.service [--kills 200] [--promotions 1000] [--bodies 10000] [--requests 1000000]
        [--only duckdb|postgres]

A kill takes a few seconds, a promotion a quarter of one, a million requests half an hour.

Exit code 1 if there was any violation.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from insitu.local_postgres import temporary_server
from tests.faults.__main__ import written
from tests.service import campaigns
from tests.service.site import Site, site_on_duckdb, site_on_postgres

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
COUNTS = {"kills": 200, "promotions": 1000, "bodies": 10_000, "requests": 1_000_000}
CAMPAIGNS = {
    "kills": campaigns.kills,
    "promotions": campaigns.promotions,
    "bodies": campaigns.fuzzed,
    "requests": campaigns.growth,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help="0 for none")
    parser.add_argument("--only", choices=("duckdb", "postgres"))
    given = parser.parse_args()
    violations = 0
    with temporary_server() as server:
        for kind in [each for each in ("duckdb", "postgres") if given.only in (None, each)]:
            for name, campaign in CAMPAIGNS.items():
                if count := getattr(given, name):
                    with ExitStack() as stack:
                        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                        site = _site(kind, folder, server, stack)
                        began = time.monotonic()
                        found = campaign(site, folder, count)
                    violations += len(found.violations)
                    print(f"{kind}: {found.fault}: {found.tried:,}, {len(found.violations)} violations", end="")
                    print(f", {time.monotonic() - began:.0f} s", *found.violations[:5], sep="\n  ", flush=True)
                    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found, "serve-test"), encoding="utf-8")
    return 1 if violations else 0


def _site(kind: str, folder: Path, server: object, stack: ExitStack) -> Site:
    if kind == "duckdb":
        return site_on_duckdb(folder)
    return site_on_postgres(stack.enter_context(server.fresh_database()), folder)  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
