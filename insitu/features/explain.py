"""`insitu explain`: which strategy computes each feature of a model, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.features.records import compiled_sql, records
from insitu.warehouse import Project

MEANINGS = {
    "running": "running totals over one sort of events and window edges; the lower edge is subtracted",
    "partials": "whole tiers of time inside the window, aggregated once, and the events at its two ends",
    "range_join": "the events of each window, joined or looked up, and aggregated as written",
    "probe": "one row looked up through an index",
    "asof": "an as-of join: the latest row before as_of",
    "timeline": "window features over labels, which happen when they mature",
}


@dataclass(frozen=True)
class Explanation:
    """One strategy of one macro call: why, and for which columns."""

    macro: str
    events: str
    strategy: str
    reason: str
    columns: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """What the strategy does, in a sentence."""
        return MEANINGS.get(self.strategy, self.strategy)


def explain(project: Project, model: str) -> list[Explanation]:
    """The strategies of a compiled model, in the order of its columns; [] for hand-written SQL.

    Raises:
        ConfigurationError: there is no such model, or it was not compiled yet.
    """
    node = project.node(model)
    if node["resource_type"] != "model":
        raise ConfigurationError(f"`{model}` is a {node['resource_type']}; only models have strategies to explain.")
    return list(_explanations(compiled_sql(project, node)))


def _explanations(sql: str) -> Iterator[Explanation]:
    for record in records(sql):
        groups: dict[tuple[str, str], list[str]] = {}
        for column in record["columns"]:
            groups.setdefault((column["strategy"], column["reason"]), []).append(column["name"])
        for (strategy, reason), columns in groups.items():
            yield Explanation(record["macro"], record["events"], strategy, reason, tuple(columns))
