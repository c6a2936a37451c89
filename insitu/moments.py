"""Moments as people write them on the command line: read once, in UTC ever after."""

from __future__ import annotations

from datetime import UTC, datetime

from insitu.errors import ConfigurationError


def utc_now() -> datetime:
    """The clock, as the warehouse keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def moment(text: str, name: str) -> datetime:
    """A moment in UTC, without a time zone, as the warehouse keeps it.

    Args:
        text: ISO 8601, such as `2013-11-02`, `2013-11-02 06:00:00` or `2013-11-02T06:00:00+02:00`. Without an offset it
            is UTC; with one it is converted.
        name: the option it was given to, for the message.

    Raises:
        ConfigurationError: it is no moment.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f'{name} is `{text}`; expected a UTC time such as "2013-11-02 06:00:00", or one with its offset such as '
            '"2013-11-02T06:00:00+02:00".'
        ) from error
