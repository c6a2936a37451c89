"""A few kills of a training build; `make fault-test` has the many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import builds


def test_killed_builds_on_duckdb(tmp_path: Path) -> None:
    outcome = builds.kills(builds.on_duckdb(tmp_path), times=2)
    assert (outcome.tried, outcome.violations) == (2, [])
    assert outcome.hit


def test_killed_builds_on_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with builds.on_postgres(request.getfixturevalue("postgres_server"), tmp_path) as site:
        outcome = builds.kills(site, times=1)
    assert (outcome.tried, outcome.violations) == (1, [])
    assert outcome.hit
