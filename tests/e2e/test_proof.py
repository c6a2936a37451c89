"""The proof holds for the example: every feature, with no waiver."""

from __future__ import annotations

from tests.e2e.site import Site, assert_refused


def test_every_feature_of_the_example_is_proved(built: Site) -> None:
    compiled = built.dbt("compile", "--full-refresh")
    assert compiled.returncode == 0, compiled.stdout
    outcome = built.insitu("check")
    assert outcome.returncode == 0, outcome.stdout
    assert "unknown" not in outcome.stdout


def test_a_leak_planted_in_the_example_is_refuted(project: Site) -> None:
    project.edit(
        "dbt_project/models/features/feat_flight__origin_traffic.sql",
        "    keys=['origin'],",
        "    keys=['origin'],\n    available_at='scheduled_departure_at',",
    )
    assert project.dbt("compile", "--full-refresh").returncode == 0
    assert_refused(project.insitu("check", "--select", "feat_flight__origin_traffic"), "origin__delay_avg_3h", 1)
