"""Fixtures of the training tests."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
import sklearn.ensemble  # noqa: F401  loads the OpenMP that is limited here
from threadpoolctl import threadpool_limits

from tests.unit.training.example import snapshot


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """What a test fits by hand is small, and threads that wait for each other on a busy machine take seconds."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def table() -> pa.Table:
    """One small snapshot."""
    return snapshot()
