"""What was scored against what is computed now, value by value: what is a difference, and what is none."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

NOON = datetime(2024, 3, 10, 12)
SECOND = timedelta(seconds=1)


def features(id: int = 1, x: Any = 1.5, n: Any = 2, city: Any = "rome", **settings: Any) -> Row:
    return {"id": id, "as_of": NOON, "x": x, "n": n, "city": city} | settings


def logged(**settings: Any) -> Row:
    return {**features(), "batch_id": "b", "batch_as_of": NOON} | settings


def compared(bodies: Bodies, then: list[Row], now: list[Row]) -> dict[str, tuple[int, int, float | None]]:
    found = bodies.run("demo__parity", {"demo__scored_features": then, "demo__features": now})
    assert {row["batch_id"] for row in found} <= {"b"}
    return {row["feature"]: (row["n_rows"], row["n_different"], row["largest_difference"]) for row in found}


# a feature, what it was, what it is now, whether that is a difference
VALUES = [
    ("x", 1.5, 1.5, 0),
    ("x", None, None, 0),
    ("x", None, 0.0, 1),
    ("x", 0.0, None, 1),
    ("x", 1.5, 1.5 + 1e-9, 0),  # a billionth of it
    ("x", 1.5, 1.5 + 2e-9, 1),
    ("x", 1e6, 1e6 + 9e-4, 0),
    ("x", 1e6, 1e6 + 2e-3, 1),
    ("x", -1e6, -1e6 - 9e-4, 0),
    ("x", 1e-6, 2e-6, 1),
    ("x", 0.0, 9e-10, 0),  # below one, a billionth
    ("x", 1.0, -1.0, 1),
    ("x", math.inf, math.inf, 0),
    ("x", -math.inf, math.inf, 1),
    ("x", math.inf, 1.5, 1),
    ("x", 1.5, math.inf, 1),
    ("x", math.nan, math.nan, 0),
    ("x", math.nan, 1.5, 1),
    ("x", 1.5, math.nan, 1),
    ("x", math.nan, None, 1),
    ("n", 2, 2, 0),
    ("n", None, None, 0),
    ("n", None, 0, 1),
    ("n", 0, None, 1),
    ("n", 2, 3, 1),
    ("city", None, None, 0),
    ("city", None, "", 1),
    ("city", "", None, 1),
    ("city", "rome", "Rome", 1),
]


def test_every_kind_of_value(bodies: Bodies) -> None:
    for name, then, now, different in VALUES:
        found = compared(bodies, [logged(**{name: then})], [features(**{name: now})])
        assert found[name][:2] == (1, different), (name, then, now)
        assert all(n == 0 for other, (_, n, _) in found.items() if other != name)


def test_how_much_and_how_often(bodies: Bodies) -> None:
    then = [logged(id=1), logged(id=2, x=-3.0), logged(id=3, x=None), logged(id=4), logged(id=5, batch_as_of=AS_OF)]
    now = [
        features(1),
        features(2, x=1.0, n=4),
        features(3, x=9.0, n=-6),
        features(4, as_of=NOON + SECOND),
        features(5),
    ]
    then, now = [*then, logged(id=6, x=math.inf)], [*now, features(6, x=math.inf)]
    assert compared(bodies, then, now) == {
        "x": (6, 2, 4.0),
        "n": (6, 2, 8.0),
        "city": (6, 0, None),
        "(row)": (6, 1, None),  # of the fourth there is no row of that moment now
    }


def test_batches_by_themselves_and_none_of_the_future(bodies: Bodies) -> None:
    then = [
        logged(batch_id="a"),
        logged(batch_id="b", id=2, batch_as_of=NOON + SECOND),
        logged(batch_id="late", batch_as_of=AS_OF + SECOND),
    ]
    found = bodies.run("demo__parity", {"demo__scored_features": then, "demo__features": [features(2)]})
    different = {(r["batch_id"], r["feature"]): (r["batch_as_of"], r["n_different"]) for r in found}
    assert different["a", "(row)"] == (NOON, 1) and different["b", "(row)"] == (NOON + SECOND, 0)
    assert {batch for batch, _ in different} == {"a", "b"}
    assert {row["feature"]: row["may_differ"] for row in found} == {
        "x": False,
        "n": True,
        "city": False,
        "(row)": False,
    }
    assert {row["use_case"] for row in found} == {"demo"}


def test_what_was_scored_is_kept_once(bodies: Bodies) -> None:
    """Of each batch the rows of its own time; of a batch that is kept already, none."""
    scoring_set = [
        {"scoring_set_id": "s", "batch_as_of": batch_as_of, **features(id)}
        for id, batch_as_of in ((1, NOON), (2, NOON), (3, NOON), (1, NOON + SECOND))
    ]
    predictions = [
        {"batch_id": batch, "batch_as_of": at, "id": id, "as_of": as_of, "score": 0.5}
        for batch, at, id, as_of in (
            ("kept", NOON, 1, NOON),
            ("new", NOON, 1, NOON),
            ("new", NOON, 2, NOON),
            ("new", NOON, 3, NOON + SECOND),  # of another moment than the row of the set
        )
    ]
    tables = {
        "demo__scoring_set": scoring_set,
        "demo__predictions": predictions,
        "demo__scored_features": [logged(batch_id="kept")],
    }
    found = bodies.run("demo__scored_features", tables)
    assert sorted((row["batch_id"], row["id"], row["batch_as_of"]) for row in found) == [
        ("new", 1, NOON),
        ("new", 2, NOON),
    ]
    assert [found[0][name] for name in ("x", "n", "city")] == [1.5, 2, "rome"]


@pytest.mark.parametrize(
    ("changed", "different"),
    [
        ({}, 0),
        ({"x": 1.5 + 1e-12}, 0),  # more than seven digits do not count
        ({"x": 1.5001}, 1),
        ({"x": None}, 1),
        ({"x": math.nan}, 1),
        ({"n": 3}, 1),
        ({"n": None}, 1),
        ({"city": ""}, 1),
        ({"city": None}, 1),
        ({"shop": "elsewhere"}, 1),
    ],
)
def test_one_hash_of_a_row(bodies: Bodies, changed: Row, different: int) -> None:
    """Where a hash was logged: of all features, and of no key."""
    row = {**features(), "shop": "s"}
    tables: dict[str, list[Row]] = {
        "value__scoring_set": [{"scoring_set_id": "s", "batch_as_of": NOON, **row}],
        "value__predictions": [
            {"batch_id": "b", "batch_as_of": NOON, "id": 1, "shop": "s", "as_of": NOON, "score": 1.0}
        ],
        "value__features": [row | changed],
    }
    (found,) = bodies.run("value__parity", tables, through=["value__scored_features"])
    assert (found["feature"], found["n_rows"], found["n_different"]) == ("(row)", 1, different)
