"""A Python model runs in one transaction: all of it is there afterwards, or nothing; its reads see its own writes."""

import threading

import pytest

OLD = """
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select 1 as x, 'old' as state")
"""
# Each fails at another point: in the model, while its rows are generated in the middle of the COPY, at a constraint.
FAILURES = {
    "in the model": """
        def model(dbt, session):
            if dbt:
                raise LookupError("no champion")
            return None
    """,
    "while streaming": """
        import pyarrow as pa

        def rows():
            for i in range(5):
                if i == 3:
                    raise LookupError("no champion")
                yield pa.RecordBatch.from_pydict({"x": list(range(1000)), "state": ["new"] * 1000})

        def model(dbt, session):
            batches = rows()
            first = next(batches)
            return pa.RecordBatchReader.from_batches(first.schema, batches)
    """,
    "by the server": """
        import pyarrow as pa

        def model(dbt, session):
            return pa.table({"x": [1, 2], "state": ["new", "no champion \\0"]})
    """,
}


# dbt runs these outside of the transaction, and ends it before: the model needs one all the same.
HOOKS = "pre_hook: [{sql: vacuum, transaction: false}], post_hook: [{sql: vacuum, transaction: false}]"


@pytest.mark.parametrize("materialized", ["table", "incremental"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_model_changes_nothing(project, failure: str, materialized: str) -> None:
    config = f"models:\n  - name: scores\n    config: {{materialized: {materialized}, {HOOKS}}}\n"
    project.write(scores_py=OLD.replace('"table"', f'"{materialized}"'), after_sql="select * from {{ ref('scores') }}")
    project.build()

    project.write(scores_py=FAILURES[failure], schema_yml=config)
    statuses = project.dbt("build")
    assert statuses["scores"] == "error" and statuses["after"] == "skipped"
    assert "LookupError: no champion" in statuses["error"] or "0x00" in statuses["error"]
    assert project.query("select * from main.scores") == [(1, "old")]
    assert project.relations() == {"scores", "after"}

    project.write(scores_py=OLD.replace('"table"', f'"{materialized}"').replace("'old'", "'new'").replace("1", "2"))
    assert project.dbt("retry") == {"scores": "success", "after": "success", "error": ""}
    assert (2, "new") in project.query("select * from main.scores")
    assert project.relations() == {"scores", "after"}


def test_the_error_shows_the_models_own_line(project) -> None:
    project.write(
        scores_py="""
        def half(x):
            return x / 0

        def model(dbt, session):
            return half(1)
        """
    )
    message = project.failure()
    assert "Python model `scores` failed: ZeroDivisionError" in message
    assert "return x / 0" in message and "line 2" in message
    assert "impl.py" not in message


def test_a_killed_connection_leaves_the_old_table(project) -> None:
    project.write(scores_py=OLD)
    project.build()
    project.write(
        scores_py="""
        import psycopg

        def model(dbt, session):
            [[pid]] = session.execute("select pg_backend_pid()").fetchall()
            with psycopg.connect("DSN") as other:
                other.execute("select pg_terminate_backend(%s)", [pid])
            return session.sql("select 2 as x, 'new' as state")
        """.replace("DSN", project.database.dsn)
    )
    message = project.failure()
    assert "terminating connection due to administrator command" in message or "closed the connection" in message
    assert project.query("select * from main.scores") == [(1, "old")]
    assert project.relations() == {"scores"}
    project.write(scores_py=OLD.replace("'old'", "'new'"))
    assert project.dbt("retry")["scores"] == "success"
    assert project.query("select state from main.scores") == [("new",)]


def test_reads_see_what_a_pre_hook_wrote(project) -> None:
    project.query("create table public.events as select 1 as x")
    project.write(
        scores_py="""
        def model(dbt, session):
            dbt.config(
                materialized="table",
                pre_hook=["insert into public.events values (2)", "create temporary table extra as select 3 as x"],
            )
            # Read by a cursor and written by COPY over the same connection, by turns.
            return session.sql(
                "select x from public.events union all select x from extra union all select generate_series(4, 150000)"
            )
        """
    )
    project.build()
    assert project.query("select count(*), count(distinct x), max(x) from main.scores") == [(150000, 150000, 150000)]


def test_reads_see_what_the_model_itself_wrote_and_it_is_rolled_back_with_it(project) -> None:
    project.query("create table public.log (x int, note text)")
    code = """
        def model(dbt, session):
            before = session.sql("select count(*) from public.log").fetchall()
            written = session.execute("insert into public.log values (?, 'what? 100%')", [7])
            after = session.sql("select * from public.log where note like '%?%'")
            assert (before, written.rowcount, after.fetchall()) == ([(0,)], 1, [(7, "what? 100%")])
            return after
        """
    project.write(scores_py=code.replace("return after", "return after.no_such_method()"))
    project.failure()
    assert project.query("select * from public.log") == []
    project.write(scores_py=code)
    project.build()
    assert project.query("select x from main.scores") == project.query("select x from public.log") == [(7,)]


def test_all_reads_of_a_model_see_one_snapshot(project) -> None:
    project.query("create table public.events as select 1 as x")
    project.write(
        scores_py="""
        import psycopg

        def model(dbt, session):
            count = "select count(*) as n from public.events"
            first = session.sql(count).fetchall()
            with psycopg.connect("DSN") as other:
                other.execute("insert into public.events values (2)")
            assert session.sql(count).fetchall() == first == [(1,)]
            return session.sql(count)
        """.replace("DSN", project.database.dsn)
    )
    project.build()
    assert project.query("select * from main.scores") == [(1,)]


def test_a_model_streams_from_several_relations_at_once_while_it_is_written(project) -> None:
    project.write(
        numbers_sql="select i, i * 0.5::float8 as half from generate_series(1, 250000) as g(i)",
        scores_py="""
        import pyarrow as pa

        def model(dbt, session):
            schema = pa.schema({"i": pa.int32(), "j": pa.int32()})

            def batches():
                left = dbt.ref("numbers").order("i").to_arrow_reader(30_000)
                right = dbt.ref("numbers").project("i").order("i").to_arrow_reader(30_000)
                for a, b in zip(left, right, strict=True):
                    yield pa.RecordBatch.from_arrays([a["i"], b["i"]], schema=schema)

            return pa.RecordBatchReader.from_batches(schema, batches())
        """,
    )
    project.build()
    assert project.query("select count(*), count(*) filter (where i = j), max(i) from main.scores") == [
        (250_000, 250_000, 250_000)
    ]


def test_a_lazy_model_uses_its_transaction_while_it_is_written(project) -> None:
    """The connection that copies a slice is the one that the model's statements and cursors run over."""
    project.query("create table public.log (x int)")
    project.write(
        scores_py="""
        import pyarrow as pa

        def model(dbt, session):
            schema = pa.schema({"x": pa.int32(), "logged": pa.int64()})

            def batches():
                session.execute("insert into public.log values (0)")
                numbers = session.sql("select generate_series(1, 600000) as x").to_arrow_reader(30_000)
                for batch in numbers:
                    session.execute("insert into public.log values (?)", [batch.num_rows])
                    logged = session.sql("select count(*) from public.log").fetchall()[0][0]
                    column = pa.array([logged] * batch.num_rows, pa.int64())
                    yield pa.RecordBatch.from_arrays([batch["x"], column], schema=schema)

            return pa.RecordBatchReader.from_batches(schema, batches())
        """
    )
    project.build()
    assert project.query("select count(distinct x), min(logged), max(logged) from main.scores") == [(600_000, 2, 21)]
    assert project.query("select count(*), sum(x) from public.log") == [(21, 600_000)]


@pytest.mark.parametrize("ending", ["return session.sql('select 1 as x')", "return 1 / 0"])
def test_no_connection_outlives_the_run(project, ending: str) -> None:
    project.write(
        scores_py=f"""
        kept = []  # as the frames of a traceback keep what a failing model was reading

        def model(dbt, session):
            for _ in range(3):
                kept.append(session.sql("select generate_series(1, 3000000) as x").to_arrow_reader(10))
                kept[-1].read_next_batch()
            {ending}
        """
    )
    project.dbt("build")
    assert project.query("select count(*) from pg_stat_activity where datname = current_database()") == [(1,)]
    assert not [thread for thread in threading.enumerate() if thread.name == "insitu-read-ahead"]


def test_autocommit_reads_what_is_committed_by_then(project) -> None:
    project.profile(autocommit=True)
    project.query("create table public.log (x int)")
    project.write(
        scores_py="""
        def model(dbt, session):
            dbt.config(materialized="incremental", unique_key="x", incremental_strategy="delete+insert")
            log = session.sql("select x from public.log")
            assert session.sql("select 1 as x").fetchall() == [(1,)]
            session.execute("insert into public.log values (?)", [7])
            assert log.fetchall()[-1] == (7,)
            session.execute("create temporary table mine as select 8 as x")
            return session.sql("select x from mine union select x from public.log")
        """
    )
    project.build()
    project.build()
    assert project.query("select x from main.scores order by x") == [(7,), (8,)]
