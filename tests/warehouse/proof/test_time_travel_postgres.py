"""Time travel on a real PostgreSQL server: leaks show, good features do not, nothing is left behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from insitu.errors import ConfigurationError
from insitu.local_postgres import Database
from insitu.proof.project.project import Project
from insitu.proof.rerun import engines
from insitu.proof.rerun.time_travel import Travel, travel
from tests.unit.proof.projects import GOOD, LEAK, RELATIONS
from tests.unit.proof.test_time_travel import nodes, rows

TYPES = {"bigint": "bigint", "timestamp": "timestamp", "double": "double precision"}


@pytest.fixture
def database(postgres_database: Database) -> Database:
    with psycopg.connect(postgres_database.dsn) as connection:
        connection.execute("create schema raw")
        for name, values in rows().items():
            columns = ", ".join(f"{c} {TYPES[t]}" for c, t in RELATIONS[name]["columns"].items())
            connection.execute(f"create table raw.{name} ({columns})")
            with connection.cursor().copy(f"copy raw.{name} from stdin") as copy:
                for row in values:
                    copy.write_row(row)
    return postgres_database


def engine(database: Database) -> engines.Postgres:
    return engines.Postgres(
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        dbname=database.dbname,
    )


def run(database: Database, sql: str) -> Travel:
    project = Project(nodes(sql.replace('"db".', "")), "postgres")
    for node in project.nodes.values():
        project._by_relation[tuple(node.relation)] = node
    opened = engine(database)
    try:
        return travel(project, project.nodes["feat_orders"], opened, "insitu_scratch", 8, band="2 days")
    finally:
        opened.close()


def relations(database: Database) -> list[Any]:
    with psycopg.connect(database.dsn) as connection:
        query = "select table_schema, table_name from information_schema.tables where table_schema not like 'pg_%'"
        return connection.execute(query + " and table_schema <> 'information_schema' order by 1, 2").fetchall()


def test_a_good_feature_passes_and_leaves_nothing(database: Database) -> None:
    before = relations(database)
    result = run(database, GOOD)
    assert result.passed and result.rows > 40
    assert relations(database) == before == [("raw", "orders"), ("raw", "visits")]


def test_a_leak_shows(database: Database) -> None:
    result = run(database, LEAK)
    assert not result.passed
    assert {x.column for _, x in result.leaks} == {"orders"}


def test_a_failure_leaves_nothing(database: Database) -> None:
    before = relations(database)
    with pytest.raises(ConfigurationError, match="`feat_orders` cannot be recomputed"):
        run(database, GOOD.replace("count(o.order_id)", "no_such_function(o.order_id)"))
    assert relations(database) == before


def test_the_scratch_schema_goes_with_a_fault(database: Database) -> None:
    """Whatever happens inside, and whatever was written there."""
    project = SimpleNamespace(credentials=SimpleNamespace(type="postgres", database=database.dbname, **vars(database)))
    before = relations(database)
    with pytest.raises(ZeroDivisionError), engines.scratch(project) as (opened, schema):  # type: ignore[arg-type]
        opened.execute(f"create table {schema}.kept (x integer); insert into {schema}.kept values (1)")
        raise ZeroDivisionError
    assert relations(database) == before
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute("select 1 from pg_namespace where nspname like 'insitu_time_travel%'").fetchall()
    assert found == []


def test_a_role_without_the_right_is_told(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("drop role if exists reads_only; create role reads_only login password 'reads'")
    try:
        who = {**vars(database), "user": "reads_only", "password": "reads"}
        project = SimpleNamespace(credentials=SimpleNamespace(type="postgres", database=database.dbname, **who))
        refused = pytest.raises(ConfigurationError, match="needs the right to create a schema")
        with refused, engines.scratch(project):  # type: ignore[arg-type]
            pass
    finally:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute("drop role reads_only")
