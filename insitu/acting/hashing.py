"""Where a unit falls in an experiment: the same number on every warehouse and in Python.

The macros of insitu/dbt/macros/cross_db/unit_hash.sql compute the same in SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

PLACES = 2**32


def unit_id(values: Iterable[object]) -> str | None:
    """One text for a unit of one or several columns, which no other unit has; None where a column is missing."""
    texts = [_text(value) for value in values]
    return None if None in texts else "".join(_counted(text) for text in texts if text is not None)


def place(salt: str, unit: str) -> int:
    """The place of a unit, from 0 to 2³² - 1: the first 32 bits of the MD5 of salt and unit."""
    return int(hashlib.md5((_counted(salt) + unit).encode(), usedforsecurity=False).hexdigest()[:8], 16)


def _counted(text: str) -> str:
    """With its length before it: `ab` and `c` are another unit than `a` and `bc`."""
    return f"{len(text)}:{text}"


def _text(value: object) -> str | None:
    """A value as SQL casts it to text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        text = value.isoformat(" ")
        return text.rstrip("0") if value.microsecond else text
    return value.isoformat() if isinstance(value, date) else str(value)
