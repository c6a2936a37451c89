"""Runs a rendered macro on DuckDB and on PostgreSQL over the same table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse
from tests.unit.metrics.render import render


class Macros:
    """Calls a macro by name and runs what it renders."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def load(self, name: str, rows: pd.DataFrame) -> None:
        self.warehouse.load(name, rows)

    def render(self, macro: str, /, **arguments: Any) -> Any:
        return render(self.warehouse.kind, macro, **arguments)

    def run(self, macro: str, /, **arguments: Any) -> pd.DataFrame:
        return self.warehouse.query(self.render(macro, **arguments))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def macros(request: pytest.FixtureRequest) -> Iterator[Macros]:
    if request.param == "duckdb":
        with duckdb.connect() as connection:
            yield Macros(DuckWarehouse(connection))
        return
    server = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        yield Macros(PostgresWarehouse(connection))
