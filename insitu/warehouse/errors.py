"""What goes wrong in a warehouse, in one message: what was found, and the next step that loses nothing."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from insitu.errors import ConfigurationError, InsituError


class HeldElsewhere(ConfigurationError):
    """Another process holds a DuckDB file."""


BACKUP = (
    "Restore it from a backup. Keep the file: the registry of models and all predictions are in it, and what is built "
    "anew begins without them."
)

# DuckDB tells errors apart by their words alone: what is in the message, and the next step.
_DUCKDB = (
    (
        r"replaying WAL",
        "Its last changes lie in the file beside it that ends in `.wal`, and cannot be read. Keep both: copy them "
        "elsewhere first. With the `.wal` of the same moment from a backup nothing is lost; without any `.wal` the "
        "warehouse opens as it was at its last checkpoint, and the changes since then are lost.",
    ),
    (
        r"[Pp]ermission denied|[Rr]ead-only file system|read-only mode!|Operation not permitted",
        "Its contents are as they were. Give this user the right to write the file and its folder, or run as its "
        "owner.",
    ),
    (
        r"No space left|Disk quota|File too large|could not write|Could not write",
        "The disk is full, or a limit of this user is reached. What was written last is rolled back. Make room (the "
        "folder of the warehouse and the one for temporary files), then run again.",
    ),
    (
        r"Out of Memory|out of memory|could not allocate",
        "Give DuckDB more (`settings: {memory_limit: …}` in the profile).",
    ),
    (r"Too many open files", "Raise the limit of open files (`ulimit -n`)."),
    (
        r"not a valid DuckDB database file",
        f"Correct `path` in profiles.yml. If the path is right, the file was overwritten. {BACKUP}",
    ),
    (
        r"newer (DuckDB )?version|storage version|version number|older version",
        "Install the version of DuckDB that wrote it (`pip install duckdb==…`).",
    ),
    (r"Is a directory|No such file or directory|database does not exist", "Correct `path` in profiles.yml."),
    (r"(Table|View|Schema|Catalog) .*does not exist", "Build it first: `dbt build`."),
    (
        r"read enough bytes|[Cc]hecksum|[Cc]orrupt|INTERNAL Error|Serialization Error|deserializ|invalidated|metadata",
        f"The file is damaged: cut off, or overwritten in part. {BACKUP}",
    ),
    (r"INTERRUPT", "The query was interrupted."),
)

# PostgreSQL's SQLSTATE, by its beginning.
_POSTGRES = (
    ("42501", "Have the owner grant the right; `insitu doctor` says which are missing, and roles.sql grants them all."),
    (
        "57014",
        "It took longer than `statement_timeout` allows, or somebody cancelled it. Raise the limit under `settings` in "
        "the profile, or ask who did.",
    ),
    (
        "25P03",
        "The connection was idle in a transaction for longer than `idle_in_transaction_session_timeout` allows. Raise "
        "it under `settings` in the profile.",
    ),
    (
        "25P04",
        "The transaction took longer than `transaction_timeout` allows: a model computes inside of one. Raise it under "
        "`settings` in the profile.",
    ),
    (
        "57P05",
        "The connection was idle for longer than `idle_session_timeout` allows. Raise it under `settings` in the "
        "profile.",
    ),
    ("57P03", "The server is starting or stopping. Run again in a moment."),
    (
        "57P",
        "The server or its administrator ended the connection; what it had not committed is rolled back. Run again; "
        "the server's log says why.",
    ),
    ("55P03", "Somebody else holds a lock on it for longer than `lock_timeout` allows: end that, then run again."),
    ("40P01", "Two sessions waited for each other. Run again, one at a time."),
    ("40001", "Another session changed the same rows. Run again."),
    ("53100", "The server's disk is full; what was written last is rolled back. Make room there, then run again."),
    ("53200", "The server is out of memory. Lower `work_mem` under `settings` in the profile, then run again."),
    ("53300", "All connections are in use. Close some, or lower `threads` in the profile."),
    ("53", "The server lacks a resource. Ask its administrator."),
    ("54", "A limit of the server is reached."),
    ("25006", "The server or the connection only reads (a standby?). Point the profile at the one that writes."),
    ("28", "Correct user, password and role in the profile."),
    ("3D", "Correct `dbname` in the profile, or create the database."),
    ("3F", "Build it first: `dbt build`; a schema of your own is created by hand."),
    ("42P01", "Build it first: `dbt build`."),
    ("42703", "The table is older than this version of the project: run `dbt build`."),
    ("XX00", "The server reports damaged data. Stop writing, and ask its administrator for a backup."),
    ("58", "The server could not read or write its files. Ask its administrator; its log says more."),
    (
        "08",
        "The connection was lost; what it had not committed is rolled back. Check that the server runs, then run "
        "again.",
    ),
)
# For messages that come without a SQLSTATE: its words, as PostgreSQL and libpq have them in English.
_WORDS = (
    (r"canceling statement due to (statement timeout|user request)", "57014"),
    (r"idle-in-transaction timeout", "25P03"),
    (r"idle-session timeout", "57P05"),
    (r"transaction timeout", "25P04"),
    (r"lock timeout", "55P03"),
    (r"deadlock detected", "40P01"),
    (r"permission denied", "42501"),
    (r"No space left on device", "53100"),
    (r"terminating connection|invalid snapshot identifier", "57P01"),  # the snapshot ends with its connection
    (
        r"server closed the connection|connection (already closed|not open|to server|timed out|reset)|no connection to "
        r"the server|could not receive data|SSL connection has been closed|SSL SYSCALL",
        "08006",
    ),
)


def explained(error: BaseException, place: str = "the warehouse") -> InsituError | None:
    """The error to show for one that a warehouse's driver or the disk raised, wherever it lies in the chain of causes.

    Args:
        place: what the message calls the warehouse, as it begins a sentence about it.
    Returns: None for an error of another kind.
    """
    if isinstance(error, InsituError):
        return None
    known: list[tuple[BaseException, str]] = []
    link: BaseException | None = error
    while link is not None:
        step = _next_step(link)
        if step is not None:
            known.append((link, step))
        link = link.__cause__ or (link.__context__ if step is not None else None)
    if not known:
        return None
    found, step = next((pair for pair in known if pair[1]), known[0])
    return ConfigurationError(f"{place[0].upper()}{place[1:]}: {_reason(found)} {step}".strip())


@contextmanager
def explaining(place: str) -> Iterator[None]:
    """Replace errors of the warehouse at this place by what `explained` says of them."""
    try:
        yield
    except Exception as error:
        clear = explained(error, place)
        if clear is None:
            raise
        raise clear from error


def _next_step(error: BaseException) -> str | None:
    module = type(error).__module__.partition(".")[0]
    text = str(error)
    if module in ("duckdb", "_duckdb"):
        return next((step for pattern, step in _DUCKDB if re.search(pattern, text)), "")
    if module in ("psycopg2", "psycopg", "adbc_driver_manager") or text.startswith("[libpq]"):  # Arrow's stream
        told = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or ""
        states = [told, *_states(text)]
        return next((step for state in states for code, step in _POSTGRES if state.startswith(code)), "")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The disk is full, or a limit of this user is reached. Make room, then run again."
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Give this user the right to it, or run as its owner."
    return None


def _states(text: str) -> list[str]:
    """The SQLSTATE that a message has written in it, or those that its words mean."""
    return re.findall(r"SQLSTATE: (\w{5})", text) + [code for words, code in _WORDS if re.search(words, text)]


def _reason(error: BaseException) -> str:
    """The driver's first sentence, without what names its own parts."""
    text = str(error).strip()
    found = re.search(r"(?:ERROR|FATAL|PANIC):\s+([^\n]+)", text)
    lines = text.splitlines() or [type(error).__name__]
    line = found[1] if found else lines[0] if "duckdb" in type(error).__module__ else " ".join(" ".join(lines).split())
    line = re.sub(r"^(?:[A-Z][A-Za-z ]* Error|[A-Z_]+): ", "", line).strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."
