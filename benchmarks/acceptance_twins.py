"""Leaking twins of honest SQL: is what the proof accepts of them true on rows, and what leaks refused?

    python benchmarks/acceptance_twins.py

A twin is a query of `acceptance_queries` in which one comparison with the as-of time is left out, or looks a month
further. Query and twins run on made-up rows, whole and cut at an instant: a column that differs must not be called
proved.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from pydantic import TypeAdapter
from sqlglot import exp

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import acceptance
from insitu.proof.domain.types import family
from insitu.proof.project import declarations
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun.compare import differences
from insitu.proof.rerun.cuts import cut
from insitu.proof.rerun.synthetic import Maker
from insitu.quoting import identifier, literal

DATA_SETS, ROWS, CUTS = 8, 14, 3
_COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
Made = dict[str, list[dict[str, Any]]]  # relation → rows
_DECLARATIONS: TypeAdapter[Any] = TypeAdapter(declarations.Declaration)


@dataclass(frozen=True)
class Twin:
    """A query, what was changed in it, the columns that are called proved, and those that leak on the rows tried."""

    name: str
    change: str
    proved: set[str]
    leaking: set[str]

    @property
    def is_missed(self) -> bool:
        return bool(self.proved & self.leaking) or ("(row)" in self.leaking and bool(self.proved))


class Rows:
    """Made-up rows of all relations that the queries read, whole and as they were known at an instant."""

    def __init__(self, texts: list[str]) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.connection.execute("create table instant (moment timestamp)")
        self.relations = acceptance.relations()
        for i in range(DATA_SETS):
            for kind in ("whole", "known"):
                self.connection.execute(f"create schema {kind}_{i}")
            maker = Maker(i, [float(n) for n in range(8)] + sorted(set(texts)))
            made: Made = {}
            for name, relation in self.relations.items():
                self._fill(i, name, relation, maker, made)

    def _fill(self, i: int, name: str, relation: dict[str, Any], maker: Maker, made: Made) -> None:
        types = relation["columns"]
        families = {column: family(type_) for column, type_ in types.items()}
        declared = _DECLARATIONS.validate_python(relation["point_in_time"])
        typed = ", ".join(f"{identifier(column)} {type_}" for column, type_ in types.items())
        self.connection.execute(f"create table whole_{i}.{identifier(name)} ({typed})")
        made[name] = _as_promised(maker.rows(families, declared, ROWS), declared, made)
        for row in made[name]:
            values = ", ".join(_value(row[column], type_) for column, type_ in types.items())
            self.connection.execute(f"insert into whole_{i}.{identifier(name)} values ({values})")
        known = cut(f"whole_{i}.{identifier(name)}", families, declared, "(select moment from memory.main.instant)")
        self.connection.execute(f"create view known_{i}.{identifier(name)} as {known}")

    def leaking(self, sql: str, key: list[str], seed: int) -> set[str]:
        """The columns that differ when the future is cut off; `(row)` where whole rows do."""
        found: set[str] = set()
        for i in range(DATA_SETS):
            names, whole = self._run(f"whole_{i}", sql)
            at = names.index("as_of")
            moments = sorted({row[at] for row in whole if row[at] is not None})
            for moment in random.Random(seed + i).sample(moments, min(CUTS, len(moments))):
                self.connection.execute("delete from instant")
                self.connection.execute("insert into instant values (?)", [moment])
                past = [[r for r in rows if _known(r[at], moment)] for rows in (whole, self._run(f"known_{i}", sql)[1])]
                found |= {one.column for one in differences(names, past[0], past[1], [*key, "as_of"])}
        return found

    def _run(self, schema: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        self.connection.execute(f"set search_path = '{schema},main'")
        cursor = self.connection.execute(sql)
        return [column[0].lower() for column in cursor.description or []], cursor.fetchall()


def _as_promised(rows: list[dict[str, Any]], declared: Any, made: Made) -> list[dict[str, Any]]:
    """Those with the values that other relations determine, one for each key."""
    for rule in declared.determined:
        there = {row[rule.key or rule.by]: row[rule.equals or rule.column] for row in made[rule.as_in]}
        rows = [{**row, rule.column: there[row[rule.by]]} for row in rows if row[rule.by] in there]
    for key in declared.unique:
        rows = list({tuple(row[column] for column in key): row for row in rows}.values())
    return rows


def _known(as_of: datetime | None, moment: datetime) -> bool:
    return as_of is not None and as_of <= moment


def _value(value: Any, type_: str) -> str:
    if value is None:
        return "null"
    if type_.endswith("[]"):
        return f"['a', 'b', '{value}']"
    if isinstance(value, str):
        return literal(value)
    return f"'{value}'" if isinstance(value, datetime) or hasattr(value, "isoformat") else str(value)


def changes(sql: str) -> Iterator[tuple[str, str]]:
    """Each comparison with the as-of time left out, and looking a month further: what was changed, and the query."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    sites = [node for node in tree.find_all(*_COMPARISONS) if _names_as_of(node)]
    for n, node in enumerate(sites):
        shown = node.sql(dialect="duckdb")
        for how in ("without", "a month further"):
            copied = tree.copy()
            site = [node for node in copied.find_all(*_COMPARISONS) if _names_as_of(node)][n]
            if how == "without":
                site.replace(exp.true())
            else:
                for column in list(site.find_all(exp.Column)):
                    if column.name == "as_of":
                        column.replace(sqlglot.parse_one(f"({column.sql()} + interval '30 days')", dialect="duckdb"))
            yield f"{how}: {shown}", copied.sql(dialect="duckdb")


