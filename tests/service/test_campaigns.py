"""Short campaigns; `make serve-test` runs the long ones and writes what came of them into docs/serving.md."""

from __future__ import annotations

from pathlib import Path

from tests.service import campaigns
from tests.service.site import Site


def test_killed_under_load(site: Site, tmp_path: Path) -> None:
    outcome = campaigns.kills(site, tmp_path, times=2)
    assert (outcome.tried, outcome.violations) == (2, [])
    assert outcome.hit >= 30, "hardly anything was acknowledged"


def test_promotions_under_load(site: Site, tmp_path: Path) -> None:
    outcome = campaigns.promotions(site, tmp_path, times=4)
    assert (outcome.tried, outcome.violations) == (4, [])
    assert outcome.hit >= 20, "hardly anything was asked"


def test_spoilt_requests(site: Site, tmp_path: Path) -> None:
    outcome = campaigns.fuzzed(site, tmp_path, bodies=300)
    assert (outcome.tried, outcome.violations) == (300, [])
    assert outcome.hit >= 10, "hardly any was in order"


def test_memory_does_not_grow(site: Site, tmp_path: Path) -> None:
    outcome = campaigns.growth(site, tmp_path, requests=1000)
    assert (outcome.tried, outcome.violations) == (1000, [])
