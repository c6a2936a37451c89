"""`make fault-test`: the long campaigns; writes the table of what came of them into docs/scoring.md.

    python -m tests.faults [--kills 1000] [--terminations 500] [--pairs 200] [--reads 10000] [--disks 50] [--only …]

Exit code 1 if there was any violation, or if the broken scorer was not caught.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from insitu.local_postgres import temporary_server
from tests.faults import campaign
from tests.faults.campaign import Outcome, Zygote
from tests.faults.demo import Project, on_duckdb, on_postgres

ROWS = 5000
PAGE = Path(__file__).parents[2] / "docs" / "scoring.md"
BETWEEN = ("<!-- faults: written by make fault-test -->\n", "<!-- end of faults -->")


def campaigns(given: argparse.Namespace, demo: Project, zygote: Zygote, folder: Path) -> list[Callable[[], Outcome]]:
    """Those of one warehouse."""
    found: list[Callable[[], Outcome]] = [
        lambda: campaign.kills(demo, zygote, ROWS, given.kills),
        lambda: campaign.pairs(demo, zygote, ROWS, given.pairs, same=True),
        lambda: campaign.pairs(demo, zygote, ROWS, given.pairs, same=False),
    ]
    if demo.settings["type"] == "duckdb":
        found += [
            lambda: campaign.full_disks(demo, zygote, ROWS, given.disks),
            lambda: campaign.reads_while_publishing(demo, zygote, folder / "bi", ROWS, given.reads),
        ]
    else:
        found.append(lambda: campaign.terminations(demo, zygote, ROWS, given.terminations))
    return found


def written(page: str, outcomes: list[Outcome]) -> str:
    """The page with the rows of these outcomes in the place of their older ones."""
    begin, end = BETWEEN
    before, _, rest = page.partition(begin)
    older, _, after = rest.partition(end)
    rows = {tuple(line.split(" | ")[:2]): line for line in older.splitlines()[2:]}
    for each in outcomes:
        fault, warehouse = f"| {each.fault}", "DuckDB" if each.warehouse == "duckdb" else "PostgreSQL"
        rows[fault, warehouse] = f"{fault} | {warehouse} | {each.tried:,} | {len(each.violations):,} |"
    head = ["| fault | warehouse | tried | violations |", "|---|---|---|---|"]
    return "".join([before, begin, *(f"{line}\n" for line in [*head, *rows.values()]), end, after])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--terminations", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--disks", type=int, default=50)
    parser.add_argument("--only", choices=("duckdb", "postgres"))
    given = parser.parse_args()
    outcomes: list[Outcome] = []
    caught = True
    with (
        tempfile.TemporaryDirectory() as name,
        campaign.zygote() as zygote,
        temporary_server() as server,
        server.fresh_database() as database,
    ):
        folder = Path(name)
        demos = {"duckdb": on_duckdb(str(folder / "demo.duckdb")), "postgres": on_postgres(database)}
        for demo in [each for kind, each in demos.items() if given.only in (None, kind)]:
            demo.make(ROWS)
            for run in campaigns(given, demo, zygote, folder):
                began = time.monotonic()
                outcomes.append(run())
                last = outcomes[-1]
                print(f"{last.warehouse}: {last.fault}: {last.tried:,}, {len(last.violations)} violations", end="")
                print(f", {time.monotonic() - began:.0f} s", *last.violations[:5], sep="\n  ", flush=True)
            broken = campaign.kills(demo, zygote, ROWS, 10, writer="in_two_steps")
            print(
                f"{broken.warehouse}: a broken scorer, 10 kills: {len(broken.violations)} violations (some are wanted)"
            )
            caught = caught and bool(broken.violations)
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), outcomes), encoding="utf-8")
    return 0 if caught and not any(each.violations for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
