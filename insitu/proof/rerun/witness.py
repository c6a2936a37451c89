"""Witnesses: the smallest rows that show a leak, as SQL that anyone can run."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from sqlglot import exp

from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.project.verdicts import ModelResult
from insitu.proof.rerun.compare import Difference
from insitu.proof.rerun.programs import rewrite
from insitu.proof.rerun.sandbox import Sandbox, Tables, Unable
from insitu.proof.rerun.synthetic import TYPES, Maker
from insitu.proof.sql.parsing import NotOneQuery
from insitu.quoting import identifier as quote
from insitu.quoting import literal

ATTEMPTS = 60
_SHOWABLE = {"001", "002", "003", "004", "005", "006"}


def attach(project: Project, results: list[ModelResult]) -> None:
    """Search a witness for each column that could not be proved; those found become refuted."""
    for result in results:
        if result.kind not in ("spine", "features", "training_set"):
            continue
        open_columns = [c for c in result.columns if c.findings and any(f.code in _SHOWABLE for f in c.findings)]
        # A leak is shown in the model where it arises.
        own = [c for c in open_columns if any(f.place.model == result.name for f in c.findings)]
        if own:
            found = search(project, result.name, {c.column for c in own})
            for column in own:
                if column.column in found:
                    column.status, column.witness = "refuted", found[column.column]


def search(project: Project, model: str, columns: set[str], attempts: int = ATTEMPTS) -> dict[str, str]:
    """Column → SQL that shows its leak, for as many of the columns as made-up rows could show."""
    node = project.nodes[model]
    declared = project.declaration(node)
    as_of, key = declared.as_of, [*getattr(declared, "key", []), declared.as_of]
    try:
        sandbox = Sandbox(project, node)
    except (Unable, NotOneQuery):
        return {}
    result: dict[str, str] = {}
    try:
        literals = sandbox.literals()
        for attempt in range(attempts):
            missing = columns - set(result)
            if not missing:
                break
            tables = _tables(sandbox, Maker(attempt, literals), 1 + attempt // 12)
            for column, at in _leaks(sandbox, tables, key, as_of, missing, attempt).items():
                small = shrink(sandbox, tables, column, at, key, as_of)
                result[column] = _sql(sandbox, small, column, at, key, as_of)
    except Unable:
        pass
    finally:
        sandbox.close()
    return result


def _tables(sandbox: Sandbox, maker: Maker, size: int) -> Tables:
    return {
        base.name: maker.rows(
            sandbox.columns[base.name], sandbox.project.declaration(base), size + maker.random.randrange(3)
        )
        for base in sandbox.program.bases
    }


def _leaks(
    sandbox: Sandbox, tables: Tables, key: list[str], as_of: str, wanted: set[str], seed: int
) -> dict[str, datetime]:
    sandbox.load(tables)
    sandbox.compare(datetime(1970, 1, 1), key, as_of)
    assert sandbox.results is not None
    names, rows = sandbox.results
    moments = sorted({r[names.index(as_of)] for r in rows if isinstance(r[names.index(as_of)], datetime)})
    random.Random(seed).shuffle(moments)
    found: dict[str, datetime] = {}
    for at in moments[:3]:
        for difference in sandbox.compare(at, key, as_of):
            for column in wanted if difference.column == "(row)" else {difference.column} & wanted:
                found.setdefault(column, at)
    return found


def shrink(sandbox: Sandbox, tables: Tables, column: str, at: datetime, key: list[str], as_of: str) -> Tables:
    """Drop rows as long as the leak remains."""
    current = tables
    changed = True
    while changed:
        changed = False
        for name in list(current):
            for i in range(len(current[name]) - 1, -1, -1):
                fewer = {**current, name: current[name][:i] + current[name][i + 1 :]}
                sandbox.load(fewer)
                if _shows(sandbox.compare(at, key, as_of), column):
                    current, changed = fewer, True
    sandbox.load(current)
    return current


def _shows(found: list[Difference], column: str) -> bool:
    return any(f.column in (column, "(row)") for f in found)


def _sql(sandbox: Sandbox, tables: Tables, column: str, at: datetime, key: list[str], as_of: str) -> str:
    shown = [f for f in sandbox.compare(at, key, as_of) if f.column in (column, "(row)")]
    example = shown[0].example if shown else "the result changes from run to run"
    out = [f"-- Witness: cut at {at}, {column} of {', '.join(key)} = {example}."]
    for base in sandbox.program.bases:
        columns, rows = sandbox.columns[base.name], tables[base.name]
        types = ", ".join(f"{quote(c)} {TYPES[str(f)]}" for c, f in columns.items())
        out.append(f"create table {quote(_short(base))} ({types});")
        if rows:
            values = ",\n  ".join("(" + ", ".join(_literal(r[c]) for c in columns) + ")" for r in rows)
            out.append(f"insert into {quote(_short(base))} values\n  {values};")
    for step in sandbox.program.steps:
        query = rewrite(
            sandbox.project, step, lambda n: exp.Table(this=exp.to_identifier(_short(n), quoted=True)), "duckdb"
        )
        out.append(f"create view {quote(_short(step))} as {query};")
    return "\n".join(out)


def _short(node: Node) -> str:
    return node.relation[-1] if node.relation else node.name


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return literal(str(value))
