"""What goes wrong outside the model: one clear error, nothing lost, and the next run recovers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from insitu.local_postgres import cluster, temporary

STREAM = """
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select 1 as x, 'old' as state")
"""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"port": 1}, "refused"),
        ({"password": "wrong"}, "password authentication failed"),
        ({"dbname": "absent"}, 'database "absent" does not exist'),
        ({"sslmode": "require"}, "does not support SSL"),
        ({"role": "absent"}, 'role "absent" does not exist'),
    ],
)
def test_no_connection(project, change: dict[str, object], complaint: str) -> None:
    project.write(scores_py=STREAM)
    project.profile(**change, retries=0)
    message = project.failure()
    assert complaint in message
    assert change.keys() == {"role"} or "these in the profile" in message


def test_waiting_for_a_lock_is_told(project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(scores_sql="{{ config(materialized='table') }} select 1 as x")
    project.build()
    with project.database.connect() as holder:
        holder.execute("begin")
        holder.execute("select * from main.scores")
        threading.Timer(15, lambda: holder.execute("rollback")).start()
        project.build()
        assert (
            f"Waiting for a lock that another session holds (PID {holder.info.backend_pid}" in capsys.readouterr().out
        )


def test_tls(project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both connections of a Python model, the transaction's and the reader's, check the server's certificate."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("needs the openssl program to make a certificate")
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = [
        openssl,
        "req",
        "-new",
        "-x509",
        "-days",
        "2",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
    subprocess.run([*new, *name, *files], check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as directory:
        account = cluster.unprivileged()
        for file in ("key", "certificate"):
            shutil.copy(tmp_path / file, directory)
        for path in (directory, f"{directory}/key", f"{directory}/certificate"):
            os.chmod(path, 0o700)
            if account.uid is not None:
                os.chown(path, account.uid, account.gid or -1)
        tls = {"ssl": "on", "ssl_cert_file": f"{directory}/certificate", "ssl_key_file": f"{directory}/key"}
        monkeypatch.setattr(temporary, "THROW_AWAY", {**temporary.THROW_AWAY, **tls})
        with temporary.temporary_server() as secure:
            project.database = secure
            project.write(
                scores_py="""
                def model(dbt, session):
                    own = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
                    assert session.execute(own).fetchall() == session.sql(own).fetchall() == [(True,)]
                    return session.sql(own)
                """
            )
            project.profile(sslmode="verify-full", sslrootcert=str(tmp_path / "certificate"))
            project.build()
            project.profile(sslmode="verify-full", sslrootcert=str(tmp_path / "key"), retries=0)
            assert "certificate" in project.failure()


def test_a_full_disk(project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose files may not grow beyond 20 MB fails to extend a table just as on a full disk."""
    resource = pytest.importorskip("resource", reason="limits on a process are Unix's")
    monkeypatch.setattr(
        cluster, "_stop_with_parent", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**20,) * 2)
    )
    with temporary.temporary_server() as small:
        project.database = small
        project.profile()
        project.write(scores_py=STREAM)
        project.build()
        project.write(
            scores_py="""
            def model(dbt, session):
                return session.sql("select x, repeat('new', 100) as state from generate_series(1, 100000) as g(x)")
            """
        )
        message = project.failure()
        assert "could not extend file" in message and "scores" in message
        assert project.query("select * from main.scores") == [(1, "old")]
        assert project.relations() == {"scores"}


# What a model returns, and what its error says.
REFUSED = {
    "None": "Python model `m0` returned nothing (None); it must return a pyarrow Table",
    "[1, 2]": "Python model `m1` returned a builtins.list",
    "pd.DataFrame({'x': [object()]})": "Python model `m2` failed: ArrowInvalid",
    "pd.DataFrame({'x': [1, 'a']})": "column x",
    "pd.DataFrame([[1, 2]], columns=['x', 'x'])": "returned the column 'x' more than once",
    "pa.table({})": "returned no columns",
    "pa.table({'x': pa.array([{'a': float('nan')}])})": "column `x` (struct<a: double>) holds a value with no SQL form",
    "pa.table({'x': UNION})": "column `x` has the Arrow type sparse_union",
    "pa.table({'x': ['2013-02-30']})": "date/time field value out of range",
    "session.sql('select 1 as x; select 2')": "syntax error",
    "session.sql('select absent')": 'column "absent" does not exist',
    "session.sql('insert into t values (1) returning 1')": "session.execute() takes any statement",
    "session.sql('select nextval(\\'main.s\\') as x')": "session.execute() takes any statement",
    "session.execute('select absent')": 'column "absent" does not exist',
}
HEADER = """
import pandas as pd
import pyarrow as pa

UNION = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])

def model(dbt, session):
    return """


def test_what_a_model_may_not_return(project) -> None:
    project.query("create schema main; create table main.t (x int); create sequence main.s")
    project.write(**{f"m{i}_py": f"{HEADER}{returned}\n" for i, returned in enumerate(REFUSED)})
    schema = "models:\n" + "".join(
        f"  - {{name: m{i}, config: {{materialized: table}}}}\n" for i in range(len(REFUSED))
    )
    dated = list(REFUSED).index("pa.table({'x': ['2013-02-30']})")
    columns = "columns: [{name: x, data_type: date}]"
    project.write(schema_yml=schema.replace(f"name: m{dated},", f"name: m{dated}, {columns},"))
    project.failure()
    for i, (returned, complaint) in enumerate(REFUSED.items()):
        assert complaint in project.messages[f"m{i}"], returned
    assert project.relations() == {"t"}


