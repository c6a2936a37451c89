"""How much honest SQL the proof accepts: feature columns proved, per file, and why each other one is refused.

Run `python benchmarks/acceptance.py`. The queries in `acceptance_queries` have the shapes that data scientists wrote by
hand for the tasks of RelBench (over its public schemas): windows by difference, conditional aggregates, ASOF joins over
window functions, joins back by a key. Some of them leak or tie, as such queries do, and must stay refused.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.project.verdicts import ModelResult

HERE = Path(__file__).parent / "acceptance_queries"


@dataclass(frozen=True)
class Query:
    """A file of queries, rendered, and its verdict."""

    name: str
    sql: str
    result: ModelResult

    @property
    def proved(self) -> int:
        return sum(c.status == "proved" for c in self.result.columns)


def relations() -> dict[str, dict[str, Any]]:
    """Columns and declaration of each relation, the spines among them."""
    contents = yaml.safe_load((HERE / "relations.yml").read_text())
    spines = {
        name: {"columns": spine["columns"], "point_in_time": {"kind": "spine", "key": spine["key"]}}
        for name, spine in contents["spines"].items()
    }
    return {**spines, **contents["relations"]}


def queries() -> Iterator[Query]:
    """The verdict of each file."""
    nodes = [Node(n, "source", columns=r["columns"], meta=r["point_in_time"]) for n, r in relations().items()]
    for path in sorted(HERE.glob("*.sql")):
        sql = jinja2.Template(path.read_text(), undefined=jinja2.StrictUndefined).render()
        node = Node(path.stem, "model", sql, meta={"kind": "features"})
        yield Query(path.stem, sql, Project([*nodes, node], "duckdb").check_model(node))


def reasons(query: Query) -> dict[str, list[str]]:
    """Rule and reason → the columns it refuses; of each column the first."""
    result: dict[str, list[str]] = {}
    for column in query.result.columns:
        if column.findings:
            finding = column.findings[0]
            result.setdefault(f"{finding.code} line {finding.place.line}: {finding.message}", []).append(column.column)
    return result


def main() -> None:
    """Print the table."""
    found, codes = list(queries()), Counter[str]()
    for query in found:
        print(f"{query.name}: {query.proved} of {len(query.result.columns)} columns proved")
        for reason, columns in reasons(query).items():
            codes[reason[:3]] += len(columns)
            shown = ", ".join(columns[:4]) + (f" and {len(columns) - 4} more" if len(columns) > 4 else "")
            print(f"    {reason}\n        {shown}")
    total = sum(len(query.result.columns) for query in found)
    refused = ", ".join(f"{n} by {code}" for code, n in sorted(codes.items()))
    print(f"{sum(query.proved for query in found)} of {total} columns proved; refused: {refused}.")


if __name__ == "__main__":
    main()
