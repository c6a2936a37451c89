"""What was scored against what is computed now, value by value: what is a difference, and what is none."""

from __future__ import annotations

import json
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


# The model that scored used all features; each batch has a prediction that says which model that was.
SIGNATURE = json.dumps({"features": [{"name": name} for name in ("x", "n", "city")]})
MODELS = [
    {"model_version": "m", "status": "trained", "signature": SIGNATURE},
    {"model_version": "old", "status": "trained", "signature": json.dumps({"features": [{"name": "x"}]})},
]


def by(*batches: str, model: str = "m") -> dict[str, list[Row]]:
    return {
        "demo__models": MODELS,
        "demo__predictions": [{"batch_id": batch, "model_version": model, "id": 1} for batch in batches],
    }


def compared(bodies: Bodies, then: list[Row], now: list[Row]) -> dict[str, tuple[int, int, float | None]]:
    found = bodies.run("demo__parity", {"demo__scored_features": then, "demo__features": now} | by("b"))
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
        logged(batch_id="long ago", batch_as_of=AS_OF - timedelta(days=30)),
    ]
    found = bodies.run(
        "demo__parity",
        {"demo__scored_features": then, "demo__features": [features(2)]} | by("a", "b", "late", "long ago"),
    )
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


def test_what_a_model_did_not_use_is_not_compared(bodies: Bodies) -> None:
    tables = {"demo__scored_features": [logged(x=1.0, n=1)], "demo__features": [features()]} | by("b", model="old")
    found = bodies.run("demo__parity", tables)
    assert {row["feature"]: row["n_different"] for row in found} == {"x": 1, "(row)": 0}


def test_what_is_tolerated_and_how_late_a_difference_was(bodies: Bodies) -> None:
    """One row of a hundred, and what is declared; `n` may differ."""
    minutes = timedelta(minutes=1)
    then = [logged(id=id, x=0.0 if id == 1 else 1.5, n=0, batch_as_of=NOON + id * minutes) for id in range(1, 101)]
    then[:2] = [then[0] | {"city": None}, then[1] | {"city": None}]
    tables = {"demo__scored_features": then, "demo__features": [features(id) for id in range(1, 101)]} | by("b")
    found = {row["feature"]: row for row in bodies.run("demo__parity", tables)}
    assert {name: (row["n_different"], row["is_tolerated"]) for name, row in found.items()} == {
        "x": (1, True),
        "n": (100, True),
        "city": (2, False),
        "(row)": (0, True),
    }
    assert {name: row["differs_after_minutes"] for name, row in found.items()} == {
        "x": 1.0,
        "n": 100.0,
        "city": 2.0,
        "(row)": None,
    }
    assert {row["severity"] for row in found.values()} == {"warn"}


def test_what_was_scored_is_kept_once(bodies: Bodies) -> None:
    """Each prediction with its features; of a batch that is kept already, none."""
    predictions = [
        {"batch_id": batch, "batch_as_of": at, "id": id, "as_of": as_of, "score": 0.5}
        for batch, at, id, as_of in (
            ("kept", NOON, 1, NOON),
            ("new", NOON, 1, NOON),
            ("new", NOON, 2, NOON),
            ("new", NOON, 3, NOON + SECOND),  # of another moment than the features
        )
    ]
    tables = {
        "demo__features": [features(id) for id in (1, 2, 3)],
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
    predicted = {"batch_id": "b", "batch_as_of": NOON, "id": 1, "shop": "s", "as_of": NOON, "score": 1.0}
    tables: dict[str, list[Row]] = {"value__predictions": [predicted], "value__features": [row]}
    (kept,) = bodies.run("value__scored_features", tables)
    tables |= {"value__features": [row | changed], "value__scored_features": [kept]}
    (found,) = bodies.run("value__parity", tables)
    assert (found["feature"], found["n_rows"], found["n_different"]) == ("(row)", 1, different)
