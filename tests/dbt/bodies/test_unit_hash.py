"""A million units fall to the same places on both warehouses and in Python, evenly, and anew for another salt."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import stats

from insitu.acting.hashing import PLACES, place, unit_id
from tests.dbt.bodies.project import Bodies

UNITS = 1_000_000
FILL = f"insert into hashed_units select n, 'name ' || (n % 7) from generate_series(1, {UNITS}) as numbers (n)"


@functools.cache
def in_python() -> np.ndarray:
    units = [unit_id([n, f"name {n % 7}"]) or "" for n in range(1, UNITS + 1)]
    return np.array([[place("a salt", unit), place("o'ther", unit)] for unit in units])


def test_a_unit_falls_to_the_same_place_everywhere(bodies: Bodies) -> None:
    bodies.connection.execute("begin")
    try:
        bodies.connection.execute(FILL)
        found = bodies.connection.execute(f"{bodies.sql['places']} order by number").fetchall()
    finally:
        bodies.connection.execute("rollback")
    assert np.array_equal(np.array(found), in_python())


def test_places_are_even_and_salts_independent() -> None:
    one, other = (in_python()[:, column] / PLACES for column in (0, 1))
    for places in (one, other):
        assert places.min() >= 0 and places.max() < 1
        counts, _ = np.histogram(places, bins=1000, range=(0, 1))
        assert stats.chisquare(counts).pvalue > 0.001
    table, _, _ = np.histogram2d(one, other, bins=20, range=[(0, 1), (0, 1)])
    assert stats.chi2_contingency(table).pvalue > 0.001
    # neighbours by number share nothing either
    table, _, _ = np.histogram2d(one[:-1], one[1:], bins=20, range=[(0, 1), (0, 1)])
    assert stats.chi2_contingency(table).pvalue > 0.001


@pytest.mark.parametrize(
    ("one", "other"), [(["ab", "c"], ["a", "bc"]), ([""], [None]), (["1:a"], ["1", "a"]), (["1", "2"], [12])]
)
def test_no_two_units_are_one(one: list[object], other: list[object]) -> None:
    assert unit_id(one) != unit_id(other)
