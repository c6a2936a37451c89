"""Fixtures shared by all tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt_common import behavior_flags

from insitu.local_postgres import Database, temporary_server
from tests.postgres import skip_if_asked

TESTS = Path(__file__).parent


def _calling_module() -> str:
    """The module that declares a behavior flag, as dbt finds it, but without reading the source of every caller.

    dbt asks a dozen times in each run, and below pytest there are many callers: that took two thirds of a short run.
    """
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") == behavior_flags.__name__:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame is not None else "Unknown"


behavior_flags.BehaviorFlagRendered._default_source = staticmethod(_calling_module)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what they build go to one process, where several run side by side."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        shared = item.nodeid.rpartition("::")[0] if item.get_closest_marker("conformance") else str(item.path)
        item.add_marker(pytest.mark.xdist_group("e2e" if folder == "e2e" else shared))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Database]:
    """A PostgreSQL server of this test session's own."""
    skip_if_asked()
    with temporary_server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: Database) -> Iterator[Database]:
    """A fresh, empty database per test."""
    with postgres_server.fresh_database() as database:
        yield database
