"""What is acted upon, which of several predictions counts, and what came of it: rows and money by hand."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

MONTH, NOON = datetime(2024, 3, 1), datetime(2024, 3, 10, 12)
SECOND = timedelta(seconds=1)
# Treating costs 40 where it was due and 15 where not, not treating 100 where it was due: 15 / (15 - 40 + 100).
THRESHOLD = 0.2


def scored(score: float | None, id: int = 1, **settings: Any) -> Row:
    found = {"batch_id": "b", "batch_as_of": NOON, "model_version": "m", "id": id, "as_of": NOON, "score": score}
    return found | {"predicted_at": NOON + SECOND} | settings


def promoted(version: str, since: datetime = MONTH) -> Row:
    return {"model_version": version, "training_as_of": since, "decision": "promoted", "decided_at": since}


def test_what_is_acted_upon(bodies: Bodies) -> None:
    """A score that is no number asks for nothing, and no money is expected of it."""
    scores = [0.0, 0.1999, THRESHOLD, 0.5, 1.0, None, math.nan, math.inf, -math.inf]
    rows = bodies.run("demo__decisions", {"demo__predictions": [scored(score, id) for id, score in enumerate(scores)]})
    found = {row["id"]: row for row in rows}
    assert [found[i]["is_treated"] for i in range(len(scores))] == [0, 0, 1, 1, 1, 0, 0, 0, 0]
    actions = ["none", "none", "intervene", "intervene", "intervene", "none", "none", "none", "none"]
    assert [found[i]["action"] for i in range(len(scores))] == actions
    assert [row["threshold"] for row in rows] == [pytest.approx(THRESHOLD)] * len(scores)
    expected = [0.0, -19.99, -20.0, -27.5, -40.0, None, None, None, None]
    for i, money in enumerate(expected):
        given = found[i]["expected_profit"]
        assert (given is None) == (money is None), i
        assert money is None or given == pytest.approx(money, abs=1e-12)


def test_nobody_said_what_is_acted_upon(bodies: Bodies) -> None:
    (found,) = bodies.run("value__decisions", {"value__predictions": [scored(99.0, shop="s")]})
    assert (found["is_treated"], found["threshold"], found["action"], found["expected_profit"]) == (
        0,
        None,
        "none",
        None,
    )


def in_charge(bodies: Bodies, *predictions: Row, promotions: list[Row]) -> list[tuple[str, int]]:
    tables = {"demo__predictions": list(predictions), "demo__promotions": promotions}
    found = bodies.run("demo__decisions", tables)
    return sorted((row["batch_id"], row["id"]) for row in found if row["is_in_charge"] == 1)


def test_which_of_several_predictions_counts(bodies: Bodies) -> None:
    champion = scored(0.1, batch_id="champion", model_version="champ")
    shadow = scored(0.9, batch_id="shadow", model_version="other", predicted_at=NOON + 9 * SECOND)
    again = scored(0.3, batch_id="again", model_version="champ", predicted_at=NOON + 5 * SECOND)
    elsewhere = scored(0.3, batch_id="shadow", model_version="other", id=2)
    another_time = scored(0.3, batch_id="later", model_version="other", batch_as_of=NOON + SECOND)
    everything = (champion, shadow, again, elsewhere, another_time)
    assert in_charge(bodies, *everything, promotions=[promoted("champ")]) == [("again", 1), ("later", 1), ("shadow", 2)]
    # who is in charge later is not in charge now
    late = [promoted("champ"), promoted("other", datetime(2024, 4, 1))]
    assert in_charge(bodies, champion, shadow, promotions=late) == [("champion", 1)]
    # without a champion the last one counts; of one moment, the first by name
    assert in_charge(bodies, *everything, promotions=[]) == [("later", 1), ("shadow", 1), ("shadow", 2)]
    twins = [scored(0.1, batch_id=name) for name in ("y", "x", "z")]
    assert in_charge(bodies, *twins, promotions=[]) == [("x", 1)]


def test_one_row_for_an_entity_of_the_last_batch_that_scored_it(bodies: Bodies) -> None:
    def decided(batch: str, as_of: datetime, batch_as_of: datetime, counts: int = 1, id: int = 1) -> Row:
        found = scored(0.4, id, batch_id=batch, as_of=as_of, batch_as_of=batch_as_of)
        return found | {"is_in_charge": counts, "threshold": 0.2, "action": "intervene", "expected_profit": -9.0}

    day = timedelta(days=1)
    rows = [
        decided("oldest", NOON - day, NOON - day),
        decided("stale", NOON, NOON - day),  # of the same as-of, scored a batch before
        decided("last", NOON, NOON),
        decided("shadow", NOON + day, NOON + day, counts=0),
        decided("only", NOON - day, NOON - day, id=2),
    ]
    found = {row["id"]: row for row in bodies.run("demo__predictions_latest", {"demo__decisions": rows})}
    assert {id: row["batch_id"] for id, row in found.items()} == {1: "last", 2: "only"}
    own = ("as_of", "score", "threshold", "action", "expected_profit", "model_version", "batch_as_of", "predicted_at")
    assert [found[1][name] for name in own] == [NOON, 0.4, 0.2, "intervene", -9.0, "m", NOON, NOON + SECOND]


def test_entities_of_two_columns(bodies: Bodies) -> None:
    rows = [
        scored(1.0, id, shop=shop, is_in_charge=1, as_of=NOON + hours * timedelta(hours=1))
        for id, shop, hours in ((1, "a", 0), (1, "b", 1), (2, "a", 2), (1, "a", 3))
    ]
    found = bodies.run("value__predictions_latest", {"value__decisions": rows})
    assert sorted((r["id"], r["shop"], r["as_of"].hour) for r in found) == [(1, "a", 15), (1, "b", 13), (2, "a", 14)]


def test_the_most_probable_class(bodies: Bodies) -> None:
    rows = [
        scored(score, id, **{"class": name, "is_in_charge": 1, "as_of": NOON + hours * timedelta(hours=1)})
        for id, hours, scores in (
            (1, 0, {"a": 0.1, "b": 0.9, "c": 0.0}),
            (1, 1, {"a": 0.3, "b": 0.2, "c": 0.5}),
            (2, 0, {"B": 0.4, "a": 0.4, "c": 0.2}),  # a tie: the first by name, capitals before
        )
        for name, score in scores.items()
    ]
    found = bodies.run("tier__predictions_latest", {"tier__decisions": rows})
    assert sorted((row["id"], row["predicted_class"], row["score"]) for row in found) == [(1, "c", 0.5), (2, "B", 0.4)]


def test_what_came_of_it(bodies: Bodies) -> None:
    def decided(id: int, treated: int) -> Row:
        return scored(0.4, id, is_in_charge=1, is_treated=treated)

    def label(id: int, hit: bool | None, at: datetime = AS_OF - SECOND, as_of: datetime = NOON) -> Row:
        return {"id": id, "as_of": as_of, "hit": hit, "matured_at": at}

    decisions = [decided(id, treated) for id, treated in ((1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 1), (7, 1))]
    labels = [
        *(label(1, True), label(2, False), label(3, True), label(4, False)),
        label(5, True, AS_OF),  # known too late by nothing
        label(6, None),
        label(7, True, as_of=NOON + SECOND),  # of another moment
    ]
    found = bodies.run("demo__outcomes", {"demo__decisions": decisions, "demo__labels": labels})
    money = ("realised_profit", "profit_treat_all", "profit_treat_none")
    assert {row["id"]: tuple(row[name] for name in money) for row in found} == {
        1: (-40, -40, -100),
        2: (-15, -15, 0),
        3: (-100, -40, -100),
        4: (0, -15, 0),
    }
    assert {row["id"]: row["label"] for row in found} == {1: True, 2: False, 3: True, 4: False}
    priceless = bodies.run(
        "value__outcomes",
        {
            "value__decisions": [scored(1.0, shop="a", is_treated=0), scored(2.0, shop="b", is_treated=0)],
            "value__labels": [{"id": 1, "shop": "b", "as_of": NOON, "amount": 3.0, "matured_at": NOON}],
        },
    )
    assert [(row["score"], row["label"], row["realised_profit"]) for row in priceless] == [(2.0, 3.0, None)]
