"""Says what a statement waits for, once it has waited for a lock for a few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2

PATIENCE = 3.0  # seconds
_HOLDERS = """
    select pid, usename, application_name, state, left(regexp_replace(query, '\\s+', ' ', 'g'), 80)
    from pg_catalog.pg_stat_activity
    where pid = any(pg_catalog.pg_blocking_pids(%s))
    order by pid
"""


@contextmanager
def telling_waits(pid: int, connect: Callable[[], Any], say: Callable[[str], None]) -> Iterator[None]:
    """While the block runs a statement, look now and then whether it waits for a lock of another session.

    Args:
        pid: the server's process that runs the statement.
        connect: opens another connection to the same server.
        say: takes each message.
    """
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(pid, connect, say, done), name="insitu-waits", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()


def _watch(pid: int, connect: Callable[[], Any], say: Callable[[str], None], done: threading.Event) -> None:
    if done.wait(PATIENCE):
        return
    with suppress(psycopg2.Error):  # what goes wrong here goes wrong in the statement, too, and is told there
        connection = connect()
        try:
            told: list[Any] = []
            while not done.is_set():
                with connection.cursor() as cursor:
                    cursor.execute(_HOLDERS, (pid,))
                    holders = cursor.fetchall()
                connection.rollback()
                if holders and holders != told and not done.is_set():
                    say(_message(holders))
                    told = holders
                done.wait(PATIENCE)
        finally:
            connection.close()


def _message(holders: list[Any]) -> str:
    sessions = "; ".join(
        f"PID {pid} of {user}{f' ({application})' if application else ''}, {state}: {query}"
        for pid, user, application, state, query in holders
    )
    return (
        f"Waiting for a lock that another session holds ({sessions}). It goes on when that one ends its transaction; "
        f"`select pg_terminate_backend({holders[0][0]})` ends it."
    )
