"""Read a query as a stream of Arrow record batches, seeing exactly what the model's own transaction sees.

There are two ways. ADBC is fast but needs a connection of its own; while the model's transaction has written nothing, a
second connection that adopts its snapshot (`set transaction snapshot`) sees the same rows. Once the transaction has
written anything (in a pre-hook, or by `session.execute`), only its own connection sees that, so the read goes through a
server-side cursor there: slower, and in bounded memory too.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import signal
import threading
from collections.abc import Iterator
from typing import Any, Protocol

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from insitu.quoting import identifier
from insitu.warehouse.postgres.types import read_as

# The ADBC package imports polars where that is installed, and polars' SIGINT handler makes the kernel restart a wait
# that Ctrl-C should end: dbt's main thread, waiting for its workers, would never hear of it.
if hasattr(signal, "siginterrupt"):  # Unix
    signal.siginterrupt(signal.SIGINT, True)

CURSOR_ROWS = 20_000
_names = itertools.count()


class ReadFailed(RuntimeError):
    """The server refused or broke off a read; the message is its own, with what to do where that is known."""

    def __init__(self, error: Exception) -> None:
        message = str(error).strip()
        if "read-only transaction" in message or "syntax error" in message:
            message += (
                "\nsession.sql() takes one query (select, with, values, table) and only reads; session.execute() takes "
                "any statement, in the model's transaction."
            )
        super().__init__(message)


class Reader(Protocol):
    """Where the rows of a query come from."""

    def describe(self, sql: str) -> list[tuple[str, str]]:
        """Column names and PostgreSQL type names (pg_type.typname) of a query."""
        ...

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query whose columns are those of `schema`, batch by batch."""
        ...


def typed_query(sql: str, columns: list[tuple[str, str]]) -> tuple[str, pa.Schema]:
    """Wrap a query so that each column comes in the Arrow type it is read as; works with repeated column names."""
    aliases, items, fields = [], [], []
    for i, (name, type_name) in enumerate(columns):
        cast, arrow = read_as(type_name)
        aliases.append(f"c{i}")
        items.append(f"c{i}{cast} as {identifier(name)}")
        fields.append(pa.field(name, arrow))
    return f"select {', '.join(items)} from (\n{sql}\n) as q({', '.join(aliases)})", pa.schema(fields)


class SnapshotReader:
    """Reads over ADBC connections of its own, all under one snapshot exported by the model's transaction.

    Several streams may be open at once: each has its connection, reused when the stream is done.
    """

    def __init__(self, dsn: str, setup: list[str]) -> None:
        self._dsn = dsn
        self._setup = setup
        self._idle: list[Any] = []
        self._open: set[Any] = set()
        self._running: set[Any] = set()
        self._lock = threading.Condition()

    def describe(self, sql: str) -> list[tuple[str, str]]:
        with self._cursor() as cursor:
            schema = cursor.adbc_execute_schema(f"select * from (\n{sql}\n) as q")
        return [(field.name, field.metadata[b"POSTGRESQL:type"].decode()) for field in schema]

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self._cursor() as cursor:
            cursor.execute(sql)
            with cursor.fetch_record_batch() as batches:
                for batch in batches:
                    # Names and types agree by construction; this drops the driver's metadata.
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    def cancel(self) -> None:
        """Stop the streams under way; callable from another thread."""
        with self._lock:
            for cursor in self._running:
                with contextlib.suppress(Exception):
                    cursor.adbc_cancel()

    def close(self) -> None:
        """Close the connections; first stop the streams that a failed model left, each in its own thread."""
        self.cancel()
        with self._lock:
            self._lock.wait_for(lambda: not self._running, timeout=10)
            if not self._running:  # leaking a connection is better than closing it while a thread uses it
                for connection in self._open:
                    with contextlib.suppress(Exception):
                        connection.close()
            self._open.clear()
            self._idle.clear()

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection = self._acquire()
        cursor = connection.cursor()
        with self._lock:
            self._running.add(cursor)
        try:
            yield cursor
        except BaseException as error:
            # The transaction of the snapshot failed, or a stream was not read to its end.
            with self._lock:
                self._open.discard(connection)
            with contextlib.suppress(Exception):
                cursor.close()
                connection.close()
            if isinstance(error, dbapi.Error | pa.ArrowException):
                raise ReadFailed(error) from error
            raise
        else:
            cursor.close()
            with self._lock:
                self._idle.append(connection)
        finally:
            with self._lock:
                self._running.discard(cursor)
                self._lock.notify_all()

    def _acquire(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            connection = dbapi.connect(self._dsn, autocommit=True)
            with connection.cursor() as cursor:
                for statement in self._setup:
                    cursor.execute(statement)
        except dbapi.Error as error:
            raise ReadFailed(error) from error
        with self._lock:
            self._open.add(connection)
        return connection


class TransactionReader:
    """Reads over the model's own connection, through a server-side cursor."""

    def __init__(self, handle: Any, turn: threading.RLock) -> None:
        self._handle = handle
        self._turn = turn

    def describe(self, sql: str) -> list[tuple[str, str]]:
        with self._turn, self._handle.cursor() as cursor:
            cursor.execute(f"select * from (\n{sql}\n) as q limit 0")
            columns = [(column.name, column.type_code) for column in cursor.description]
            cursor.execute(
                "select oid, typname from pg_catalog.pg_type where oid = any(%s)", ([oid for _, oid in columns],)
            )
            names = dict(cursor.fetchall())
        return [(name, names[oid]) for name, oid in columns]

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        binary = {i for i, field in enumerate(schema) if pa.types.is_binary(field.type)}
        # With autocommit there is no transaction for the cursor to live in: it must be held beyond its statement.
        cursor = self._handle.cursor(f"insitu_read_{next(_names)}", withhold=self._handle.autocommit)
        try:
            with self._turn:
                cursor.execute(sql)
            while rows := self._fetch(cursor):
                arrays = []
                for i, (values, field) in enumerate(zip(zip(*rows, strict=True), schema, strict=True)):
                    cells = [v if v is None else bytes(v) for v in values] if i in binary else values
                    arrays.append(pa.array(cells, field.type))
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        finally:
            with self._turn:
                cursor.close()

    def _fetch(self, cursor: Any) -> list[tuple[Any, ...]]:
        with self._turn:
            return cursor.fetchmany(CURSOR_ROWS)  # type: ignore[no-any-return]


def rechunk(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of exactly `size` rows, the last one shorter."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        while batch.num_rows:
            head = batch.slice(0, size - rows)
            batch = batch.slice(head.num_rows)
            pending.append(head)
            rows += head.num_rows
            if rows == size:
                yield pa.concat_batches(pending)
                pending, rows = [], 0
    if pending:
        yield pa.concat_batches(pending)


def prefetch(batches: Iterator[pa.RecordBatch], closed: threading.Event, depth: int = 2) -> Iterator[pa.RecordBatch]:
    """Read ahead in a thread, at most `depth` batches, so that reading and predicting overlap; until `closed`."""
    ready: queue.Queue[Any] = queue.Queue(depth)
    abandoned = threading.Event()

    def put(item: Any) -> None:
        while not (abandoned.is_set() or closed.is_set()):
            with contextlib.suppress(queue.Full):
                return ready.put(item, timeout=0.1)

    def produce() -> None:
        try:
            for batch in batches:
                put(batch)
                if abandoned.is_set() or closed.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)
        finally:
            batches.close()  # type: ignore[attr-defined]

    thread = threading.Thread(target=produce, name="insitu-read-ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        abandoned.set()
        thread.join()
