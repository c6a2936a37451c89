"""The served use case, on each warehouse in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.site import Site, site_on_duckdb, site_on_postgres


@pytest.fixture(params=["duckdb", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """Two versions, one in charge; nothing is scored."""
    if request.param == "duckdb":
        return site_on_duckdb(tmp_path)
    return site_on_postgres(request.getfixturevalue("postgres_database"), tmp_path)
