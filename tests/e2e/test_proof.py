"""The proof holds for the example: every feature, with no waiver."""

from __future__ import annotations

from tests.e2e.site import ROOT, Site, assert_refused

FEATURES = [path.stem for path in sorted((ROOT / "dbt_project/models/features").glob("feat_*.sql"))]
# What is trained on and what is scored; the other use case is not built here.
SETS = ["flight_delay__features", "flight_delay__training_set", "flight_delay__scoring_set"]


def test_every_feature_of_the_example_is_proved(site: Site) -> None:
    compiled = site.dbt("compile", "--full-refresh")
    assert compiled.returncode == 0, compiled.stdout
    chosen = [option for model in FEATURES + SETS for option in ("--select", model)]
    outcome = site.insitu("check", *chosen)
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
