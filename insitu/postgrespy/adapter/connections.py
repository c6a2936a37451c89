"""dbt-postgres's connections, under this plugin's name, whose cancellation also reaches a running Python model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import psycopg2.errors
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.postgres import PostgresConnectionManager, PostgresCredentials
from dbt_common.exceptions import DbtDatabaseError
from psycopg2 import Error
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from insitu.warehouse.errors import explained
from insitu.warehouse.postgres.session import Session, dsn_of
from insitu.warehouse.postgres.settings import setting_text
from insitu.warehouse.postgres.waiting import telling_waits

logger = AdapterLogger("PostgresPy")


@dataclass
class PostgresPyCredentials(PostgresCredentials):
    """The same profile fields as `type: postgres`, and `settings`: configuration parameters of every connection."""

    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return "postgrespy"

    def _connection_keys(self) -> tuple[str, ...]:
        return (*super()._connection_keys(), "settings")


class PostgresPyConnectionManager(PostgresConnectionManager):
    TYPE = "postgrespy"

    def __init__(self, profile: Any, mp_context: Any) -> None:
        super().__init__(profile, mp_context)
        self._sessions: dict[int, Session] = {}
        self._sessions_lock = threading.Lock()

    def register(self, connection: Connection, session: Session | None) -> None:
        """Remember which session's reads to stop when the connection is cancelled; None forgets it."""
        with self._sessions_lock:
            if session is None:
                self._sessions.pop(id(connection), None)
            else:
                self._sessions[id(connection)] = session

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state == "open":
            return connection
        try:
            opened = super().open(connection)
        except FailedToConnectError as error:
            where = connection.credentials
            raise FailedToConnectError(
                f"{str(error.msg).strip()}\n"
                f"No connection to database {where.database!r} on {where.host}:{where.port} as {where.user!r}. Check "
                "these in the profile or the PG… variables it reads (`python -m insitu.local_postgres` starts one)."
            ) from error
        cls._configure(opened)
        return opened

    @classmethod
    def _configure(cls, connection: Connection) -> None:
        """Set the configuration parameters of the profile, for the whole session."""
        for name, value in connection.credentials.settings.items():
            try:
                with connection.handle.cursor() as cursor:
                    cursor.execute("select set_config(%s, %s, false)", (name, setting_text(value)))
                connection.handle.commit()
            except Error as error:
                cls.close(connection)
                raise FailedToConnectError(
                    f"The profile's setting `{name}: {value}` was refused: {str(error).strip()}. Correct `settings` in "
                    "profiles.yml: names and values of configuration parameters that a session may set."
                ) from error

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """What dbt-postgres makes of errors, with the next step where the server or the connection failed."""
        try:
            with super().exception_handler(sql):
                yield
        except DbtDatabaseError as error:
            failed = error.__cause__ or error.__context__
            if isinstance(failed, psycopg2.OperationalError | psycopg2.errors.InsufficientPrivilege):
                clear = explained(failed, "PostgreSQL")
                raise DbtDatabaseError(str(clear)) from failed
            raise

    def add_query(self, *arguments: Any, **options: Any) -> Any:
        """Run a statement; where it waits for somebody's lock, say so after a few seconds."""
        handle = self.get_thread_connection().handle
        with telling_waits(handle.info.backend_pid, lambda: psycopg2.connect(dsn_of(handle)), logger.warning):
            return super().add_query(*arguments, **options)

    def add_begin_query(self) -> None:
        """Make sure that the statements to come are in a transaction.

        psycopg2 begins one by itself, unless it believes that one is open; it does not notice that dbt ends them by the
        statement COMMIT. After that (a hook with `transaction: false` is enough) every statement would commit itself.
        """
        handle = self.get_thread_connection().handle
        if handle.info.transaction_status == TRANSACTION_STATUS_IDLE:
            handle.rollback()

    def cancel(self, connection: Connection) -> None:
        with self._sessions_lock:
            session = self._sessions.get(id(connection))
        if session is not None:
            session.cancel()
        super().cancel(connection)
