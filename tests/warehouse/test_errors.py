"""What goes wrong in a warehouse is one message, with a next step that loses nothing. Every fault is a real one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from insitu.errors import ConfigurationError
from insitu.local_postgres import Database
from insitu.warehouse import connect
from insitu.warehouse.duckdb import open_file
from insitu.warehouse.errors import explaining

UNCHECKED = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("pragma disable_checkpoint_on_shutdown")
connection.execute("create table models as select range as a, 'm' || range as b from range(300000)")
connection.execute("checkpoint")
connection.execute("create table predictions as select 1 as a")
connection.execute("insert into predictions values (2)")
os._exit(0)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A warehouse whose last changes are in its WAL, as after a crash."""
    subprocess.run([sys.executable, "-c", UNCHECKED, str(tmp_path / "shop.duckdb")], check=True)
    return tmp_path / "shop.duckdb"


def refused(path: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        open_file(str(path))
    message = str(error.value)
    assert message.startswith(f"The warehouse `{path}` cannot be opened: ")
    assert "\n" not in message
    return message


def test_a_file_that_is_no_warehouse(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("flights\n" * 1000)
    message = refused(tmp_path / "notes.txt")
    assert "not a valid DuckDB database file! Correct `path` in profiles.yml" in message
    assert "the file was overwritten. Restore it from a backup" in message


@pytest.mark.parametrize("length", [3000, 600_000])
def test_a_file_that_was_cut_off(file: Path, length: int) -> None:
    os.truncate(file, length)
    message = refused(file)
    assert "The file is damaged: cut off, or overwritten in part. Restore it from a backup. Keep the file" in message
    assert "anew begins without them" in message


def test_a_bad_wal_loses_nothing(file: Path) -> None:
    wal = Path(f"{file}.wal")
    good = wal.read_bytes()
    wal.write_bytes(good[:120] + bytes([good[120] ^ 255]) + good[121:])
    message = refused(file)
    assert "Keep both: copy them elsewhere first" in message
    assert "build anew" not in message
    wal.write_bytes(good)
    with duckdb.connect(str(file)) as restored:
        assert restored.execute("select count(*) from predictions").fetchall() == [(2,)]


def test_a_file_that_may_not_be_written(file: Path) -> None:
    """As another user, for root may write everything."""
    code = (
        "import os, sys; import insitu.warehouse.duckdb as w\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: w.open_file(sys.argv[1])\n"
        "except Exception as error: print(error)"
    )
    duckdb.connect(str(file)).close()
    os.chmod(file, 0o444)
    for folder in (file.parent, *file.parent.parents):
        if str(folder).startswith("/tmp/"):
            os.chmod(folder, 0o755)
    said = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True).stdout
    assert "Its contents are as they were. Give this user the right to write the file and its folder" in said
    assert "anew" not in said


def test_a_full_disk(file: Path) -> None:
    """A limit of the file's size, which DuckDB meets as it meets a full disk: in the write call."""
    code = (
        "import resource, signal, sys, pyarrow as pa\n"
        "from types import SimpleNamespace\n"
        "from insitu.warehouse import connect\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, 8_000_000))\n"
        "project = SimpleNamespace(credentials=SimpleNamespace(type='duckdb', path=sys.argv[1]))\n"
        "rows = pa.table({'a': pa.array(range(5_000_000)), 'b': [str(n * 7919) for n in range(5_000_000)]})\n"
        "try:\n"
        "    with connect(project, read_only=False) as warehouse, warehouse.appending('models') as models:\n"
        "        models.append('models', rows.to_reader())\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"ConfigurationError The warehouse at {file}: ")
    assert "The disk is full, or a limit of this user is reached." in said
    with duckdb.connect(str(file)) as after:
        assert after.execute("select count(*) from models").fetchall() == [(300_000,)]


NODE = """
import pyarrow as pa
from insitu.nodes.session import clear_errors

@clear_errors
def node(dbt, session):
    return pa.table({"b": [str(n * 7919) for n in range(5_000_000)]})

def model(dbt, session):
    return node(dbt, session)

class dbtObj:
    def __init__(self, load_df_function):
        self.load = load_df_function

def materialize(df, con):
    con.register("rows", df)
    con.execute("create table written as select * from rows")
"""


def test_a_full_disk_while_dbt_writes_what_a_node_returns(file: Path, tmp_path: Path) -> None:
    """By dbt-duckdb's own way of running a Python model."""
    (tmp_path / "node.py").write_text(NODE)
    code = (
        "import resource, signal, sys, duckdb\n"
        "from dbt.adapters.duckdb.credentials import DuckDBCredentials\n"
        "from dbt.adapters.duckdb.environments.local import LocalEnvironment\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "connection, limit = duckdb.connect(sys.argv[1]), (8_000_000, 8_000_000)\n"
        "credentials = DuckDBCredentials(path=sys.argv[1], database='shop', schema='main')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, limit)\n"
        "try: LocalEnvironment.run_python_job(connection, None, 'node', open(sys.argv[2]).read(), credentials)\n"
        "except Exception as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(file), str(tmp_path / "node.py")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "ConfigurationError: The warehouse: " in said
    assert "The disk is full, or a limit of this user is reached. What was written last is rolled back." in said
    assert len(said.strip().splitlines()) <= 4, said  # dbt's first line, and ours


def project(database: Database, **changes: Any) -> Any:
    """What `connect` reads of a project."""
    credentials = SimpleNamespace(
        type="postgrespy",
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        database=database.dbname,
        **changes,
    )
    return SimpleNamespace(credentials=credentials)


def message_of(database: Database, act: Callable[[Any], Any], **changes: Any) -> str:
    with (
        pytest.raises(ConfigurationError) as error,
        connect(project(database, **changes), read_only=False) as warehouse,
    ):
        act(warehouse)
    message = str(error.value)
    assert message.startswith(f"The warehouse at {database.host}:{database.port}/{database.dbname}: ")
    assert "\n" not in message
    return message


def both_ways(statement: str) -> list[Callable[[Any], Any]]:
    """A statement as commands run it, and as Python models read."""
    return [lambda w: w.query(statement), lambda w: w.sql(statement).fetchall()]


def test_a_missing_right(postgres_database: Database) -> None:
    role = f"reader_{postgres_database.dbname}"
    with postgres_database.connect() as connection:
        connection.execute("create table secret as select 1 as a")
        connection.execute(f"create role {role} login password 'x'")
    for act in both_ways("select * from secret"):
        message = message_of(replace(postgres_database, user=role, password="x"), act)
        assert "permission denied for table secret. Have the owner grant the right; `insitu doctor` says" in message


def test_time_outs(postgres_database: Database) -> None:
    for act in both_ways("select count(*) from generate_series(1, 10000000000)"):
        message = message_of(postgres_database, act, settings={"statement_timeout": "200ms"})
        assert "canceling statement due to statement timeout. It took longer than `statement_timeout` allows" in message

    with postgres_database.connect() as connection, pytest.raises(ConfigurationError) as ended:
        connection.execute("set idle_in_transaction_session_timeout = '200ms'")
        connection.execute("begin")
        time.sleep(2)
        with explaining("the warehouse"):
            connection.execute("select 1")
    assert "longer than `idle_in_transaction_session_timeout` allows" in str(ended.value)


def test_a_lock(postgres_database: Database) -> None:
    with postgres_database.connect() as holder:
        holder.execute("create table predictions as select 1 as a")
        holder.execute("begin")
        holder.execute("lock table predictions in access exclusive mode")
        for act in both_ways("select * from predictions"):
            message = message_of(postgres_database, act, settings={"lock_timeout": "200ms"})
            assert "Somebody else holds a lock on it for longer than `lock_timeout` allows" in message


def test_waiting_for_a_lock_is_told(postgres_database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with postgres_database.connect() as holder:
        holder.execute("create table predictions as select 1 as a")
        holder.execute("begin")
        holder.execute("lock table predictions in access exclusive mode")
        threading.Timer(8, lambda: holder.execute("rollback")).start()
        with connect(project(postgres_database)) as warehouse:
            assert warehouse.query("select a from predictions").to_pylist() == [{"a": 1}]
        said = capsys.readouterr().err
        pid = holder.info.backend_pid
        assert (
            said.count(f"Waiting for a lock that another session holds (PID {pid} of insitu, idle in transaction") == 1
        )
        assert f"`select pg_terminate_backend({pid})` ends it." in said


def test_a_connection_that_is_ended(postgres_database: Database) -> None:
    def end_others() -> None:
        with postgres_database.connect() as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and backend_type = 'client backend'"
            )

    for act in both_ways("select count(*) from generate_series(1, 10000000000)"):
        timer = threading.Timer(1, end_others)
        timer.start()
        message = message_of(postgres_database, act)
        assert re.search(
            "(ended the connection|connection was lost).* what it had not committed is rolled back", message
        )


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_of_the_server(postgres_database: Database) -> None:
    folder = Path("/tmp") / f"insitu_small_{postgres_database.dbname}"
    space = f"small_{postgres_database.dbname}"
    try:
        with small_disk(folder), postgres_database.connect() as connection:
            owner = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
            assert owner
            status = os.stat(f"/proc/{owner[0].split()[0]}")
            os.chown(folder, status.st_uid, status.st_gid)
            connection.execute(f"create tablespace {space} location '{folder}'")
            connection.execute(f"create table predictions (a bigint, b text) tablespace {space}")
            rows = pa.table({"a": pa.array(range(500_000)), "b": ["x" * 100] * 500_000})

            def append(warehouse: Any) -> None:
                with warehouse.appending('"public"."predictions"') as predictions:
                    predictions.append('"public"."predictions"', rows.to_reader())

            message = message_of(postgres_database, append)
            assert "The server's disk is full; what was written last is rolled back." in message
            connection.execute("drop table predictions")
            connection.execute(f"drop tablespace {space}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
