"""What falls due when, and who scores it."""

from __future__ import annotations

from datetime import datetime, timedelta

from insitu.acting.hashing import PLACES, place, unit_id
from tests.dbt.bodies.project import AS_OF, Bodies, Row

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FEBRUARY, NOON = datetime(2024, 2, 1), datetime(2024, 3, 10, 12)


def features(id: int, as_of: datetime) -> Row:
    return {"id": id, "as_of": as_of, "x": 1.5, "n": 2, "city": "rome"}


def of_set(id: int, as_of: datetime) -> Row:
    return features(id, as_of) | {"scoring_set_id": "s", "batch_as_of": AS_OF}


def promoted(version: str, since: datetime) -> Row:
    return {"model_version": version, "training_as_of": since, "decision": "promoted", "decided_at": since}


def scored(version: str, id: int, as_of: datetime) -> Row:
    return {"batch_id": "b", "batch_as_of": as_of, "model_version": version, "id": id, "as_of": as_of}


def test_the_set_ends_at_now_and_looks_a_week_back(bodies: Bodies) -> None:
    moments = [AS_OF - 7 * DAY, AS_OF - 7 * DAY + SECOND, AS_OF - SECOND, AS_OF, AS_OF + SECOND]
    tables = {"demo__features": [features(id, moment) for id, moment in enumerate(moments)]}
    found = bodies.run("demo__scoring_set", tables)
    assert sorted(row["id"] for row in found) == [1, 2, 3]
    assert {row["batch_as_of"] for row in found} == {AS_OF}
    assert len({row["scoring_set_id"] for row in found}) == 1


def test_each_row_has_the_model_of_its_own_time(bodies: Bodies) -> None:
    tables = {
        "demo__scoring_set": [of_set(1, NOON - SECOND), of_set(2, NOON), of_set(3, AS_OF), of_set(4, FEBRUARY)],
        "demo__promotions": [promoted("a", FEBRUARY + SECOND), promoted("b", NOON)],
    }
    found = bodies.run("demo__due", tables)
    assert {row["id"]: row["model_version"] for row in found} == {1: "a", 2: "b", 3: "b", 4: None}
    pin = {"use_case": "demo", "model_version": "c", "override": "pin", "effective_from": AS_OF, "reason": "r"}
    found = bodies.run("demo__due", tables | {"promotion_overrides": [pin]})
    assert {row["id"]: row["model_version"] for row in found} == {1: "a", 2: "b", 3: "c", 4: None}


def test_what_it_said_in_shadow_is_still_due(bodies: Bodies) -> None:
    tables = {
        "demo__scoring_set": [of_set(id, NOON) for id in (1, 2)],
        "demo__promotions": [promoted("a", FEBRUARY)],
        "demo__predictions": [scored("a", 1, NOON), scored("a", 2, NOON) | {"batch_id": "of record"}],
        "demo__batches": [{"batch_id": "b", "is_shadow": 1}, {"batch_id": "of record", "is_shadow": 0}],
    }
    assert [row["id"] for row in bodies.run("demo__due", tables)] == [1]


def test_what_its_model_has_scored_is_not_due(bodies: Bodies) -> None:
    tables = {
        "demo__scoring_set": [of_set(id, NOON) for id in (1, 2, 3)],
        "demo__promotions": [promoted("a", FEBRUARY)],
        "demo__predictions": [scored("a", 1, NOON), scored("b", 2, NOON), scored("a", 3, NOON - SECOND)],
    }
    assert sorted(row["id"] for row in bodies.run("demo__due", tables)) == [2, 3]


def test_each_row_has_the_model_of_its_variant(bodies: Bodies) -> None:
    """`newer` gives one row in five to the challenger, `beside` has all of them scored by an old version in shadow."""
    ids, day = range(60), datetime(2024, 3, 11)
    challenged = {id for id in ids if place("trial.newer", unit_id([id]) or "") < 0.2 * PLACES}
    assert 5 < len(challenged) < 20
    registered = {"training_as_of": FEBRUARY, "status": "trained"}
    tables = {
        "trial__scoring_set": [of_set(id, day) for id in ids] + [of_set(99, datetime(2024, 3, 4))],
        "trial__promotions": [promoted("a", FEBRUARY)],
        "trial__models": [registered | {"model_version": version} for version in ("a", "b")],
        "trial__spine": [{"id": id, "as_of": day} for id in ids],
    }
    found = bodies.run("trial__due", tables)
    live = {row["id"]: row["model_version"] for row in found if not row["is_shadow"]}
    before = "v_fixed" if place("trial.over", unit_id([99]) or "") < 0.5 * PLACES else "a"  # of an earlier experiment
    assert live == {id: "b" if id in challenged else "a" for id in ids} | {99: before}
    assert {row["id"]: row["model_version"] for row in found if row["is_shadow"]} == dict.fromkeys(ids, "v_old")
    assert len(found) == 121
    # scored of record by its variant's version, by another, and in shadow
    one, other = min(challenged), max(challenged)
    done = [scored("b", one, day), scored("a", other, day), scored("v_old", 0, day) | {"batch_id": "s"}]
    batches = [{"batch_id": "b", "is_shadow": 0}, {"batch_id": "s", "is_shadow": 1}]
    left = bodies.run("trial__due", tables | {"trial__predictions": done, "trial__batches": batches})
    gone = {(row["id"], row["is_shadow"]) for row in found} - {(row["id"], row["is_shadow"]) for row in left}
    assert gone == {(one, 0), (0, 1)}
