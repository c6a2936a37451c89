"""`insitu score run` as the least-privilege role on PostgreSQL: it adds the batch, and can do nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import psycopg
import pytest

from tests.e2e.postgres import PostgresSite
from tests.e2e.site import NEXT_DAY

ROLES = (files("insitu.postgrespy") / "roles.sql").read_text()
ROWS = f"""
    select batch_id, model_version, flight_id, as_of, score from predictions.flight_delay__predictions
    where batch_as_of = '{NEXT_DAY}' order by flight_id
"""


@pytest.fixture
def scorer(postgres_next_day: PostgresSite) -> Iterator[PostgresSite]:
    """The site as a member of `insitu_scorer` sees it."""
    site = postgres_next_day
    site.execute(ROLES, "create role nightly login password 'insitu' in role insitu_scorer")
    yield replace(site, database=replace(site.database, user="nightly"))
    for role in ("nightly", "insitu_analyst", "insitu_scorer", "insitu_builder"):
        site.execute(f"drop owned by {role}", f"drop role {role}")


def score(site: PostgresSite) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "insitu.cli", "score", "run", "flight_delay", *site.where]
    command += ["--as-of", NEXT_DAY, "--no-refresh"]
    return subprocess.run(command, cwd=site.folder, env=site.environment, capture_output=True, text=True)


def test_the_scorer_adds_what_the_node_would(postgres_next_day: PostgresSite, scorer: PostgresSite) -> None:
    by_node = postgres_next_day.query(ROWS)
    assert len(by_node) > 50
    postgres_next_day.execute(f"delete from predictions.flight_delay__predictions where batch_as_of = '{NEXT_DAY}'")
    first, again = score(scorer), score(scorer)
    assert first.returncode == 0, first.stderr
    assert f"{len(by_node)} new predictions" in first.stdout
    assert "0 new predictions" in again.stdout
    assert postgres_next_day.query(ROWS).equals(by_node)
    for refused in ("delete from predictions.flight_delay__predictions", "select * from features.flight__spine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scorer.execute(refused)


def test_the_scorer_adds_no_impossible_score(scorer: PostgresSite) -> None:
    made_up = """
        insert into predictions.flight_delay__predictions
        (batch_id, batch_as_of, model_version, flight_id, as_of, score, predicted_at)
        select batch_id, batch_as_of, model_version, -1, as_of, {score}, predicted_at
        from predictions.flight_delay__predictions limit 1
    """
    for score in ("2.5", "-0.1", "'NaN'"):
        with pytest.raises(psycopg.errors.CheckViolation):
            scorer.execute(made_up.format(score=score))
    with pytest.raises(psycopg.errors.NotNullViolation):
        scorer.execute(made_up.format(score="null"))
