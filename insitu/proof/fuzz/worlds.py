"""Made-up rows of all relations, several times over: whole, cut at an instant, and stored back to front."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import duckdb
import psycopg
from pydantic import TypeAdapter

from insitu.local_postgres import temporary_server
from insitu.proof.fuzz.relations import KNOWN, RELATIONS
from insitu.proof.project import declarations as d
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun.compare import differences
from insitu.proof.rerun.cuts import cut
from insitu.proof.rerun.synthetic import TYPES, Maker
from insitu.quoting import identifier as quote
from insitu.quoting import literal as text_literal

_TYPES = {**TYPES, "timestamptz": "timestamptz"}
Rows = tuple[list[str], list[tuple[Any, ...]]]
ERRORS = (duckdb.Error, psycopg.Error)


class DuckDB:
    """A database in memory."""

    dialect = "duckdb"
    collations = ("set default_collation = ''", "set default_collation = 'nocase'")
    home = ("set timezone = 'UTC'",)
    # Far east and far west: it is never the same day in both.
    abroad = (("set timezone = 'Pacific/Kiritimati'",), ("set timezone = 'Etc/GMT+12'",))

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def fetch(self, sql: str) -> Rows:
        cursor = self.connection.execute(sql)
        return [c[0].lower() for c in cursor.description or []], cursor.fetchall()

    def use(self, schema: str) -> None:
        self.execute(f"set search_path = '{schema},main'")


class Postgres:
    """A database that orders texts as people do."""

    dialect = "postgres"
    collations = ("",)
    home = ("set timezone = 'UTC'", "set datestyle = 'ISO, MDY'", "reset intervalstyle", "reset extra_float_digits")
    abroad = (
        (
            "set timezone = 'Pacific/Kiritimati'",
            "set datestyle = 'SQL, DMY'",
            "set intervalstyle = 'sql_standard'",
            "set extra_float_digits = -5",
        ),
        ("set timezone = 'Etc/GMT+12'", "set datestyle = 'ISO, MDY'"),
    )

    def __init__(self, dsn: str) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)

    def execute(self, sql: str) -> None:
        if sql:
            self.connection.execute(sql)

    def fetch(self, sql: str) -> Rows:
        cursor = self.connection.execute(sql)
        try:
            rows = cursor.fetchall()
        except NotImplementedError:  # a time with zone in a style that the driver cannot read
            self.execute("set datestyle = 'ISO, DMY'")
            return self.fetch(sql)
        return [c.name.lower() for c in cursor.description or []], rows

    def use(self, schema: str) -> None:
        self.execute(f"set search_path = {schema}, public")


@contextmanager
def engine(dialect: str) -> Iterator[DuckDB | Postgres]:
    """An engine of the dialect, gone afterwards."""
    if dialect == "duckdb":
        yield DuckDB()
        return
    with temporary_server() as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("create database fuzz template template0 locale_provider icu icu_locale 'en'")
        opened = Postgres(replace(server, dbname="fuzz").dsn)
        try:
            yield opened
        finally:
            opened.connection.close()


class World:
    """Rows in a database, and whether a query over them leaks."""

    def __init__(self, datasets: int = 24, seed: int = 0, database: DuckDB | Postgres | None = None) -> None:
        self.database = database or DuckDB()
        for setting in self.database.home:
            self.database.execute(setting)
        self.database.execute("create table instant (moment timestamp)")
        self.project = Project(nodes(), self.database.dialect)
        self.datasets = datasets
        for i in range(datasets):
            self._dataset(i, Maker(seed * 1000 + i, [0.0, 1.0]))

    def _dataset(self, i: int, maker: Maker) -> None:
        for kind in ("whole", "turned", "cut"):
            self.database.execute(f"create schema {kind}_{i}")
        main = "memory.main" if self.database.dialect == "duckdb" else "public"
        for node in self.project.nodes.values():
            columns, declared = self.project.types(node), self.project.declaration(node)
            known = _DECLARATIONS.validate_python(KNOWN[node.name]) if node.name in KNOWN else declared
            types = ", ".join(f"{quote(c)} {_TYPES[str(f)]}" for c, f in columns.items())
            rows = maker.rows(columns, known, 2 + maker.random.randrange(8))
            for kind, ordered in (("whole", rows), ("turned", rows[::-1])):
                table = f"{kind}_{i}.{quote(node.name)}"
                self.database.execute(f"create table {table} ({types})")
                values = ", ".join("(" + ", ".join(_literal(row[c]) for c in columns) + ")" for row in ordered)
                if values:
                    self.database.execute(f"insert into {table} values {values}")
            view = cut(f"whole_{i}.{quote(node.name)}", columns, known, f"(select moment from {main}.instant)")
            self.database.execute(f"create view cut_{i}.{quote(node.name)} as {view}")

    def leak(self, sql: str, rng: random.Random, tries: int = 4, instants: int = 2) -> str | None:
        """A difference made by cutting, by the order of stored rows or by the session; None when none was seen.

        Raises one of ERRORS when the SQL is not valid.
        """
        for n, i in enumerate(rng.sample(range(self.datasets), min(tries, self.datasets))):
            self.database.execute(self.database.collations[i % len(self.database.collations)])
            names, whole = self._run(f"whole_{i}", sql)
            found = differences(names, whole, self._run(f"turned_{i}", sql)[1], ["id", "as_of"])
            if found:
                return f"data set {i}, rows stored back to front: {found[0].column} of {found[0].example}"
            elsewhere = self._elsewhere(i, sql) if n == 0 else None
            if elsewhere:
                return elsewhere
            at_index = names.index("as_of")
            moments = sorted({r[at_index] for r in whole if type(r[at_index]) is datetime})
            for at in rng.sample(moments, min(instants, len(moments))):
                self.database.execute(f"delete from instant; insert into instant values ({_literal(at)})")
                _, known = self._run(f"cut_{i}", sql)
                past = [[r for r in rows if r[at_index] is not None and r[at_index] <= at] for rows in (whole, known)]
                found = differences(names, past[0], past[1], ["id", "as_of"])
                if found:
                    return f"data set {i}, cut at {at}: {found[0].column} of {found[0].example}"
        return None

    def _elsewhere(self, i: int, sql: str) -> str | None:
        """A difference between sessions far away from each other."""
        results = []
        try:
            for settings in self.database.abroad:
                for setting in (*self.database.home, *settings):
                    self.database.execute(setting)
                results.append(self._run(f"whole_{i}", sql))
        except ERRORS as error:
            return f"data set {i}, in another session: {str(error).splitlines()[0]}"
        finally:
            for setting in self.database.home:
                self.database.execute(setting)
        (names, east), (_, west) = results
        found = differences(names, east, west, ["id", "as_of"])
        return f"data set {i}, in two sessions: {found[0].column} of {found[0].example}" if found else None

    def _run(self, schema: str, sql: str) -> Rows:
        self.database.use(schema)
        return self.database.fetch(sql)


_DECLARATIONS: TypeAdapter[Any] = TypeAdapter(d.Declaration)


def nodes() -> list[Node]:
    """The relations as sources of a project."""
    return [Node(n, "source", columns=dict(r["columns"]), meta=r["point_in_time"]) for n, r in RELATIONS.items()]


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return text_literal(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)
