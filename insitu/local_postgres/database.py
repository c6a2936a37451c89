"""Where one database is, and how to open it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo


class ServerUnavailable(RuntimeError):
    """No server could be found or started; the message says what was tried."""


@dataclass(frozen=True)
class Database:
    """The address of one database, and the user to open it as."""

    host: str
    port: int
    user: str
    password: str
    dbname: str

    @property
    def dsn(self) -> str:
        """The libpq connection string, with the password."""
        return make_conninfo(host=self.host, port=self.port, user=self.user, password=self.password, dbname=self.dbname)

    @property
    def environment(self) -> dict[str, str]:
        """The `PG…` variables read by libpq and by this project's profile."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.dbname,
        }

    def connect(self) -> psycopg.Connection:
        """A new autocommit connection."""
        return psycopg.connect(self.dsn, autocommit=True)

    @contextlib.contextmanager
    def fresh_database(self, prefix: str = "insitu") -> Iterator[Database]:
        """A new empty database on the same server, dropped at the end even while others are connected."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield replace(self, dbname=name)
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
