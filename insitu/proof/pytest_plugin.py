"""For the tests of a project: `pytest_plugins = ["insitu.proof.pytest_plugin"]` in conftest.py.

def test_features_do_not_see_the_future(point_in_time):
    point_in_time("target").must_be_proved("feat_customer__orders")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from insitu.proof.project.checking import Outcome, check


@dataclass(frozen=True, slots=True)
class Proofs:
    """The verdicts of a compiled project."""

    outcome: Outcome

    def must_be_proved(self, *models: str) -> None:
        """Fail the test, with the findings, unless every column of these models (all, without names) is proved."""
        chosen = [r for r in self.outcome.results if not models or r.name in models]
        missing = set(models) - {r.name for r in chosen}
        if missing:
            pytest.fail(f"{', '.join(sorted(missing))}: no such declared model")
        bad = [r for r in chosen if not r.ok]
        # A waiver of another model does not matter to these; whatever else may change rows does.
        problems = [p for p in self.outcome.problems if not models or "waiver of" not in p]
        if bad or problems:
            pytest.fail(str(self.outcome), pytrace=False)


@pytest.fixture(scope="session")
def point_in_time() -> Callable[[str | Path], Proofs]:
    """Checks the dbt project compiled into a target folder."""
    return lambda target: Proofs(check(Path(target)))
