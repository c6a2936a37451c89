"""PostgreSQL behind the `Warehouse` interface: ADBC for Arrow both ways (COPY underneath)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import psycopg2
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from insitu.errors import ConfigurationError
from insitu.quoting import identifier, identifiers, literal, parts, replace_unquoted
from insitu.warehouse.lazy_query import LazyQuery
from insitu.warehouse.postgres.lock import lock_appends
from insitu.warehouse.postgres.session import Session
from insitu.warehouse.postgres.settings import setting_text
from insitu.warehouse.postgres.waiting import telling_waits

STAGED = "insitu_staged"  # a temporary table


class PostgresWarehouse:
    """A PostgreSQL database."""

    def __init__(self, credentials: Any, read_only: bool) -> None:
        self.uri, self.place, self.setup = address(credentials)
        self.session: Session | None = None
        self.sessions: list[tuple[Session, Any]] = []  # with their connections
        self.pid = 0  # of the server's process, once it is known
        try:
            self.connection = dbapi.connect(self.uri)
            for statement in self.setup:
                self.query_none(statement)
        except Exception as error:
            raise ConfigurationError(
                f"PostgreSQL at {self.place} refused the connection: {str(error).strip()} "
                "Check that the server runs, and the settings in profiles.yml with the variables that they read."
            ) from error
        self.pid = int(self.query("select pg_backend_pid() as pid").column(0)[0].as_py())
        if read_only:
            self.query_none("set default_transaction_read_only = on")

    def query_none(self, sql: str) -> None:
        """Run a statement that returns nothing, and commit."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
        self.connection.commit()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """See `Warehouse.query`."""
        numbers = count(1)
        numbered = replace_unquoted(r"\?", lambda _: f"${next(numbers)}", sql) if parameters else sql
        with self._telling_waits(), self.connection.cursor() as cursor:
            cursor.execute(numbered, list(parameters) or None)
            table = cursor.fetch_arrow_table()
        self.connection.commit()
        return table

    def sql(self, query: str) -> LazyQuery:
        """See `Warehouse.sql`; reads have a transaction of their own, opened at the first."""
        if self.session is None:
            self.session = self._open_session()
        relation: LazyQuery = self.session.sql(query)
        return relation

    def scratch(self) -> Session:
        """See `Warehouse.scratch`; its transaction is never committed."""
        return self._open_session()

    def _open_session(self) -> Session:
        handle = psycopg2.connect(self.uri)
        with handle.cursor() as cursor:
            for statement in self.setup:
                cursor.execute(statement)
        handle.commit()
        self.sessions.append((Session(handle), handle))
        return self.sessions[-1][0]

    @contextmanager
    def appending(self, relation: str) -> Iterator[PostgresTransaction]:
        """See `Warehouse.appending`."""
        with self.changing() as transaction:
            # The lock must be older than what is read: with one snapshot for the whole transaction it would not be.
            transaction.execute("set transaction isolation level read committed")
            lock_appends(transaction.run, *parts(relation))
            yield transaction

    @contextmanager
    def changing(self) -> Iterator[PostgresTransaction]:
        """See `Warehouse.changing`."""
        try:
            with self._telling_waits():
                yield PostgresTransaction(self.connection)
            self.connection.commit()
        except BaseException:
            self.connection.rollback()
            raise

    def _telling_waits(self) -> AbstractContextManager[None]:
        return telling_waits(
            self.pid, lambda: psycopg2.connect(self.uri), lambda message: print(message, file=sys.stderr)
        )

    def close(self) -> None:
        """Release the connections."""
        for session, handle in self.sessions:
            session.close()
            handle.close()
        self.connection.close()


@dataclass(frozen=True)
class PostgresTransaction:
    """See `Transaction`."""

    connection: Any
    row_place: str = "ctid"

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def execute(self, sql: str) -> None:
        """See `Transaction.execute`."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def query(self, sql: str) -> pa.Table:
        """See `Transaction.query`."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def append(self, relation: str, rows: pa.RecordBatchReader) -> int:
        """See `Transaction.append`."""
        schema, table = parts(relation)
        types = self._types_without_arrow(relation)
        with self.connection.cursor() as cursor:
            if not types.keys() & set(rows.schema.names):
                return int(cursor.adbc_ingest(table, rows, mode="append", db_schema_name=schema))
            n_rows = int(cursor.adbc_ingest(STAGED, rows, mode="create", temporary=True))
            columns = ", ".join(
                f"cast({identifier(name)} as {types[name]})" if name in types else identifier(name)
                for name in rows.schema.names
            )
            cursor.execute(
                f"insert into {relation} ({identifiers(*rows.schema.names)}) select {columns} from pg_temp.{STAGED}"
            )
            cursor.execute(f"drop table pg_temp.{STAGED}")
        return n_rows

    def _types_without_arrow(self, relation: str) -> dict[str, str]:
        """Columns of which Arrow has texts (numeric, uuid, json, …), with their types; writing one takes a cast."""
        fields = self.query(f"select * from {relation} where 1 = 0").schema
        names = [field.name for field in fields if isinstance(field.type, pa.OpaqueType)]
        if not names:
            return {}
        found = self.run(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = cast({literal(relation)} as regclass) and attnum > 0 and not attisdropped"
        )
        return {name: type_ for name, type_ in found if name in names}


def address(credentials: Any) -> tuple[str, str, list[str]]:
    """Where a database is, as a URI and for messages, and what is said on each connection to it."""
    return _uri(credentials), f"{credentials.host}:{credentials.port}/{credentials.database}", _setup(credentials)


def _setup(credentials: Any) -> list[str]:
    """The profile's role, search_path and settings as statements, as dbt has them on its connections."""
    settings = dict(getattr(credentials, "settings", None) or {})
    for name in ("role", "search_path"):
        if value := getattr(credentials, name, None):
            settings[name] = value
    return [f"select set_config({literal(name)}, {literal(setting_text(v))}, false)" for name, v in settings.items()]


def _uri(credentials: Any) -> str:
    login = quote(credentials.user, safe="")
    if credentials.password:
        login += ":" + quote(str(credentials.password), safe="")
    options = {
        name: value
        for name, value in {
            "host": credentials.host,
            "port": credentials.port,
            "sslmode": getattr(credentials, "sslmode", None),
            "sslrootcert": getattr(credentials, "sslrootcert", None),
        }.items()
        if value
    }
    return f"postgresql://{login}@/{quote(credentials.database, safe='')}?{urlencode(options)}"
