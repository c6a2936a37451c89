"""Where a service reads: models, policies and features by key, of PostgreSQL or of a published DuckDB copy."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg
from psycopg_pool import ConnectionPool

from insitu.errors import ConfigurationError, InsituError
from insitu.quoting import identifiers, qualified, replace_unquoted
from insitu.serving.publish import TABLE

Row = dict[str, Any]
CONNECTING = 2  # seconds that a connection may take
SOME = 10_000  # rows


class Unavailable(InsituError):
    """The warehouse does not answer."""


class NotTaken(InsituError):
    """The warehouse takes no such value, though its type is right."""


@dataclass(frozen=True)
class Described:
    """A published use case: its row of `serving`.

    Attributes:
        meta: `meta.ml`.
        relations: the relations of the use case, quoted, by their part of the name.
        asked: what may be asked for by key: columns with their types.
        given: the features with their types.
        function: gives features by key; empty where none can, and `refusal` says why.
    """

    use_case: str
    meta: Mapping[str, Any]
    relations: Mapping[str, str]
    asked: Mapping[str, str]
    given: Mapping[str, str]
    function: str
    refusal: str
    published_at: str


class Source(Protocol):
    """Where to read."""

    place: str  # for messages

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """Rows of a query with `?` bound values. Raises Unavailable or NotTaken."""

    def parts(self, sql: str) -> Iterator[list[Row]]:
        """Rows of a query that may give many, some at a time. Raises Unavailable."""

    def refresh(self) -> None:
        """See what was published since. Raises Unavailable: it cannot be read, and what was read before stays."""

    def close(self) -> None:
        """Release connections."""


def described(source: Source, schema: str) -> dict[str, Described]:
    """The published use cases.

    Raises:
        ConfigurationError: none is published.
    """
    try:
        found = source.rows(f"select * from {qualified(schema, TABLE)}")
    except Unavailable as error:
        if not isinstance(error.__cause__, psycopg.errors.UndefinedTable | duckdb.CatalogException):
            raise
        raise ConfigurationError(
            f"Nothing is published for a service in `{schema}` of {source.place}. Run `insitu score publish --serve` "
            "(on DuckDB with --to <folder>) first."
        ) from error
    read = ("meta", "relations", "asked", "given")
    rows = [{**row, "meta": row["settings"]} for row in found]
    return {
        row["use_case"]: Described(
            **{name: json.loads(row[name]) if name in read else row[name] for name in Described.__annotations__}
        )
        for row in rows
    }


def features_at(source: Source, use_case: Described, rows: Sequence[Row]) -> list[Row]:
    """Features of rows that are asked for; those that are on no spine are left out. Raises Unavailable."""
    columns = identifiers(*use_case.given)
    return source.rows(f"select {columns} from {use_case.function}(?)", json.dumps(rows, default=str))


def _said(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _named(description: Sequence[Any] | None, rows: Sequence[Sequence[Any]]) -> list[Row]:
    names = [column[0] for column in description or []]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _as_psycopg(sql: str) -> str:
    """The same with psycopg's placeholders; a per cent sign, in a name for example, is one."""
    return replace_unquoted(r"\?", lambda _: "%s", sql.replace("%", "%%"))


