"""Lineage of a feature: the source columns that its value and its row depend on, and what breaks when one changes."""

from __future__ import annotations

from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.proof.domain.variants import Read
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project


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
        name = project.folded(column)
        if name in result.reads:
            found.append(Lineage(node.name, column, result.reads[name], result.row_reads))
    if not found:
        some = ", ".join(sorted(known)[:8])
        raise ConfigurationError(f"No declared model has a column `{feature}` (there are: {some}, …).")
    return found


def affected(project: Project, name: str) -> list[Lineage]:
    """The features, of every declared model, that depend on a source column; those that depend by value first.

    Args:
        name: relation.column, the relation with or without the name of its source.

    Raises:
        ConfigurationError: there is no such relation, or it has no such column.
    """
    relation, _, column = name.rpartition(".")
    node = _named(project, relation)
    columns = set(project.types(node))
    if columns and project.folded(column) not in columns:
        has = ", ".join(sorted(columns)[:12])
        raise ConfigurationError(f"`{node.name}` has no column `{column}` (it has: {has}).")
    read = node.name, project.folded(column)
    found = []
    for reader in project.nodes.values():
        declared = project.declaration(reader)
        if reader.sql is None or declared is None or declared.kind not in ("spine", "features", "training_set"):
            continue
        result = project.check_model(reader)
        exempt = declared.exempt | {declared.as_of, *getattr(declared, "key", [])}
        for feature, reads in result.reads.items():
            if feature not in exempt and (read in reads or read in result.row_reads):
                found.append(Lineage(reader.name, feature, reads & {read}, result.row_reads & {read}))
    return sorted(found, key=lambda x: not x.value)


def _named(project: Project, relation: str) -> Node:
    """A node by its name; a source also without the name of the source it belongs to."""
    nodes = [n for n in project.nodes.values() if relation in (n.name, n.name.rpartition(".")[2])]
    if not relation or not nodes:
        some = ", ".join(sorted(n.name for n in project.nodes.values() if n.kind == "source")[:8])
        raise ConfigurationError(
            f"The project has no relation `{relation}`. Write relation.column; the sources are: {some}."
        )
    if len(nodes) > 1:
        names = ", ".join(sorted(n.name for n in nodes))
        raise ConfigurationError(f"`{relation}` is the name of several relations: {names}. Write one of them.")
    return nodes[0]
