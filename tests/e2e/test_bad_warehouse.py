"""A warehouse file that cannot be opened gets one clear error, from dbt and from insitu alike."""

from __future__ import annotations

import subprocess
import sys

from tests.e2e.site import Site, assert_refused

HOLD = "import sys, duckdb; connection = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_file_held_by_another_process(site: Site) -> None:
    before = site.rows()
    command = [sys.executable, "-c", HOLD, str(site.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        outcomes = [site.dbt("build"), site.insitu("status")]
        holder.communicate()
    for outcome in outcomes:
        assert_refused(outcome, f"The warehouse `{site.warehouse.name}` is held by another process", 2)
        assert f"PID {holder.pid}" in outcome.stdout
        assert site.rows() == before


def test_file_that_is_no_warehouse(site: Site) -> None:
    site.warehouse.write_text("flights\n")
    for outcome in (site.dbt("build"), site.insitu("status")):
        assert_refused(outcome, f"The warehouse `{site.warehouse.name}` cannot be opened: ", 2)
        assert site.warehouse.read_text() == "flights\n"
