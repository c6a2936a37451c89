"""Lineage of a feature: the source columns that its value and its row depend on, and what breaks when one changes."""

from __future__ import annotations

from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.proof.domain import Read
from insitu.proof.project import Project


@dataclass(frozen=True, slots=True)
class Lineage:
    """Relations and columns read, by kind of dependence."""

    model: str
    column: str
    value: frozenset[Read]
    row: frozenset[Read]


def of_feature(project: Project, feature: str) -> list[Lineage]:
    """The lineage of a feature, in every declared model that has it.

    Args:
        feature: a column, or model.column.

    Raises:
        ConfigurationError: no declared model has such a column.
    """
    model, _, column = feature.rpartition(".")
    found, known = [], set()
    for node in project.nodes.values():
        declared = project.declaration(node)
        if node.sql is None or declared is None or declared.kind not in ("spine", "features", "training_set"):
            continue
        if model and node.name != model:
            continue
        result = project.check_model(node)
        known |= set(result.reads)
        if column.lower() in result.reads:
            found.append(Lineage(node.name, column, result.reads[column.lower()], result.row_reads))
    if not found:
        some = ", ".join(sorted(known)[:8])
        raise ConfigurationError(f"No declared model has a column `{feature}` (there are: {some}, …).")
    return found


def affected(project: Project, relation: str, column: str) -> list[Lineage]:
    """The features, of every declared model, that depend on a source column."""
    read = relation, column.lower()
    found = []
    for node in project.nodes.values():
        declared = project.declaration(node)
        if node.sql is None or declared is None or declared.kind not in ("spine", "features", "training_set"):
            continue
        result = project.check_model(node)
        for name, reads in result.reads.items():
            if read in reads or read in result.row_reads:
                found.append(Lineage(node.name, name, reads & {read}, result.row_reads & {read}))
    return found