class PostgresSource:
    """A pool of connections, opened as the profile says.

    Args:
        uri: of the database.
        setup: statements for each connection.
        size: how many there are at most.
        timeout: seconds that a query may take, and that it may wait for a connection.
    """

    def __init__(self, uri: str, place: str, setup: Sequence[str], size: int, timeout: float) -> None:
        self.place, self.timeout = place, timeout

        limit = f"set statement_timeout = {int(1000 * timeout)}"

        def configure(connection: psycopg.Connection[Any]) -> None:
            for statement in [*setup, limit, "set timezone = 'UTC'"]:
                connection.execute(statement.encode())
            connection.execute("set default_transaction_read_only = on")

        self.pool = ConnectionPool(
            uri,
            min_size=1,
            max_size=size,
            open=True,
            configure=configure,
            check=ConnectionPool.check_connection,
            timeout=CONNECTING,
            reconnect_timeout=CONNECTING,  # who asks next tries anew; else it would wait twice as long each time
            kwargs={
                "autocommit": True,
                "connect_timeout": CONNECTING,
                "tcp_user_timeout": int(1000 * timeout),
                "prepare_threshold": 1,
            },
        )

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """See `Source.rows`."""
        with self._connection() as connection:
            cursor = connection.execute(_as_psycopg(sql).encode(), parameters, binary=True)
            return _named(cursor.description, cursor.fetchall())

    def parts(self, sql: str) -> Iterator[list[Row]]:
        """See `Source.parts`."""
        with (
            self._connection() as connection,
            connection.transaction(),
            connection.cursor("parts", binary=True) as cursor,
        ):
            cursor.execute(_as_psycopg(sql).encode())
            while found := cursor.fetchmany(SOME):
                yield _named(cursor.description, found)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with self.pool.connection() as connection:
                yield connection
        except psycopg.DataError as error:
            raise NotTaken(_said(error)) from error
        except psycopg.Error as error:  # nobody there, or what is read is not as it was
            raise Unavailable(f"{self.place} does not answer: {_said(error)}") from error

    def refresh(self) -> None:
        """See `Source.refresh`; queries see what is committed."""

    def close(self) -> None:
        """See `Source.close`."""
        self.pool.close()


class DuckDBSource:
    """A published copy; a new one is taken up when it has replaced the last, and queries that run end in the old.

    Args:
        path: the copy.
        schema: of what was published for a service; a copy without it is not taken up.
        threads: of a query.
    """

    def __init__(self, path: Path, schema: str, threads: int) -> None:
        self.place, self.path, self.schema, self.threads = str(path), path, schema, threads
        self.lock = threading.Lock()
        self.seen: tuple[int, int] = (0, 0)
        self.connection: duckdb.DuckDBPyConnection | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="insitu-serving-"))
        self.number = 0
        self.refresh()

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """See `Source.rows`."""
        with self._cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return _named(cursor.description, cursor.fetchall())

    def parts(self, sql: str) -> Iterator[list[Row]]:
        """See `Source.parts`."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            while found := cursor.fetchmany(SOME):
                yield _named(cursor.description, found)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.lock:
            assert self.connection is not None
            cursor = self.connection.cursor()
        try:
            yield cursor
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            raise NotTaken(_said(error)) from error
        except duckdb.Error as error:
            raise Unavailable(f"`{self.path}` cannot be read: {_said(error)}") from error
        finally:
            cursor.close()

    def refresh(self) -> None:
        """See `Source.refresh`."""
        try:
            status = self.path.stat()
        except OSError:
            if self.connection is None:
                raise ConfigurationError(
                    f"There is no `{self.path}`. Run `insitu score publish --serve --to {self.path.parent}` first."
                ) from None
            raise Unavailable(f"`{self.path}` is not there any more") from None
        seen = (status.st_ino, status.st_mtime_ns)
        if seen == self.seen:
            return
        number = self.number + 1
        own = self.folder / str(number) / self.path.name
        try:
            new = self._opened(own)
        except Exception:
            shutil.rmtree(own.parent, ignore_errors=True)
            raise
        with self.lock:
            old, self.connection, self.seen, self.number = self.connection, new, seen, number
        if old is not None:
            old.close()  # its cursors live on
            shutil.rmtree(self.folder / str(number - 1), ignore_errors=True)

    def _opened(self, own: Path) -> duckdb.DuckDBPyConnection:
        """The copy under a name of its own: DuckDB knows an open file by its path.

        The name of the file is that of the database, which views have in them.
        """
        own.parent.mkdir()
        try:
            os.link(self.path, own)
        except OSError:
            shutil.copyfile(self.path, own)
        try:
            new = duckdb.connect(str(own), read_only=True)
        except duckdb.Error as error:
            raise Unavailable(f"`{self.path}` cannot be opened: {_said(error)}") from error
        new.execute(f"set threads = {self.threads}")
        table = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
        if self.connection is not None and not new.execute(table, [self.schema, TABLE]).fetchall():
            new.close()
            raise Unavailable(f"what replaced `{self.path}` was published without --serve")
        return new

    def close(self) -> None:
        """See `Source.close`."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)
