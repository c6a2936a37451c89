"""Runs a cluster in a directory: made on first use, on this machine only, stopped with whoever started it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from insitu.local_postgres.database import Database, ServerUnavailable


@contextlib.contextmanager
def run_cluster(
    binaries: Path,
    data: Path,
    *,
    port: int | None = None,
    user: str = "insitu",
    password: str = "insitu",
    settings: dict[str, str] | None = None,
) -> Iterator[Database]:
    """Run the cluster in the directory `data`, made on first use; listen on 127.0.0.1 (`port`, or a free one) only.

    The server refuses to run as root: started by root, it runs as `postgres` or `nobody`. Connections need the
    password. The server stops when the block ends, and (on Linux) when this process dies, however it does.
    """
    account = unprivileged()
    data.parent.mkdir(parents=True, exist_ok=True)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, user, password, account)
    port = port or free_port()
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC", **(settings or {})}
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = data / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=data,
            start_new_session=True,
            preexec_fn=_stop_with_parent,
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    database = Database("127.0.0.1", port, user, password, "postgres")
    try:
        _wait_until_ready(process, database, log)
        yield database
    finally:
        process.send_signal(signal.SIGINT)  # "fast" shutdown: disconnect everyone, checkpoint, stop
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _initialise(binaries: Path, data: Path, user: str, password: str, account: Account) -> None:
    data.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", prefix="insitu-pg-") as password_file:
        password_file.write(password)
        password_file.flush()
        if account.uid is not None and account.gid is not None:
            for path in (data, password_file.name):
                os.chown(path, account.uid, account.gid)
        command = [str(binaries / "initdb"), "-D", str(data), "-U", user, f"--pwfile={password_file.name}"]
        # Locale C: text sorts and compares by code point, as in DuckDB.
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        result = subprocess.run(
            command,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    if result.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ServerUnavailable(f"initdb in {binaries} failed: {result.stderr.strip() or result.stdout.strip()}")


def _wait_until_ready(process: subprocess.Popen[bytes], database: Database, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with database.connect():
                return
        except psycopg.OperationalError:
            time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise ServerUnavailable(f"The PostgreSQL server on port {database.port} did not become ready:\n{tail}")


@dataclass(frozen=True)
class Account:
    """The system user to run the server as; None means the present one."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        return None if self.uid is None else []


def unprivileged() -> Account:
    """Whom to run the server as: it refuses root. Raises ServerUnavailable."""
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise ServerUnavailable("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`.")


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
