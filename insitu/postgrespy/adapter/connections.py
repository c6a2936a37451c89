"""dbt-postgres's connections, under this plugin's name, whose cancellation also reaches a running Python model."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.postgres import PostgresConnectionManager, PostgresCredentials
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from .session import Session


@dataclass
class PostgresPyCredentials(PostgresCredentials):
    """The same profile fields as `type: postgres`."""

    @property
    def type(self) -> str:
        return "postgrespy"


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
        try:
            return super().open(connection)
        except FailedToConnectError as error:
            where = connection.credentials
            raise FailedToConnectError(
                f"{str(error.msg).strip()}\n"
                f"No connection to database {where.database!r} on {where.host}:{where.port} as {where.user!r}. Check "
                "these in the profile or the PG… variables it reads (`python -m insitu.postgrespy.server` starts one)."
            ) from error

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
