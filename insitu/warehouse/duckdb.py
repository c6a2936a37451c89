"""DuckDB behind the `Warehouse` interface."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from insitu.errors import ConfigurationError
from insitu.quoting import identifiers, literal
from insitu.warehouse.errors import HeldElsewhere, explaining
from insitu.warehouse.lazy_query import LazyQuery


def open_file(path: str, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file.

    Raises:
        HeldElsewhere: another process holds it.
        ConfigurationError: it may not be written, it is damaged, or it is no DuckDB file.
    """
    try:
        with explaining(f"the warehouse `{path}` cannot be opened"):
            return duckdb.connect(path, read_only=read_only)
    except ConfigurationError as error:
        holder = re.search(r"held in (\S+) \(PID (\d+)\)", str(error.__cause__))
        if holder is None:
            raise
        raise HeldElsewhere(
            f"The warehouse `{path}` is held by another process ({Path(holder[1]).name}, PID {holder[2]}), and a "
            "DuckDB file has one writer and no readers beside it. Let it end, or close it if it is a notebook or a BI "
            "tool; then run again."
        ) from error


def _attach(connection: duckdb.DuckDBPyConnection, credentials: Any) -> None:
    """The extensions, secrets and other databases of the profile, as dbt-duckdb has them on its connections."""
    for extension in getattr(credentials, "extensions", None) or []:
        name, repository = (
            (extension, None) if isinstance(extension, str) else (extension["name"], extension.get("repo"))
        )
        connection.install_extension(name, repository=repository)
        connection.load_extension(name)
    attached = [other.to_sql() for other in getattr(credentials, "attach", None) or []]
    for statement in [*getattr(credentials, "secrets_sql", list)(), *attached]:
        connection.execute(statement)


class DuckDBWarehouse:
    """A DuckDB file; it has one writer at a time, and none while others read."""

    def __init__(self, credentials: Any, read_only: bool) -> None:
        path = credentials.path
        if read_only and not Path(path).exists():
            raise ConfigurationError(
                f"There is no warehouse at `{path}`. Build it first: `dbt build`; a relative path is that from the "
                "folder where dbt is run."
            )
        self.place = path
        self.settings = dict(getattr(credentials, "settings", None) or {})
        self.connection = open_file(path, read_only)
        self._set(self.connection)
        _attach(self.connection, credentials)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """See `Warehouse.query`."""
        return self.connection.sql(sql, params=list(parameters)).to_arrow_table()

    def sql(self, query: str) -> LazyQuery:
        """See `Warehouse.sql`; each relation has its own cursor: rows are read while others are written."""
        relation: LazyQuery = self._cursor().sql(query)
        return relation

    def scratch(self) -> DuckDBScratch:
        """See `Warehouse.scratch`."""
        return DuckDBScratch(self._cursor())

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same file; some settings are those of a connection."""
        return self._set(self.connection.cursor())

    def _set(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        for name, value in self.settings.items():
            connection.execute(f"set {name} = {literal(str(value))}")  # as dbt-duckdb writes them
        return connection

    def appending(self, relation: str) -> AbstractContextManager[DuckDBTransaction]:
        """See `Warehouse.appending`; a file has one writer, so there is nobody to wait for."""
        return self.changing()

    @contextmanager
    def changing(self) -> Iterator[DuckDBTransaction]:
        """See `Warehouse.changing`."""
        self.connection.execute("begin")
        try:
            yield DuckDBTransaction(self.connection)
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise

    def close(self) -> None:
        """Release the file."""
        self.connection.close()


@dataclass(frozen=True)
class DuckDBScratch:
    """See `Scratch`; temporary relations belong to a cursor."""

    connection: duckdb.DuckDBPyConnection

    def execute(self, statement: str) -> None:
        """See `Scratch.execute`."""
        self.connection.execute(statement).fetchall()

    def sql(self, query: str) -> LazyQuery:
        """See `Scratch.sql`."""
        relation: LazyQuery = self.connection.sql(query)
        return relation


@dataclass(frozen=True)
class DuckDBTransaction:
    """See `Transaction`."""

    connection: duckdb.DuckDBPyConnection
    row_place: str = "rowid"

    def query(self, sql: str) -> pa.Table:
        """See `Transaction.query`."""
        return self.connection.sql(sql).to_arrow_table()

    def execute(self, sql: str) -> None:
        """See `Transaction.execute`."""
        self.connection.execute(sql).fetchall()

    def append(self, relation: str, rows: pa.RecordBatchReader) -> int:
        """See `Transaction.append`."""
        self.connection.register("rows_to_append", rows)
        names = identifiers(*rows.schema.names)
        inserted = self.connection.execute(
            f"insert into {relation} ({names}) select {names} from rows_to_append"
        ).fetchall()
        self.connection.unregister("rows_to_append")
        return int(inserted[0][0])
