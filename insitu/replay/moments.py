"""The moments of a replay, and when models are retrained in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from insitu.durations import Duration
from insitu.errors import ConfigurationError

NEVER, TRIGGERED, DECLARED = "never", "triggered", "declared"
TRIGGERS = ("alert_performance_drop", "alert_calibration", "alert_business_loss")


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


# The macro `training_as_of` cuts in the same way.
CUT: dict[str, Callable[[datetime], datetime]] = {
    "day": _day,
    "week": lambda moment: _day(moment) - timedelta(days=moment.weekday()),
    "month": lambda moment: _day(moment).replace(day=1),
    "quarter": lambda moment: _day(moment).replace(day=1, month=(moment.month - 1) // 3 * 3 + 1),
    "year": lambda moment: _day(moment).replace(day=1, month=1),
}
WAIT = Duration(28, "day")
POLICIES = (DECLARED, NEVER, *CUT, TRIGGERED)


@dataclass(frozen=True)
class Policy:
    """When models are retrained.

    Attributes:
        name: one of `POLICIES`.
        every: what `declared` means: `retrain_every` of the use case.
        triggers: alerts by which `triggered` retrains.
        wait: how long it then waits before it does so again.
    """

    name: str
    every: str
    triggers: Collection[str] = TRIGGERS
    wait: Duration = WAIT

    def moment(self, now: datetime, last: datetime | None, alerts: Collection[str]) -> datetime:
        """The moment up to which models are trained at a step.

        Args:
            now: the step's.
            last: that of the step before; None at the first.
            alerts: names of those that the step before has left.
        """
        declared = CUT[self.every](now)
        if self.name in (NEVER, TRIGGERED):
            if last is None:
                return declared
            asked = self.name == TRIGGERED and set(alerts) & set(self.triggers)
            return _day(now) if asked and self.wait.after(last) <= now else last
        return CUT[self.every if self.name == DECLARED else self.name](now)


def steps(first: datetime, last: datetime, every: Duration) -> list[datetime]:
    """Raises ConfigurationError for an end before the beginning."""
    if last < first:
        raise ConfigurationError(f"--to is {last}, before --from, {first}. Change them over.")
    found, number = [first], 1
    while (following := (every * number).after(first)) <= last:
        found.append(following)
        number += 1
    return found
