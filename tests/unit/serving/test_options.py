"""What `insitu score serve` refuses before it starts."""

from __future__ import annotations

import pytest

from insitu.commands.serve import _seconds, _shadows
from insitu.errors import ConfigurationError


def test_shadows() -> None:
    assert _shadows((), keeps=False) == {}
    told = ("churn=gbm_1", "churn=challenger", "spend=a=b")
    assert _shadows(told, keeps=True) == {"churn": ["gbm_1", "challenger"], "spend": ["a=b"]}


@pytest.mark.parametrize("told", ["churn", "churn=", "=gbm_1", ""])
def test_a_shadow_of_nothing(told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--shadow is `.*`; expected `<use case>=<version>`"):
        _shadows((told,), keeps=True)


def test_what_a_shadow_says_is_kept() -> None:
    with pytest.raises(ConfigurationError, match="--shadow goes with --log"):
        _shadows(("churn=challenger",), keeps=False)


@pytest.mark.parametrize("text", ["1 month", "soon", "0 days"])
def test_a_duration_that_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--stale-after: "):
        _seconds(text, "--stale-after")
