"""`make fault-test`: the long campaigns; writes the table of what came of them into docs/scoring.md.

    python -m tests.faults [--kills 1000] [--terminations 500] [--pairs 200] [--reads 10000] [--disks 50]
        [--builds 200] [--only duckdb|postgres]

A kill takes a second or two on a calm machine, one of a build half a minute: all of them take hours.

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
from tests.faults import builds, campaign, on_server
from tests.faults.campaign import Outcome, Zygote
from tests.faults.demo import Project, on_duckdb, on_postgres

ROWS = 5000
PAGE = Path(__file__).parents[2] / "docs" / "scoring.md"
BETWEEN = ("<!-- faults: written by make {} -->\n", "<!-- end of faults -->")


Campaign = Callable[[], Outcome | None]


def campaigns(given: argparse.Namespace, demo: Project, zygote: Zygote, folder: Path) -> list[Campaign]:
    """Those of one warehouse."""
    found: list[Campaign] = [
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
        found += [
            lambda: campaign.terminations(demo, zygote, ROWS, given.terminations),
            lambda: on_server.reads_while_committing(demo, zygote, ROWS, given.reads),
            lambda: on_server.full_tablespaces(demo, zygote, ROWS, given.disks),
        ]
    return found


def told(run: Campaign) -> list[Outcome]:
    """What came of a campaign, printed and written into the docs; nothing where it cannot be had here."""
    began = time.monotonic()
    found = run()
    if found is None:
        print("no disk can be filled here: that takes root, and the server on this machine", flush=True)
        return []
    print(f"{found.warehouse}: {found.fault}: {found.tried:,}, {len(found.violations)} violations", end="")
    print(f", {time.monotonic() - began:.0f} s", *found.violations[:5], sep="\n  ", flush=True)
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found, "fault-test"), encoding="utf-8")
    return [found]


def written(page: str, outcome: Outcome, target: str) -> str:
    """The page with the row of an outcome in the place of its older one, between the marks of a target of make."""
    begin, end = BETWEEN[0].format(target), BETWEEN[1]
    before, _, rest = page.partition(begin)
    older, _, after = rest.partition(end)
    rows = {tuple(line.split(" | ")[:2]): line for line in older.splitlines()[2:]}
    fault, warehouse = f"| {outcome.fault}", "DuckDB" if outcome.warehouse == "duckdb" else "PostgreSQL"
    rows[fault, warehouse] = f"{fault} | {warehouse} | {outcome.tried:,} | {len(outcome.violations):,} |"
    head = ["| fault | warehouse | tried | violations |", "|---|---|---|---|"]
    return "".join([before, begin, *(f"{line}\n" for line in [*head, *rows.values()]), end, after])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--terminations", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--disks", type=int, default=50)
    parser.add_argument("--builds", type=int, default=200)
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
                outcomes += told(run)
            broken = campaign.kills(demo, zygote, ROWS, 10, writer="in_two_steps")
            print(
                f"{broken.warehouse}: a broken scorer, 10 kills: {len(broken.violations)} violations (some are wanted)"
            )
            caught = caught and bool(broken.violations)
        if given.only != "postgres":
            outcomes += told(lambda: builds.kills(builds.on_duckdb(folder / "shop"), given.builds))
        if given.only != "duckdb":
            with builds.on_postgres(server, folder / "shop_postgres") as site:
                outcomes += told(lambda: builds.kills(site, given.builds))
    return 0 if caught and not any(each.violations for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
