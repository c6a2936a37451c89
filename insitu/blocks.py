"""What the blocks of `meta.ml` are made of: no room for unknown keys, and values that are read in one way."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ConfigDict

from insitu import durations

STRICT = ConfigDict(extra="forbid", frozen=True)  # a block without room for unknown keys


def duration(value: Any) -> str | None:
    """Check a duration where there is one; return it in its usual spelling. Raises ValueError."""
    return None if value is None else str(durations.parse(value))


def fixed_duration(value: Any) -> str:
    """Check a duration whose length does not depend on the calendar. Raises ValueError."""
    return str(durations.parse_fixed(value))


def plain_time(value: Any) -> str:
    """`2010-01-01` or `2010-01-01 06:00:00`: as the macros read it, without a zone. Raises ValueError."""
    text = str(value).replace("T", " ")
    if not re.fullmatch(r"[1-9]\d{3}-\d\d-\d\d( \d\d:\d\d:\d\d)?", text):
        raise ValueError(f"{str(value)!r} is no UTC time like 2010-01-01")
    return text
