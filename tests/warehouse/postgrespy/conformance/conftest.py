"""dbt's own fixtures, pointed at this session's server: one fresh database for the whole conformance suite."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from dbt.tests.fixtures.project import *  # noqa: F403

from insitu.postgrespy.server import Database

GRANTEES = ("DBT_TEST_USER_1", "DBT_TEST_USER_2", "DBT_TEST_USER_3")


@pytest.fixture(scope="session")
def conformance_database(postgres_server: Database) -> Iterator[Database]:
    with postgres_server.fresh_database("conformance") as database, database.connect() as connection:
        for name in GRANTEES:
            role = psycopg.sql.Identifier(name.lower())
            connection.execute(psycopg.sql.SQL("create role {}").format(role))
        yield database
        for name in GRANTEES:
            role = psycopg.sql.Identifier(name.lower())
            connection.execute(psycopg.sql.SQL("drop owned by {0} cascade; drop role {0}").format(role))


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
