"""A fuzzer: random feature queries, the static verdict of each against what really happens on made-up rows.

A query that is called proved and yet changes when the future is cut off, or when the same rows are stored in another
order, is a bug of the checker.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from insitu.proof.fuzz.grammar import query
from insitu.proof.fuzz.relations import RELATIONS
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun.compare import differences
from insitu.proof.rerun.cuts import cut
from insitu.proof.rerun.synthetic import TYPES, Maker
from insitu.quoting import identifier as quote


@dataclass(slots=True)
class Report:
    """What a run found."""

    verdicts: Counter[str] = field(default_factory=Counter)
    leaks: list[tuple[str, str]] = field(default_factory=list)  # SQL, difference
    shown: int = 0  # refused queries that did leak on the rows tried
    broken: int = 0  # queries that DuckDB refuses

    def __str__(self) -> str:
        total = sum(self.verdicts.values())
        lines = [
            f"{total} queries: {self.verdicts['proved']} proved, {self.verdicts['refused']} refused "
            f"({self.shown} of the refused leaked on the rows tried), {self.broken} not valid SQL, "
            f"{len(self.leaks)} proved that leak."
        ]
        lines += [f"--- proved, but {why}\n{sql}" for sql, why in self.leaks[:5]]
        return "\n".join(lines)


class World:
    """Made-up rows of all relations, several times over: whole, cut at an instant, and stored back to front."""

    def __init__(self, datasets: int = 24, seed: int = 0) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.connection.execute("set timezone = 'UTC'; create table instant (moment timestamp)")
        self.project = Project(_nodes(), "duckdb")
        self.datasets = datasets
        for i in range(datasets):
            self._dataset(i, Maker(seed * 1000 + i, [0.0, 1.0]))

    def _dataset(self, i: int, maker: Maker) -> None:
        self.connection.execute(f"create schema whole_{i}; create schema cut_{i}; create schema turned_{i}")
        for node in self.project.nodes.values():
            columns, declared = self.project.types(node), self.project.declaration(node)
            types = ", ".join(f"{quote(c)} {TYPES[str(f)]}" for c, f in columns.items())
            table = f"whole_{i}.{quote(node.name)}"
            rows = maker.rows(columns, declared, 2 + maker.random.randrange(8))
            marks = ", ".join("?" * len(columns))
            for name, ordered in ((table, rows), (f"turned_{i}.{quote(node.name)}", rows[::-1])):
                self.connection.execute(f"create table {name} ({types})")
                for row in ordered:
                    self.connection.execute(f"insert into {name} values ({marks})", [row[c] for c in columns])
            view = cut(table, columns, declared, "(select moment from memory.main.instant)")
            self.connection.execute(f"create view cut_{i}.{quote(node.name)} as {view}")

    def leak(self, sql: str, rng: random.Random, tries: int = 4, instants: int = 2) -> str | None:
        """A difference that cutting makes, or the order in which rows are stored; None when none was seen.

        Raises duckdb.Error when the SQL is not valid.
        """
        for i in rng.sample(range(self.datasets), min(tries, self.datasets)):
            names, whole = self._run(f"whole_{i}", sql)
            found = differences(names, whole, self._run(f"turned_{i}", sql)[1], ["id", "as_of"])
            if found:
                return f"data set {i}, rows stored back to front: {found[0].column} of {found[0].example}"
            at_index = names.index("as_of")
            moments = sorted({r[at_index] for r in whole if isinstance(r[at_index], datetime)})
            for at in rng.sample(moments, min(instants, len(moments))):
                self.connection.execute("delete from main.instant")
                self.connection.execute("insert into main.instant values (?)", [at])
                _, known = self._run(f"cut_{i}", sql)
                past = [[r for r in rows if r[at_index] is not None and r[at_index] <= at] for rows in (whole, known)]
                found = differences(names, past[0], past[1], ["id", "as_of"])
                if found:
                    return f"data set {i}, cut at {at}: {found[0].column} of {found[0].example}"
        return None

    def _run(self, schema: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        self.connection.execute(f"set search_path = '{schema},main'")
        cursor = self.connection.execute(sql)
        return [c[0].lower() for c in cursor.description or []], cursor.fetchall()


def _nodes() -> list[Node]:
    return [Node(n, "source", columns=dict(r["columns"]), meta=r["point_in_time"]) for n, r in RELATIONS.items()]


def verdict(sql: str) -> bool:
    """Does the checker call the query proved?"""
    node = Node("model", "model", sql, meta={"kind": "features"})
    return Project([*_nodes(), node], "duckdb").check_model(node).ok


def run(queries: int, seed: int = 0, tries: int = 4, progress: bool = False) -> Report:
    """Generate and compare. The same seed gives the same queries and rows."""
    world, report = World(seed=seed), Report()
    for n in range(queries):
        rng = random.Random(f"{seed}/{n}")
        sql = query(rng)
        proved = verdict(sql)
        try:
            leak = world.leak(sql, rng, tries if proved else 1)
        except duckdb.Error:
            report.broken += 1
            continue
        report.verdicts["proved" if proved else "refused"] += 1
        if proved and leak:
            report.leaks.append((sql, leak))
        elif leak:
            report.shown += 1
        if progress and n % 500 == 499:
            print(f"… {n + 1}: {report.verdicts['proved']} proved, {len(report.leaks)} leak", file=sys.stderr)
    return report
