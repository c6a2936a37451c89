"""Which periods of a key overlap: those that begin before the one before has ended, or after one that never does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.dbt.bodies.project import Bodies, Row

START = datetime(2024, 1, 1)


def period(begins: int, ends: int | None, part: str | None = "a", order: int = 1) -> Row:
    found = {"part": part, "order": order, "valid_from": START + timedelta(hours=begins)}
    return found | {"valid_to": None if ends is None else START + timedelta(hours=ends)}


@pytest.mark.parametrize(
    ("rows", "overlapping"),
    [
        ([], []),
        ([period(0, 5), period(5, 9)], []),  # one ends when the next begins
        ([period(5, 9), period(0, 5)], []),
        ([period(0, 6), period(5, 9)], [0]),
        ([period(0, 4), period(5, None)], []),
        ([period(0, None), period(5, 9)], [0]),
        ([period(0, None)], []),
        ([period(0, 9), period(0, 9)], [0]),
        ([period(0, 20), period(1, 2), period(3, 4)], [0]),
        # of other keys, by either column
        ([period(0, 9), period(5, 9, part="b")], []),
        ([period(0, 9), period(5, 9, order=2)], []),
        ([period(0, 9), period(5, 9, part="b"), period(6, 9)], [0]),
    ],
)
def test_periods_that_overlap(bodies: Bodies, rows: list[Row], overlapping: list[int]) -> None:
    found = bodies.run("overlaps", {"periods": rows})
    assert sorted((row["valid_from"] - START) / timedelta(hours=1) for row in found) == overlapping
