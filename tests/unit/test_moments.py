"""Moments of the command line: UTC, whatever offset they were written with."""

from __future__ import annotations

from datetime import datetime

import pytest

from insitu.errors import ConfigurationError
from insitu.moments import moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-11-02", datetime(2013, 11, 2)),
        (" 2013-11-02 06:00:00 ", datetime(2013, 11, 2, 6)),
        ("2013-11-02T06:00", datetime(2013, 11, 2, 6)),
        ("2013-11-02T06:00:00.25", datetime(2013, 11, 2, 6, 0, 0, 250_000)),
        ("2013-11-02T06:00:00Z", datetime(2013, 11, 2, 6)),
        ("2013-11-02T06:00:00+02:00", datetime(2013, 11, 2, 4)),
        ("2013-11-02 01:30:00-05:30", datetime(2013, 11, 2, 7)),
        ("2013-11-02T00:30:00+02:00", datetime(2013, 11, 1, 22, 30)),
    ],
)
def test_a_moment_is_utc(text: str, expected: datetime) -> None:
    assert moment(text, "--as-of") == expected


@pytest.mark.parametrize("text", ["tomorrow", "", "2013-09-31", "2013-11-02 25:00", "0001-01-01T00:00:00+02:00", "31"])
def test_anything_else_is_one_clear_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--as-of is `.*`; expected a UTC time such as") as caught:
        moment(text, "--as-of")
    assert caught.value.exit_code == 2
    assert f"`{text}`" in str(caught.value)