def _names_as_of(node: exp.Expr) -> bool:
    return any(column.name == "as_of" for column in node.find_all(exp.Column))


def twins(names: list[str] | None = None, sample: int | None = None) -> Iterator[Twin]:
    """The queries and their twins; of each query all twins, or so many."""
    found = [query for query in acceptance.queries() if names is None or query.name in names]
    texts = [
        t.name for q in found for t in sqlglot.parse_one(q.sql, dialect="duckdb").find_all(exp.Literal) if t.is_string
    ]
    rows = Rows([text for text in texts if len(text) < 20 and "%" not in text])
    spines = {
        name: r["point_in_time"]["key"] for name, r in rows.relations.items() if r["point_in_time"]["kind"] == "spine"
    }
    nodes = [Node(n, "source", columns=r["columns"], meta=r["point_in_time"]) for n, r in rows.relations.items()]
    for query in found:
        used = {table.name for table in sqlglot.parse_one(query.sql, dialect="duckdb").find_all(exp.Table)}
        key = next(spines[name] for name in spines if name in used)
        tried = list(changes(query.sql))
        if sample is not None:
            tried = random.Random(query.name).sample(tried, min(sample, len(tried)))
        for n, (change, sql) in enumerate([("as it is", query.sql), *tried]):
            node = Node(query.name, "model", sql, meta={"kind": "features"})
            columns = Project([*nodes, node], "duckdb").check_model(node).columns
            proved = {column.column for column in columns if column.status == "proved"}
            try:
                leaking = rows.leaking(sql, key, n)
            except duckdb.Error:
                continue  # without the comparison the engine may not accept it
            yield Twin(query.name, change, proved, leaking)


def main() -> int:
    """Print what was tried, and what is called proved and leaks; exit code 1 if anything does."""
    missed, shown, total = 0, 0, 0
    for twin in twins():
        total += 1
        shown += bool(twin.leaking)
        if twin.is_missed:
            missed += 1
            print(f"{twin.name}, {twin.change}: proved, but leaks: {', '.join(sorted(twin.proved & twin.leaking)[:5])}")
    print(f"{total} queries and twins: {shown} leak on the rows tried, {missed} in a column that is called proved.")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
