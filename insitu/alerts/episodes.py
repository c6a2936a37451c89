"""The episodes of `alert_episodes`, and those that hang together as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from insitu.errors import ConfigurationError
from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations

MODEL = "alert_episodes"
OUTBOX = "alert_outbox"
OPEN = ("opened", "still_open", "acknowledged")
NAMED = 3  # subjects in a headline


@dataclass(frozen=True)
class Episode:
    """A row of `alert_episodes`; docs/monitoring.md says what each column means."""

    episode_id: str
    use_case: str
    alert: str
    subject: str
    cause: str
    state: str
    state_since: datetime
    severity: str
    owner: str | None
    opened_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    n_seen: int
    first_message: str
    last_message: str
    value: float | None
    limit_value: float | None
    handled_reason: str | None
    handled_until: datetime | None
    query: str
    as_of: datetime

    @property
    def kind(self) -> str:
        """The alert in words."""
        return self.alert.removeprefix("alert_").replace("_", " ")

    @property
    def is_open(self) -> bool:
        """Neither muted nor resolved."""
        return self.state in OPEN

    def as_dict(self) -> dict[str, Any]:
        """As JSON would have it; times are UTC texts."""
        return {name: str(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Group:
    """Episodes of a use case that hang together."""

    use_case: str
    cause: str
    episodes: tuple[Episode, ...]

    @property
    def severity(self) -> str:
        """The gravest of them."""
        return "error" if any(each.severity == "error" for each in self.episodes) else "warn"

    @property
    def headline(self) -> str:
        """All of it in a line, as `alert_groups` has it."""
        if len(self.episodes) == 1:
            return f"{self.cause}: {self.episodes[0].last_message}"
        counts = sorted(Counter(each.alert for each in self.episodes).items(), key=lambda each: (-each[1], each[0]))
        kinds = {each.alert: each.kind for each in self.episodes}
        what = ", ".join(f"{kinds[alert]} of {n}" if n > 1 else kinds[alert] for alert, n in counts)
        subjects = sorted({each.subject for each in self.episodes})
        more = f" and {len(subjects) - NAMED} more" if len(subjects) > NAMED else ""
        return f"{self.cause}: {what} ({', '.join(subjects[:NAMED])}{more})"


def grouped(episodes: Iterable[Episode]) -> list[Group]:
    """Groups of what hangs together: errors first, then what opened first."""
    found: dict[tuple[str, str], list[Episode]] = {}
    for episode in episodes:
        found.setdefault((episode.use_case, episode.cause), []).append(episode)
    groups = [Group(*key, tuple(sorted(each, key=_order))) for key, each in found.items()]
    return sorted(groups, key=lambda group: (group.severity, _order(group.episodes[0]), group.use_case, group.cause))


def _order(episode: Episode) -> tuple[str, datetime, str, str]:
    return episode.severity, episode.opened_at, episode.alert, episode.subject


def from_rows(rows: pa.Table) -> list[Episode]:
    """The episodes that a query over `alert_episodes` gave."""
    names = Episode.__dataclass_fields__
    return [Episode(**{name: row[name] for name in names}) for row in rows.to_pylist()]


def relation_of(project: Project, warehouse: Warehouse, model: str) -> str:
    """Where a model of the alerts is. Raises ConfigurationError where it is not built."""
    node = project.models.get(model)
    if node is None or (node["schema"], node["alias"]) not in existing_relations(warehouse):
        command = project.command("dbt build --select alerts+")
        raise ConfigurationError(
            f"The table `{model}` is not there, so nobody knows which alerts are open. Run `{command}`; if the "
            "project has no such model, `insitu upgrade` comes first."
        )
    return project.relation(model)
