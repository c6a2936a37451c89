"""Fixtures of the registry tests."""

from tests.unit.training.conftest import one_thread

__all__ = ["one_thread"]
