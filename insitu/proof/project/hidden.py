"""What runs with a model that its compiled SQL does not show."""

from __future__ import annotations

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import Place
from insitu.proof.project import hooks
from insitu.proof.project.nodes import Node


def check(node: Node) -> Refusal | None:
    """Why a model's compiled SQL does not tell what its rows depend on; None when it does."""
    if node.templates is None:
        return None
    reading = node.templates.read(node.raw, node.package)
    if reading.problem is not None:
        problem = reading.problem
        return Refusal(problem.why, code=problem.code, place=Place(node.name, -problem.line))
    if node.config.get("sql_header"):
        return Refusal("its sql_header runs before the query, and is not read", place=Place(node.name))
    for hook in node.hooks:
        why = hooks.writes(hook, node.templates, node.package)
        if why is not None:
            return Refusal(
                f"a hook changes rows, or may: {why}; write the change into the query", place=Place(node.name)
            )
    return None
