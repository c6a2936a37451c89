"""Fixtures of the training tests."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.unit.training.example import snapshot


@pytest.fixture
def table() -> pa.Table:
    """One small snapshot."""
    return snapshot()
