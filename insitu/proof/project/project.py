"""A dbt project: its relations, and the verdict of each declared model."""

from __future__ import annotations

from collections.abc import Iterable

from insitu.proof.project import proving
from insitu.proof.project.nodes import Node
from insitu.proof.project.relations import Relations
from insitu.proof.project.verdicts import ModelResult


class Project(Relations):
    """Resolves the relations of a project, and checks its declared models.

    Args:
        nodes: every relation of the project.
        dialect: duckdb or postgres.
    """

    def __init__(self, nodes: Iterable[Node], dialect: str = "duckdb") -> None:
        super().__init__(nodes, dialect)
        self._results: dict[str, ModelResult] = {}

    def check(self) -> list[ModelResult]:
        """The verdict of every declared model that has SQL, upstream ones first."""
        return [
            self.check_model(n) for n in self.nodes.values() if n.sql is not None and self.declaration(n) is not None
        ]

    def check_model(self, node: Node) -> ModelResult:
        """The verdict of one declared model."""
        if node.name not in self._results:
            declared = self.declaration(node)
            prove = proving.axiom if self.is_boundary(node) else proving.anchored
            self._results[node.name] = prove(self, node, declared)
        return self._results[node.name]
