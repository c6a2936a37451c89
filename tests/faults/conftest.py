"""The use case made by hand, on each warehouse in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.demo import Project, on_duckdb, on_postgres


@pytest.fixture(params=["duckdb", "postgres"])
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """1,200 rows are due, and nothing is scored."""
    if request.param == "duckdb":
        return on_duckdb(str(tmp_path / "demo.duckdb")).make(1200)
    return on_postgres(request.getfixturevalue("postgres_database")).make(1200)
