"""A fuzzer: random feature queries, the static verdict of each against what really happens on made-up rows.

A query that is called proved and yet changes when the future is cut off, when the same rows are stored in another order
or when the session has another time zone or settings, is a bug of the checker.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field

from insitu.proof.fuzz.case import Case
from insitu.proof.fuzz.grammar import case
from insitu.proof.fuzz.worlds import ERRORS, World, engine, nodes
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project


@dataclass(slots=True)
class Report:
    """What a run found."""

    verdicts: Counter[str] = field(default_factory=Counter)
    leaks: list[tuple[str, str]] = field(default_factory=list)  # SQL, difference
    shown: int = 0  # refused queries that did leak on the rows tried
    broken: int = 0  # queries that the warehouse refuses

    def __str__(self) -> str:
        total = sum(self.verdicts.values())
        lines = [
            f"{total} queries: {self.verdicts['proved']} proved, {self.verdicts['refused']} refused "
            f"({self.shown} of the refused leaked on the rows tried), {self.broken} not valid SQL, "
            f"{len(self.leaks)} proved that leak."
        ]
        lines += [f"--- proved, but {why}\n{sql}" for sql, why in self.leaks[:5]]
        return "\n".join(lines)


def verdict(case: Case | str, dialect: str = "duckdb") -> bool:
    """Does the checker call the query, and all models that it reads, proved?"""
    case = Case(case) if isinstance(case, str) else case
    models = [Node(name, "model", m.sql, meta=dict(m.declaration)) for name, m in case.models.items()]
    models.append(Node("model", "model", case.sql, meta={"kind": "features"}))
    project = Project([*nodes(), *models], dialect)
    return all(project.check_model(node).ok for node in models)


def run(queries: int, seed: int = 0, tries: int = 4, progress: bool = False, dialect: str = "duckdb") -> Report:
    """Generate and compare until so many queries were valid SQL. The same seed gives the same queries and rows."""
    report = Report()
    with engine(dialect) as database:
        world = World(seed=seed, database=database)
        n = 0
        while sum(report.verdicts.values()) < queries:
            rng = random.Random(f"{seed}/{n}")
            n += 1
            tried = case(rng, dialect)
            proved = verdict(tried, dialect)
            try:
                leak = world.leak(tried.text, rng, tries if proved else 1)
            except ERRORS:
                report.broken += 1
                continue
            report.verdicts["proved" if proved else "refused"] += 1
            if proved and leak:
                report.leaks.append((tried.text, leak))
                if progress:
                    print(f"--- proved, but {leak}\n{tried.text}", file=sys.stderr)
            elif leak:
                report.shown += 1
            if progress and sum(report.verdicts.values()) % 500 == 0:
                done = sum(report.verdicts.values())
                print(f"… {done}: {report.verdicts['proved']} proved, {len(report.leaks)} leak", file=sys.stderr)
    return report
