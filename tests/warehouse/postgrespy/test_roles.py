"""The least-privilege roles: each can do its work, and what it may not do is tried and refused."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import psycopg
import pytest

from insitu.local_postgres import Database

SCRIPT = (files("insitu.postgrespy") / "roles.sql").read_text()
ROLES = ("builder", "scorer", "analyst")
BUILD = """
    create schema if not exists staging;
    create schema if not exists training;
    create schema if not exists predictions;
    create schema if not exists evaluation;
    create schema if not exists monitoring;
    create table staging.people as select 1 as id;
    create table training.delay__models as select 'v1' as model_version, '\\x00'::bytea as artifact;
    create view training.delay__scoring_set as select id from staging.people;
    create table predictions.delay__predictions as select 1 as id, 0.5 as score;
    create table predictions.delay__predictions_latest as select * from predictions.delay__predictions;
    create table evaluation.delay__heldout_predictions as select 1 as id, 0.5 as score;
    create table monitoring.alerts as select 'drift' as alert;
"""
ALLOWED = {
    "builder": [
        "create schema own",
        "create table own.t as select * from staging.people",
        "create temporary table t as select 1",
        "alter table predictions.delay__predictions_latest rename to swapped",
    ],
    "scorer": [
        "select * from training.delay__scoring_set",
        "select artifact from training.delay__models",
        "select max(id) from predictions.delay__predictions",
        "insert into predictions.delay__predictions values (2, 0.1)",
    ],
    "analyst": [
        "select * from predictions.delay__predictions_latest",
        "select * from evaluation.delay__heldout_predictions",
        "select * from monitoring.alerts",
    ],
}
REFUSED = {
    "builder": [
        "create role another",
        "copy (select 1) to '/tmp/file'",
        "select * from other.t",
    ],
    "scorer": [
        "update predictions.delay__predictions set score = 1",
        "delete from predictions.delay__predictions",
        "truncate predictions.delay__predictions",
        "drop table predictions.delay__predictions",
        "insert into predictions.delay__predictions_latest values (3, 0.1)",
        "insert into evaluation.delay__heldout_predictions values (3, 0.1)",
        "insert into training.delay__models values ('v2', '')",
        "select * from staging.people",
        "select * from monitoring.alerts",
        "create table predictions.t (x int)",
        "create table public.t (x int)",
        "create temporary table t (x int)",
        "create schema own",
        "set role insitu_builder",
    ],
    "analyst": [
        "select * from staging.people",
        "select * from training.delay__models",
        "select * from training.delay__scoring_set",
        "insert into predictions.delay__predictions values (2, 0.1)",
        "update predictions.delay__predictions_latest set score = 1",
        "delete from monitoring.alerts",
        "create table monitoring.t (x int)",
        "create temporary table t (x int)",
        "create schema own",
        "set role insitu_scorer",
        "set role insitu_builder",
    ],
}


@pytest.fixture(scope="module")
def database(postgres_server: Database) -> Iterator[Database]:
    with postgres_server.fresh_database() as database, database.connect() as admin:
        admin.execute("create schema other; create table other.t (x int)")
        admin.execute(SCRIPT)
        for name in ROLES:
            admin.execute(f"create role test_{name} login password 'insitu' in role insitu_{name}")
        with builder(database) as connection:
            connection.execute(BUILD)
        admin.execute(SCRIPT)
        yield database
    with postgres_server.connect() as admin:
        for name in ROLES:
            admin.execute(f"drop role test_{name}, insitu_{name}")


def builder(database: Database) -> psycopg.Connection:
    connection = replace(database, user="test_builder").connect()
    connection.execute("set role insitu_builder")  # as the profile's `role:` does: the group owns what it builds
    return connection


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_do_its_work_and_no_more(database: Database, role: str) -> None:
    with builder(database) if role == "builder" else replace(database, user=f"test_{role}").connect() as connection:
        for statement in ALLOWED[role]:
            with connection.transaction(force_rollback=True):
                connection.execute("create schema if not exists own" if "own.t" in statement else "select 1")
                connection.execute(statement)
        for statement in REFUSED[role]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction(force_rollback=True):
                connection.execute(statement)
                pytest.fail(f"{role} was allowed to: {statement}")


@pytest.mark.parametrize("who", ["insitu_builder", "a member of it", "a superuser"])
def test_a_rebuild_locks_nobody_out(database: Database, who: str) -> None:
    """Whichever role a profile names: tables and views that it makes are read by who read those before."""
    with database.connect() as connection:
        connection.execute(
            "drop table predictions.delay__predictions_latest; drop view training.delay__scoring_set;"
            "drop table evaluation.delay__heldout_predictions"
        )
    member = replace(database, user="test_builder").connect
    connect = {"insitu_builder": lambda: builder(database), "a member of it": member, "a superuser": database.connect}
    with connect[who]() as connection:
        connection.execute("create table predictions.delay__predictions_latest as select 7 as id, 0.7 as score")
        connection.execute("create table evaluation.delay__heldout_predictions as select 8 as id, 0.7 as score")
        connection.execute("create view training.delay__scoring_set as select 1 as id")
    with replace(database, user="test_analyst").connect() as connection:
        assert connection.execute("select id from predictions.delay__predictions_latest").fetchall() == [(7,)]
        assert connection.execute("select id from evaluation.delay__heldout_predictions").fetchall() == [(8,)]
    with replace(database, user="test_scorer").connect() as connection:
        assert connection.execute("select id from training.delay__scoring_set").fetchall() == [(1,)]


def test_a_stranger_cannot_even_connect(database: Database) -> None:
    with database.connect() as admin:
        admin.execute("create role stranger login password 'insitu'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                replace(database, user="stranger").connect()
        finally:
            admin.execute("drop role stranger")
