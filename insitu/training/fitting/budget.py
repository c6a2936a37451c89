"""What a training run may still spend."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from insitu.config import Budget


@dataclass
class Clock:
    """Divides the seconds left evenly among the candidates that are still to be searched."""

    budget: Budget
    candidates: int
    started: float = field(default_factory=time.monotonic)

    def deadline(self) -> float:
        """Moment (monotonic clock, seconds) at which the next candidate's search stops; infinite without a budget."""
        if self.budget.seconds is None:
            return float("inf")
        now = time.monotonic()
        left = max(0.0, self.started + self.budget.seconds - now)
        share = left / max(1, self.candidates)
        self.candidates -= 1
        return now + share

    def trials(self, wanted: int) -> int:
        """Trials a search may make."""
        return wanted if self.budget.trials is None else min(wanted, self.budget.trials)
