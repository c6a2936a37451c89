"""Short campaigns; `make fault-test` runs the long ones and writes what came of them into docs/scoring.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import campaign, on_server
from tests.faults.campaign import Zygote
from tests.faults.demo import Project

ROWS = 1200


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with campaign.zygote() as found:
        yield found


def test_killed_scorers(demo: Project, zygote: Zygote) -> None:
    outcome = campaign.kills(demo, zygote, ROWS, times=25)
    assert (outcome.tried, outcome.violations) == (25, [])
    assert outcome.hit >= 3, "hardly any was killed while it committed"


def test_a_broken_scorer_is_caught(demo: Project, zygote: Zygote) -> None:
    """One that commits predictions and ledger apart: the same campaign finds it."""
    outcome = campaign.kills(demo, zygote, ROWS, times=10, writer="in_two_steps")
    assert outcome.violations


@pytest.mark.parametrize("same", [True, False])
def test_two_scorers_at_once(demo: Project, zygote: Zygote, same: bool) -> None:
    outcome = campaign.pairs(demo, zygote, ROWS, times=4, same=same)
    assert (outcome.tried, outcome.violations) == (4, [])


@pytest.mark.parametrize("demo", ["postgres"], indirect=True)
def test_ended_connections(demo: Project, zygote: Zygote) -> None:
    outcome = campaign.terminations(demo, zygote, ROWS, times=8)
    assert (outcome.tried, outcome.violations) == (8, [])


def test_full_disks(demo: Project, zygote: Zygote) -> None:
    full = campaign.full_disks if demo.settings["type"] == "duckdb" else on_server.full_tablespaces
    outcome = full(demo, zygote, ROWS, times=8)
    if outcome is None:
        pytest.skip("no disk can be filled here: that takes root, and the server on this machine")
    assert (outcome.tried, outcome.violations) == (8, [])


@pytest.mark.parametrize("demo", ["postgres"], indirect=True)
def test_reads_while_batches_are_committed(demo: Project, zygote: Zygote) -> None:
    outcome = on_server.reads_while_committing(demo, zygote, ROWS, reads=2000)
    assert (outcome.tried, outcome.violations) == (2000, [])
    assert outcome.hit


@pytest.mark.parametrize("demo", ["duckdb"], indirect=True)
def test_reads_while_publishing(demo: Project, zygote: Zygote, tmp_path: Path) -> None:
    outcome = campaign.reads_while_publishing(demo, zygote, tmp_path / "bi", ROWS, reads=100)
    assert (outcome.tried, outcome.violations) == (100, [])
    assert outcome.hit >= 10, "hardly any read came while it was published"
