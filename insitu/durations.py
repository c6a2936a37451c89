"""Durations as configuration and command line write them, `31 days` or `1 quarter`: one grammar, in Python and in SQL.

Seconds, minutes, hours, days and weeks are always equally long. Months, quarters and years follow the calendar, as
intervals do in SQL: the same day of another month, or the last one of a shorter month.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
FIXED = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": _DAY,
    "week": 7 * _DAY,
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
# The macro `read_duration` reads the same, and refuses the rest in the same words.
PATTERN = f"([1-9][0-9]*) +({'|'.join([*FIXED, *MONTHS])})s?"


@dataclass(frozen=True)
class Duration:
    """A positive number of units."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    def __mul__(self, times: int) -> Duration:
        return Duration(self.number * times, self.unit)

    @property
    def is_fixed(self) -> bool:
        """Does its length not depend on the calendar?"""
        return self.unit in FIXED

    @property
    def days(self) -> float:
        """The length of a fixed one in days."""
        return self.number * (FIXED[self.unit] / _DAY)

    @property
    def interval(self) -> str:
        """As the text of a SQL interval; PostgreSQL's know no quarters."""
        return str(Duration(self.number * 3, "month") if self.unit == "quarter" else self)

    def before(self, moment: datetime) -> datetime:
        """The moment that lies this much earlier; where the calendar ends, its first."""
        return self._from(moment, -self.number)

    def after(self, moment: datetime) -> datetime:
        """The moment that lies this much later; where the calendar ends, its last."""
        return self._from(moment, self.number)

    def _from(self, moment: datetime, number: int) -> datetime:
        try:
            if self.is_fixed:
                return moment + number * FIXED[self.unit]
            year, month = divmod(moment.year * 12 + moment.month - 1 + number * MONTHS[self.unit], 12)
            day = min(moment.day, calendar.monthrange(year, month + 1)[1])
            return moment.replace(year=year, month=month + 1, day=day)
        except (OverflowError, ValueError):
            return datetime.min if number < 0 else datetime.max


def parse(text: object) -> Duration:
    """Read a duration. Raises ValueError with the grammar."""
    found = re.fullmatch(PATTERN, str(text).strip())
    if found is None:
        units = ", ".join([*FIXED, *MONTHS])
        raise ValueError(
            f"{text!r} is not a duration; write a positive whole number and a unit ({units}), such as `31 days`"
        )
    return Duration(int(found[1]), found[2])


def parse_fixed(text: object) -> Duration:
    """Read a duration whose length does not depend on the calendar. Raises ValueError."""
    found = parse(text)
    if not found.is_fixed:
        raise ValueError(f"{text!r} is not always equally long; write {', '.join(f'{unit}s' for unit in FIXED)} here")
    return found
