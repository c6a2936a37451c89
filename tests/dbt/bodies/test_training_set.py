"""Which rows a training set has, in which slice, and what its identity depends on."""

from __future__ import annotations

from tests.dbt.bodies.project import PERIODS, Bodies


def test_the_moment_of_training_is_that_of_the_calendar(bodies: Bodies) -> None:
    found = {row["number"]: row["moment"] for row in bodies.run("trained_for", {})}
    assert [found[number] for number in range(len(PERIODS))] == [moment for _, _, moment in PERIODS]
