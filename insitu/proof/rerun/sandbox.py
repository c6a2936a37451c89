"""A model on made-up rows, in an in-memory DuckDB: with all of them, and with what was known at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from insitu.proof.project import declarations as d
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun.compare import Difference, differences
from insitu.proof.rerun.cuts import cut
from insitu.proof.rerun.programs import Program, named, program, rewrite
from insitu.proof.rerun.synthetic import TYPES
from insitu.proof.sql.parsing import parse
from insitu.quoting import identifier as quote

Tables = dict[str, list[dict[str, Any]]]


class Unable(Exception):
    """The model cannot run here: types are not known, or DuckDB refuses its SQL."""


@dataclass
class Sandbox:
    """Runs one model of a project on made-up rows of the relations it reads."""

    project: Project
    node: Node
    program: Program = field(init=False)
    columns: dict[str, dict[str, str | None]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.program = program(self.project, self.node)
        self._trains = isinstance(self.project.declaration(self.node), d.TrainingSet)  # labels are the future there
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.connection.execute("set timezone = 'UTC'; create schema rows; create schema everything; create schema cut")
        self.connection.execute("create table rows.instant (moment timestamp)")
        self.results: tuple[list[str], list[tuple[Any, ...]]] | None = None  # with all rows
        for base in self.program.bases:
            columns = self.project.types(base)
            declared = self.project.declaration(base)
            if (
                declared is None
                or isinstance(declared, d.Raw)
                or not columns
                or any(f not in TYPES for f in columns.values())
            ):
                raise Unable(f"`{base.name}` cannot be made up: declaration or types are missing")
            self.columns[base.name] = columns
            types = ", ".join(f"{quote(c)} {TYPES[str(f)]}" for c, f in columns.items())
            self._run(f"create table rows.{quote(base.name)} ({types})")
        self._chain("everything", False)
        self._chain("cut", True)

    def close(self) -> None:
        self.connection.close()

    def _run(self, sql: str) -> None:
        try:
            self.connection.execute(sql)
        except duckdb.Error as error:
            raise Unable(str(error).splitlines()[0]) from error

    def _chain(self, schema: str, cutting: bool) -> None:
        """The bases and models as views in a schema."""
        for base in self.program.bases:
            source = f"rows.{quote(base.name)}"
            query = f"select * from {source}"
            declared = self.project.declaration(base)
            if cutting and not (isinstance(declared, d.Labels) and self._trains):
                query = cut(source, self.columns[base.name], declared, "(select moment from rows.instant)")
            self._run(f"create view {schema}.{quote(base.name)} as {query}")
        for step in self.program.steps:
            query = rewrite(self.project, step, lambda n: named(schema, n.name), "duckdb")
            self._run(f"create view {schema}.{quote(step.name)} as {query}")

    def literals(self) -> list[Any]:
        """Numbers and texts in the SQL."""
        found: list[Any] = []
        for step in self.program.steps:
            for node in parse(step.sql or "", self.project.dialect).find_all(exp.Literal):
                found.append(str(node.this) if node.is_string else float(node.this))
        return [x for x in found if not isinstance(x, str) or x.isalpha()]

    def load(self, tables: Tables) -> None:
        self.results = None
        for name, rows in tables.items():
            self._run(f"delete from rows.{quote(name)}")
            columns = list(self.columns[name])
            marks = ", ".join("?" * len(columns))
            for row in rows:
                self.connection.execute(f"insert into rows.{quote(name)} values ({marks})", [row[c] for c in columns])

    def compare(self, at: datetime, key: list[str], as_of: str) -> list[Difference]:
        """Differences in rows with as-of ≤ at, between all rows and what was known at `at`."""
        self.connection.execute("delete from rows.instant")
        self.connection.execute("insert into rows.instant values (?)", [at])
        if self.results is None:
            self.results = self._result("everything")
        names, everything = self.results
        _, known = self._result("cut")
        position = names.index(as_of)

        def past(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
            return [r for r in rows if r[position] is not None and r[position] <= at]

        return differences(names, past(everything), past(known), key)

    def _result(self, schema: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        try:
            cursor = self.connection.execute(f"select * from {schema}.{quote(self.node.name)}")
            # DuckDB keeps the case in which an alias was written; PostgreSQL would have folded it.
            names = {n.lower(): n for n in self.project.types(self.node)}
            columns = [c[0].lower() for c in cursor.description or []]
            return [names.get(c, c) for c in columns], cursor.fetchall()
        except duckdb.Error as error:
            raise Unable(str(error).splitlines()[0]) from error
