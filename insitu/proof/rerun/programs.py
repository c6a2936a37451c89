"""A model as a chain of views over declared relations, so that it can run on other rows than the user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.sql.parsing import parse


@dataclass(slots=True)
class Program:
    """The declared relations a model reads, and the models in between, upstream ones first; the model comes last."""

    bases: list[Node]
    steps: list[Node]


def program(project: Project, node: Node) -> Program:
    """What it takes to compute a model from declared relations."""
    bases: dict[str, Node] = {}
    steps: dict[str, Node] = {}

    def visit(current: Node, top: bool) -> None:
        if current.name in steps or current.name in bases:
            return
        if current.sql is None or (not top and project.is_boundary(current)):
            bases[current.name] = current
            return
        for read in references(project, current):
            visit(read, False)
        steps[current.name] = current

    visit(node, True)
    return Program(list(bases.values()), list(steps.values()))


def references(project: Project, node: Node) -> list[Node]:
    """The relations of the project that a model's SQL reads."""
    found: dict[str, Node] = {}
    for table in _tables(parse(node.sql or "", project.dialect)):
        read = project.find(table)
        if read is not None:
            found[read.name] = read
    return list(found.values())


def _tables(query: exp.Expr) -> list[exp.Table]:
    """Tables that are not names of CTEs."""
    ctes = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    return [
        t
        for t in query.find_all(exp.Table)
        if isinstance(t.this, exp.Identifier) and (t.args.get("db") is not None or t.name.lower() not in ctes)
    ]


def rewrite(project: Project, node: Node, name_of: Callable[[Node], exp.Table], dialect: str | None = None) -> str:
    """The model's SQL, reading other relations in place of the project's.

    Args:
        dialect: to write in; the project's own by default.
    """
    query = parse(node.sql or "", project.dialect)
    for table in _tables(query):
        read = project.find(table)
        if read is None:
            continue
        other = name_of(read)
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        other.set("alias", alias.copy())
        table.replace(other)
    return query.sql(dialect or project.dialect)


def named(schema: str, name: str, catalog: str | None = None) -> exp.Table:
    """A table reference, all parts quoted."""
    parts = {"this": exp.to_identifier(name, quoted=True), "db": exp.to_identifier(schema, quoted=True)}
    if catalog:
        parts["catalog"] = exp.to_identifier(catalog, quoted=True)
    return exp.Table(**parts)
