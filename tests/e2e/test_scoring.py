"""The batch scorer writes what the dbt node writes, row for row, and once."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from tests.e2e.site import Site

ROWS = """
    select * exclude (predicted_at) from predictions.flight_delay__predictions
    where batch_as_of = '2013-11-03' order by flight_id
"""
VARIABLES = "{insitu_load_sources: false, insitu_use_cases: [flight_delay], insitu_backtests: [flight_delay]}"


def score(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "insitu.cli", "score", "run", *options, *site.where]
    return subprocess.run(command, cwd=site.folder, env=site.environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def next_day(built: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The next day's scoring set is there, its predictions are not."""
    site = built.copy(tmp_path_factory.mktemp("next_day"))
    outcome = site.dbt(
        "run",
        "--select",
        "+flight_delay__scoring_set",
        "flight_delay__due",
        "flight_delay__champion",
        as_of="2013-11-03",
    )
    assert outcome.returncode == 0, outcome.stdout
    return site


def test_scorer_equals_the_dbt_node(next_day: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    by_scorer = next_day.copy(tmp_path_factory.mktemp("by_scorer"))
    by_node = next_day.copy(tmp_path_factory.mktemp("by_node"))
    first = score(by_scorer, "flight_delay", "--as-of", "2013-11-03", "--no-refresh")
    assert first.returncode == 0, first.stderr
    outcome = by_node.dbt("run", "--select", "flight_delay__predictions", as_of="2013-11-03")
    assert outcome.returncode == 0, outcome.stdout
    assert len(by_node.query(ROWS)) > 50
    pd.testing.assert_frame_equal(by_scorer.query(ROWS), by_node.query(ROWS))

    again = score(by_scorer, "flight_delay", "--as-of", "2013-11-03", "--no-refresh")
    assert "0 new predictions" in again.stdout
    pd.testing.assert_frame_equal(by_scorer.query(ROWS), by_node.query(ROWS))


def test_refresh_builds_the_scoring_set_first(site: Site) -> None:
    outcome = score(site, "flight_delay", "--as-of", "2013-11-03", "--vars", VARIABLES)
    assert outcome.returncode == 0, outcome.stderr
    assert len(site.query(ROWS)) > 50


def test_refuses_what_it_cannot_do(built: Site) -> None:
    before = built.rows()
    refused = {
        ("flight_dela", "--no-refresh"): ("There is no use case `flight_dela`", 2),
        ("flight_delay", "--as-of", "tomorrow"): ("--as-of is `tomorrow`; expected a UTC time", 2),
        ("flight_delay", "--as-of", "2013-11-05", "--no-refresh"): ("was built for 2013-11-02 00:00:00, not for", 1),
        ("flight_delay", "--vars", "[1]"): ("expected a mapping", 2),
    }
    for options, (message, code) in refused.items():
        outcome = score(built, *options)
        assert message in outcome.stderr
        assert "Traceback" not in outcome.stderr
        assert outcome.returncode == code
    assert built.rows() == before
