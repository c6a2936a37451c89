"""How a run scores, beside what falls due by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def silent(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Options:
    """What a run was asked for.

    Attributes:
        shadows: versions that score the same rows, too; what they say is never of record.
        instead: a version that scores in the place of those in charge, in shadow: what is due stays due.
        where: an SQL condition on what is due.
        dry_run: do everything but predict and write.
        progress: told of rows scored, and of all there are to score.
    """

    shadows: tuple[str, ...] = ()
    instead: str | None = None
    where: str | None = None
    dry_run: bool = False
    progress: Callable[[int, int], None] = silent


DEFAULT = Options()
