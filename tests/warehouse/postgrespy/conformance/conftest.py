"""dbt's own fixtures, pointed at this session's server: one database for the whole conformance suite."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from dbt.tests.fixtures.project import *  # noqa: F403

from insitu.local_postgres import Database

GRANTEES = ("DBT_TEST_USER_1", "DBT_TEST_USER_2", "DBT_TEST_USER_3")


@pytest.fixture(scope="session")
def conformance_database(postgres_server: Database) -> Iterator[Database]:
    """The hooks suite insists on the user `root` and the database `dbt`."""
    with postgres_server.connect() as connection:
        connection.execute("create role root superuser login password 'insitu'")
        for name in GRANTEES:
            connection.execute(f"create role {name}")
        connection.execute("create database dbt owner root template template0")
    yield replace(postgres_server, user="root", password="insitu", dbname="dbt")
    with postgres_server.connect() as connection:
        connection.execute("drop database dbt with (force)")
        connection.execute(f"drop role {', '.join(['root', *GRANTEES])}")


@pytest.fixture(scope="class")
def dbt_profile_target(conformance_database: Database) -> dict[str, Any]:
    return {
        "type": "postgrespy",
        "threads": 4,
        "host": conformance_database.host,
        "port": conformance_database.port,
        "user": conformance_database.user,
        "pass": conformance_database.password,
        "dbname": conformance_database.dbname,
    }


@pytest.fixture(scope="session", autouse=True)
def grantees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in GRANTEES:
            environment.setenv(name, name.lower())
        yield
