"""A scratch place in the warehouse for recomputing models: outside of every schema of the user, and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from insitu.errors import ConfigurationError
from insitu.proof.project.nodes import Node
from insitu.quoting import identifier as quote
from insitu.warehouse import Project as DbtProject


class Engine(Protocol):
    """Runs SQL beside the user's relations."""

    def execute(self, sql: str) -> None: ...

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]: ...

    def relation(self, node: Node) -> str:
        """Quoted name under which a relation of the project is read here."""


class DuckDB:
    """An in-memory database to which the user's file is attached read-only: nothing can be written there."""

    dialect = "duckdb"

    def __init__(self, path: str) -> None:
        import duckdb

        self.connection = duckdb.connect(":memory:")
        try:
            self.connection.execute(f"attach '{path.replace(chr(39), chr(39) * 2)}' as user_file (read_only)")
        except duckdb.Error as error:
            self.connection.close()
            raise ConfigurationError(
                f"The warehouse `{path}` cannot be read: {str(error).splitlines()[0]} Build it first, or close the "
                "process that holds it."
            ) from error

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        cursor = self.connection.execute(sql)
        return [c[0] for c in cursor.description or []], cursor.fetchall()

    def relation(self, node: Node) -> str:
        return ".".join(quote(part) for part in ("user_file", *node.relation[1:]))

    def close(self) -> None:
        self.connection.close()


class Postgres:
    """One transaction that is always rolled back: its scratch schema never exists for anyone else."""

    dialect = "postgres"

    def __init__(self, **settings: Any) -> None:
        import psycopg

        try:
            self.connection = psycopg.connect(**settings)
        except psycopg.OperationalError as error:
            raise ConfigurationError(f"PostgreSQL refused the connection: {str(error).strip()}") from error

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        cursor = self.connection.execute(sql)
        return [c.name for c in cursor.description or []], cursor.fetchall()

    def relation(self, node: Node) -> str:
        return ".".join(quote(part) for part in node.relation[1:])

    def close(self) -> None:
        self.connection.rollback()
        self.connection.close()


@contextmanager
def scratch(project: DbtProject) -> Iterator[tuple[Any, str]]:
    """An engine for the project's target, and the name of a scratch schema in it that vanishes afterwards."""
    credentials = project.credentials
    engine: Any
    if credentials.type == "duckdb":
        path = credentials.path
        engine = DuckDB(str(path))
    elif credentials.type in ("postgres", "postgrespy"):
        engine = Postgres(
            host=credentials.host, port=credentials.port, user=credentials.user, password=credentials.password,
            dbname=credentials.database,
        )  # fmt: skip
    else:
        raise ConfigurationError(
            f"No time travel on warehouses of type `{credentials.type}`; there is duckdb, postgrespy."
        )
    schema = "insitu_time_travel_scratch"
    try:
        try:
            engine.execute(f"create schema {schema}")
        except Exception as error:
            raise ConfigurationError(
                f"The scratch schema `{schema}` cannot be created: {str(error).splitlines()[0]} The role needs the "
                "right to create a schema in the database; it is rolled back, never committed."
            ) from error
        yield engine, schema
    finally:
        engine.close()
