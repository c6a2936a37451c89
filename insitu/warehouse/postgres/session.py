"""What a Python model is given as `session`: the model's own transaction, with DuckDB's names for its methods."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2.extensions
import pyarrow as pa

from insitu.quoting import identifier, literal
from insitu.warehouse.postgres.lazy_query import PostgresQuery
from insitu.warehouse.postgres.lock import lock_appends
from insitu.warehouse.postgres.read import Reader, SnapshotReader, TransactionReader

# Settings that only concern the client's side of a connection, or that the reader needs otherwise.
_NOT_COPIED = (
    "client_encoding",
    "DateStyle",
    "IntervalStyle",
    "extra_float_digits",
    "transaction_%",
    "application_name",
)
# A model computes while its transaction is open, and its reads' too: a fit of an hour is no forgotten session.
_KEPT = "set local idle_in_transaction_session_timeout = 0"
_TOKENS = re.compile(r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \? | %""", re.VERBOSE | re.DOTALL)


class Cancelled(RuntimeError):
    """The run was interrupted while the model was reading."""


class Session:
    """The model's transaction: lazy reads (`sql`), and statements (`execute`) that take part in it."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        # Held while the connection is in use: a lazy model still runs while its rows are written.
        self.turn = threading.RLock()
        self._cancelled = threading.Event()
        self.closed = threading.Event()
        self._snapshot: SnapshotReader | None = None
        self._clean = False
        if not handle.autocommit:
            with handle.cursor() as cursor:
                cursor.execute(_KEPT)
        self._refresh()

    def sql(self, query: str) -> PostgresQuery:
        """The rows of a query, read when asked for."""
        return PostgresQuery(self, query.strip().rstrip(";"))

    query = sql

    def table(self, name: str) -> PostgresQuery:
        """The rows of a table, named as SQL names it."""
        return self.sql(f"select * from {name}")

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> Result:
        """Run a statement in the model's transaction; `?` stands for each of the parameters, which are bound.

        What it writes is committed with the model's table, or not at all.
        """
        with self.turn:
            cursor = self._handle.cursor()
            if parameters is None:
                cursor.execute(statement)
            else:
                cursor.execute(_TOKENS.sub(_placeholder, statement), tuple(parameters))
            self._refresh()
        return Result(cursor)

    def lock_appends(self, schema: str, table: str) -> None:
        """Wait until no other transaction appends to the table; held until this one ends. See `lock_appends`.

        What the table holds has to be read by `execute` then: `sql` reads what was there when the model began.
        """
        lock_appends(lambda query: self.execute(query).fetchall(), schema, table)

    def leave(self, variable: str, text: str) -> None:
        """Set a variable, such as `insitu.batches`, until the transaction ends."""
        self.execute("select set_config(?, ?, true)", (variable, text))

    @property
    def reader(self) -> Reader:
        """Where reads come from at this moment."""
        return self._snapshot if self._clean and self._snapshot else TransactionReader(self._handle, self.turn)

    @property
    def reads_ahead(self) -> bool:
        """Whether reads may run in a thread: not over the model's own connection."""
        return self._clean and self._snapshot is not None

    def guard(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches, until the run is cancelled."""
        for batch in batches:
            if self._cancelled.is_set():
                raise Cancelled("The run was interrupted.")
            yield batch

    def cancel(self) -> None:
        """Stop the reads under way; called from dbt's main thread."""
        self._cancelled.set()
        if self._snapshot:
            self._snapshot.cancel()

    def close(self) -> None:
        """Close the reading connections."""
        self.closed.set()
        if self._snapshot:
            self._snapshot.close()

    def _refresh(self) -> None:
        """Note whether the transaction has written anything or made temporary tables; if not, export its snapshot."""
        with self._handle.cursor() as cursor:
            cursor.execute(
                "select txid_current_if_assigned() is null and not exists "
                "(select from pg_catalog.pg_class where relnamespace = pg_my_temp_schema() and relkind in ('r', 'v'))"
            )
            self._clean = cursor.fetchone()[0]
            if self._clean and self._snapshot is None:
                self._snapshot = SnapshotReader(dsn_of(self._handle), _adopt(cursor))


def _adopt(cursor: Any) -> list[str]:
    """The statements that make another connection see what this transaction sees: its snapshot, role and settings."""
    if cursor.connection.autocommit:  # no transaction, no snapshot: each read sees what is committed by then
        statements = ["begin isolation level read committed read only", _KEPT]
    else:
        cursor.execute("select pg_export_snapshot()")
        snapshot = literal(cursor.fetchone()[0])
        statements = ["begin isolation level repeatable read read only", f"set transaction snapshot {snapshot}"]
    cursor.execute(
        "select name, setting from pg_catalog.pg_settings "
        "where source = 'session' and context in ('user', 'superuser') and not name ilike any(%s)",
        (list(_NOT_COPIED),),
    )
    for name, setting in cursor.fetchall():
        statements.append(f"select set_config({literal(name)}, {literal(setting)}, true)")
    cursor.execute("select current_setting('role')")
    role = cursor.fetchone()[0]
    if role != "none":
        statements.append(f"set local role {identifier(role)}")
    return statements


def dsn_of(handle: Any) -> str:
    """How the connection was opened, with its password: the same server, TLS, options and search_path."""
    return str(psycopg2.extensions.make_dsn(**handle.info.dsn_parameters, password=handle.info.password or None))


def _placeholder(token: re.Match[str]) -> str:
    return {"?": "%s", "%": "%%"}.get(token[0], token[0].replace("%", "%%"))


class Result:
    """The rows of an executed statement, if it returns any."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """The number of rows the statement returned or changed."""
        return int(self._cursor.rowcount)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The (remaining) rows; none for a statement that returns none."""
        return self._cursor.fetchall() if self._cursor.description else []

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return self._cursor.fetchone() if self._cursor.description else None
