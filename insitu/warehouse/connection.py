"""One small interface over the two warehouses: query to Arrow, stream, check and append in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pyarrow as pa

from insitu.errors import ConfigurationError
from insitu.warehouse.errors import HeldElsewhere, explaining
from insitu.warehouse.lazy_query import LazyQuery
from insitu.warehouse.project import Project


class Transaction(Protocol):
    """The open transaction."""

    row_place: str  # the column that says where a row of a table lies

    def query(self, sql: str) -> pa.Table:
        """Rows as they are now, with all that others have committed."""

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing."""

    def append(self, relation: str, rows: pa.RecordBatchReader) -> int:
        """Append rows to a table by column name; return how many."""


class Statements(Protocol):
    """Where statements are run: a transaction, or a scratch connection."""

    def execute(self, statement: str, /) -> None:
        """Run a statement."""


class Scratch(Protocol):
    """A place for temporary tables and views, gone with the connection; it sees what others have committed."""

    def execute(self, statement: str) -> None:
        """Run a statement."""

    def sql(self, query: str) -> LazyQuery:
        """A query that has not run yet; one at a time is read."""


class Warehouse(Protocol):
    """An open connection."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query with `?` bound values and return its rows."""

    def sql(self, query: str) -> LazyQuery:
        """A query that has not run yet, as Python models have them."""

    def scratch(self) -> Scratch:
        """A new one; nobody else sees what is in it."""

    def changing(self) -> AbstractContextManager[Transaction]:
        """A transaction; committed at the end, or nothing of it is."""

    def appending(self, relation: str) -> AbstractContextManager[Transaction]:
        """A transaction that adds rows to a table while nobody else does; committed at the end, or nothing is."""


@contextmanager
def connect(project: Project, read_only: bool = True, patience: float = 0) -> Iterator[Warehouse]:
    """Open the warehouse of the project's target.

    Args:
        patience: seconds to wait for another process that holds a DuckDB file.

    Raises:
        ConfigurationError: the warehouse cannot be reached, is locked by another process, or is of an unknown type.
    """
    warehouse = _opened(project, read_only, time.monotonic() + patience)
    try:
        with explaining(f"the warehouse at {warehouse.place}"):
            yield warehouse
    finally:
        warehouse.close()


def _opened(project: Project, read_only: bool, until: float) -> Any:
    credentials = project.credentials
    if credentials.type == "duckdb":
        from insitu.warehouse.duckdb import DuckDBWarehouse

        while True:
            try:
                return DuckDBWarehouse(credentials, read_only)
            except HeldElsewhere:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.1)
    if credentials.type in ("postgrespy", "postgres"):
        from insitu.warehouse.postgres.warehouse import PostgresWarehouse

        return PostgresWarehouse(credentials, read_only)
    raise ConfigurationError(
        f"There is no support for `{credentials.type}`; use a target of type duckdb or postgrespy."
    )
