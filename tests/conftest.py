"""Fixtures shared by all tests."""

from collections.abc import Iterator

import pytest

from insitu.postgrespy.server import Database, ServerUnavailable, temporary_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Database]:
    """A PostgreSQL server of this test session's own; skipped only on a machine that has none."""
    try:
        with temporary_server() as server:
            yield server
    except ServerUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres_database(postgres_server: Database) -> Iterator[Database]:
    """A fresh, empty database per test."""
    with postgres_server.fresh_database() as database:
        yield database