SLEEPING = "COPY%pg_sleep%"
SLOW = """
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select x, pg_sleep(0.01) is null as state from generate_series(1, 100000) as g(x)")
"""


def start_and_wait(project, query: str) -> subprocess.Popen[bytes]:
    """Run `dbt build` in a process of its own until a query like this one is under way."""
    where = ["--project-dir", str(project.directory), "--profiles-dir", str(project.directory)]
    command = [str(Path(sys.executable).with_name("dbt")), "build", *where]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    deadline = time.monotonic() + 60
    while not backends(project, query):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    return process


def backends(project, query: str) -> list[int]:
    """The server processes that run a query like this one."""
    return [pid for (pid,) in project.query(f"select pid from pg_stat_activity where query like '{query}'")]


def interrupt(project, query: str) -> None:
    """Ctrl-C while a query like this one runs: dbt stops, its connection ends, the old table stays."""
    process = start_and_wait(project, query)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2, output.decode()
    assert project.query("select count(*) from pg_stat_activity where datname = current_database()") == [(1,)]
    assert project.query("select * from main.scores") == [(1, "old")]
    assert project.relations() == {"scores"}


def test_interrupt(project) -> None:
    project.write(scores_py=STREAM)
    project.build()
    project.write(scores_py=SLOW)
    interrupt(project, SLEEPING)


def test_a_read_cancelled_by_the_administrator(project) -> None:
    project.write(scores_py=STREAM)
    project.build()
    project.write(scores_py=SLOW)
    process = start_and_wait(project, SLEEPING)
    for pid in backends(project, SLEEPING):
        project.query(f"select pg_cancel_backend({pid})")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "canceling statement due to user request" in output.decode()
    assert project.query("select * from main.scores") == [(1, "old")]
    assert project.relations() == {"scores"}


# Once the rows are being copied, the server stops the copying; a COPY that is over by then is followed by another one.
STOPPED = """
    import psycopg
    import pyarrow as pa

    def model(dbt, session):
        dbt.config(materialized="table")
        [[pid]] = session.execute("select pg_backend_pid()").fetchall()
        stop = "select STOP(pid) from pg_stat_activity where pid = %s and state = 'active' and query like 'copy%%'"

        def batches():
            with psycopg.connect("DSN", autocommit=True) as other:
                for _ in range(100):
                    yield pa.RecordBatch.from_pydict({"x": list(range(60_000)), "state": ["new" * 60] * 60_000})
                    other.execute(stop, [pid])

        schema = pa.schema({"x": pa.int64(), "state": pa.string()})
        return pa.RecordBatchReader.from_batches(schema, batches())
"""


@pytest.mark.parametrize(
    ("stop", "complaint"),
    [
        ("pg_cancel_backend", "canceling statement due to user request"),
        ("pg_terminate_backend", "The connection was lost while rows"),
    ],
)
def test_a_write_stopped_by_the_administrator(project, stop: str, complaint: str) -> None:
    project.write(scores_py=STREAM, after_sql="select * from {{ ref('scores') }}")
    project.build()
    project.write(scores_py=STOPPED.replace("STOP", stop).replace("DSN", project.database.dsn))
    assert complaint in project.failure()
    assert project.query("select * from main.scores") == [(1, "old")]
    assert project.relations() == {"scores", "after"}
    project.write(scores_py=STREAM.replace("old", "new"))
    assert project.dbt("retry") == {"scores": "success", "after": "success", "error": ""}
    assert project.query("select state from main.scores") == [("new",)]


READING = """
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select count(*) as n from generate_series(1, 10000000000)")
"""
QUERYING = "{{ config(materialized='table') }} select count(*) as n from generate_series(1, 10000000000)"


@pytest.mark.parametrize("language", ["py", "sql"])
def test_a_read_stopped_by_the_administrator_is_one_message(project, language: str) -> None:
    project.write(**{f"scores_{language}": READING if language == "py" else QUERYING})
    stop = (
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() "
        "and datname = current_database() and query like '%generate_series%'"
    )

    def stop_it() -> None:
        for _ in range(600):
            if project.query(stop):
                return
            time.sleep(0.1)

    threading.Thread(target=stop_it).start()
    message = project.failure()
    assert "Traceback" not in message
    assert "what it had not committed is rolled back" in message


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({"statement_timeout": "1s"}, "Raise the limit under `settings`"),
        ({"lock_timeout": "1s"}, "Somebody else holds a lock"),
    ],
)
def test_a_time_out_says_what_to_change(project, settings: dict[str, str], step: str) -> None:
    project.query("create table held as select 1 as n")
    project.profile(settings=settings)
    project.write(scores_sql="{{ config(materialized='table') }} select n from public.held")
    with project.database.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table held in access exclusive mode")
        assert step in project.failure()


def test_interrupt_of_a_write(project) -> None:
    project.write(scores_py=STREAM)
    project.build()
    project.write(
        scores_py="""
        import pyarrow as pa

        def model(dbt, session):
            batch = pa.RecordBatch.from_pydict({"x": list(range(60_000)), "state": ["new"] * 60_000})
            return pa.RecordBatchReader.from_batches(batch.schema, (batch for _ in range(100_000)))
        """
    )
    interrupt(project, "copy%")
