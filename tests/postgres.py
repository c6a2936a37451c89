"""The PostgreSQL server of the tests: where none can be had they fail, unless they are asked to skip that side."""

from __future__ import annotations

import os

import pytest

SKIP_VARIABLE = "INSITU_TEST_WITHOUT_POSTGRES"


def skip_if_asked() -> None:
    """Skips when the environment asks for it: half of what is tested is then not tested, so nothing else may."""
    if os.environ.get(SKIP_VARIABLE):
        pytest.skip(f"{SKIP_VARIABLE} is set")
