"""What an address has not been told yet, as one message for what hangs together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from insitu.alerts.episodes import Episode, Group, grouped

LISTED = 20  # episodes in a message
Key = tuple[str, str, datetime, str]


@dataclass(frozen=True)
class Change:
    """An episode that came into a state."""

    episode: Episode
    change: str  # opened, acknowledged, muted, resolved
    news: str  # the same in words

    @property
    def key(self) -> Key:
        """By which an address is told it once: a graver alert is news, one that is acknowledged is not."""
        severity = self.episode.severity if self.change == "opened" else "any"
        return self.episode.episode_id, self.change, self.episode.state_since, severity


@dataclass(frozen=True)
class Message:
    """What an address is told at once."""

    message_id: str
    title: str
    body: str
    changes: tuple[Change, ...]


def unsaid(episodes: Iterable[Episode], told: set[Key]) -> list[Change]:
    """The changes that an address has not been told of, by what it was told."""
    known = {episode_id for episode_id, *_ in told}
    found = []
    for episode in episodes:
        change = "opened" if episode.state in ("opened", "still_open") else episode.state
        news = change
        if change == "opened" and episode.episode_id in known:
            news = "open again" if episode.state_since > episode.opened_at else f"now {episode.severity}"
        made = Change(episode, change, news)
        # of what nobody was told that it opened, nobody is told that it ended
        if made.key not in told and (change == "opened" or episode.episode_id in known):
            found.append(made)
    return found


def messages(sender: str, address: str, changes: Iterable[Change]) -> list[Message]:
    """One message for each cause and change, errors first.

    Args:
        sender: the project and its warehouse: two that tell one address the same are two.
        address: its name.
    """
    by_news: dict[str, list[Change]] = {}
    for change in changes:
        by_news.setdefault(change.news, []).append(change)
    found = []
    for news, alike in by_news.items():
        by_episode = {change.episode.episode_id: change for change in alike}
        for group in grouped(change.episode for change in alike):
            own = tuple(by_episode[episode.episode_id] for episode in group.episodes)
            content = repr((sender, address, sorted(change.key for change in own)))
            message_id = hashlib.sha256(content.encode()).hexdigest()[:32]
            found.append(Message(message_id, _title(news, group), _body(group), own))
    return sorted(found, key=lambda message: min(change.episode.severity for change in message.changes))


def _title(news: str, group: Group) -> str:
    return f"[{group.severity}] {news}: {group.use_case}, {group.headline}"


def _body(group: Group) -> str:
    lines = []
    for episode in group.episodes[:LISTED]:
        owner = f", owner {episode.owner}" if episode.owner else ""
        until = f", until {episode.handled_until}: {episode.handled_reason}" if episode.handled_until else ""
        ended = f", resolved {episode.resolved_at}" if episode.resolved_at else ""
        lines += [
            f"{episode.kind} of {episode.subject}: {episode.last_message}",
            f"  {episode.severity}, open since {episode.opened_at}{ended}{until}{owner}",
            f"  {episode.query};",
        ]
    if len(group.episodes) > LISTED:
        lines.append(f"and {len(group.episodes) - LISTED} more: insitu alerts {group.use_case}")
    return "\n".join(lines)
