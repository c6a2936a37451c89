"""What is acted upon, which of several predictions counts, and what came of it: rows and money by hand."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, DECIDED, POLICY_OF_DEMO, Bodies, Row, Rows

MONTH, NOON = datetime(2024, 3, 1), datetime(2024, 3, 10, 12)
SECOND = timedelta(seconds=1)
# Treating costs 40 where it was due and 15 where not, not treating 100 where it was due: 15 / (15 - 40 + 100).
THRESHOLD = 0.2
# What the policy says, in the order of its columns; text in quotes, numbers as DuckDB writes them.
SAYS = (
    "threshold=0.2|true_positive=-40.0|false_positive=-15.0|false_negative=-100.0|true_negative=0.0"
    '|treat="intervene"|treat_not="none"'
)
VERSION = hashlib.md5(SAYS.encode()).hexdigest()[:12]


def scored(score: float | None, id: int = 1, **settings: Any) -> Row:
    found = {"batch_id": "b", "batch_as_of": NOON, "model_version": "m", "id": id, "as_of": NOON, "score": score}
    return found | {"predicted_at": NOON + SECOND} | settings


def promoted(version: str, since: datetime = MONTH) -> Row:
    return {"model_version": version, "training_as_of": since, "decision": "promoted", "decided_at": since}


def decided(bodies: Bodies, tables: Rows, use_case: str = "demo") -> list[dict[str, Any]]:
    policies = {"demo__policies": [POLICY_OF_DEMO], "value__policies": [DECIDED]}
    return bodies.run(f"{use_case}__decisions", policies | dict(tables))


def test_what_is_acted_upon(bodies: Bodies) -> None:
    """A score that is no number asks for nothing, and no money is expected of it."""
    scores = [0.0, 0.1999, THRESHOLD, 0.5, 1.0, None, math.nan, math.inf, -math.inf]
    rows = decided(bodies, {"demo__predictions": [scored(score, id) for id, score in enumerate(scores)]})
    found = {row["id"]: row for row in rows}
    assert [found[i]["is_treated"] for i in range(len(scores))] == [0, 0, 1, 1, 1, 0, 0, 0, 0]
    actions = ["none", "none", "intervene", "intervene", "intervene", "none", "none", "none", "none"]
    assert [found[i]["action"] for i in range(len(scores))] == actions
    assert [row["threshold"] for row in rows] == [pytest.approx(THRESHOLD)] * len(scores)
    reasons = ["threshold_missed"] * 2 + ["threshold_reached"] * 3 + ["no_score"] * 4
    assert [found[i]["reason"] for i in range(len(scores))] == reasons
    assert {(row["propensity"], row["is_explored"], row["policy_version"]) for row in rows} == {(1.0, 0, VERSION)}
    expected = [0.0, -19.99, -20.0, -27.5, -40.0, None, None, None, None]
    for i, money in enumerate(expected):
        given = found[i]["expected_profit"]
        assert (given is None) == (money is None), i
        assert money is None or given == pytest.approx(money, abs=1e-12)


def test_nobody_said_what_is_acted_upon(bodies: Bodies) -> None:
    (found,) = decided(bodies, {"value__predictions": [scored(99.0, shop="s")]}, "value")
    assert (found["is_treated"], found["threshold"], found["action"], found["expected_profit"]) == (
        0,
        None,
        "none",
        None,
    )
    assert (found["reason"], found["propensity"], found["is_explored"]) == ("no_policy", 1.0, 0)


def in_charge(bodies: Bodies, *predictions: Row, promotions: list[Row]) -> list[tuple[str, int]]:
    tables = {"demo__predictions": list(predictions), "demo__promotions": promotions}
    found = decided(bodies, tables)
    return sorted((row["batch_id"], row["id"]) for row in found if row["is_in_charge"] == 1)


def test_which_of_several_predictions_counts(bodies: Bodies) -> None:
    champion = scored(0.1, batch_id="champion", model_version="champ")
    shadow = scored(0.9, batch_id="shadow", model_version="other", predicted_at=NOON + 9 * SECOND)
    again = scored(0.3, batch_id="again", model_version="champ", predicted_at=NOON + 5 * SECOND)
    elsewhere = scored(0.3, batch_id="shadow", model_version="other", id=2)
    another_time = scored(0.3, batch_id="later", model_version="other", batch_as_of=NOON + SECOND)
    everything = (champion, shadow, again, elsewhere, another_time)
    # the champion's, the first of them; where it scored nothing, the first of all
    assert in_charge(bodies, *everything, promotions=[promoted("champ")]) == [("champion", 1), ("shadow", 2)]
    # who is in charge later is not in charge of the row, whenever it was scored
    late = [promoted("champ"), promoted("other", NOON + SECOND)]
    scored_late = scored(0.9, batch_id="late", model_version="other", batch_as_of=AS_OF)
    assert in_charge(bodies, champion, scored_late, promotions=late) == [("champion", 1)]
    assert in_charge(bodies, champion, scored_late, promotions=[*late, promoted("other", NOON)]) == [("late", 1)]
    assert in_charge(bodies, *everything, promotions=[]) == [("champion", 1), ("shadow", 2)]
    twins = [scored(0.1, batch_id=name) for name in ("y", "x", "z")]
    assert in_charge(bodies, *twins, promotions=[]) == [("x", 1)]


def test_what_was_made_in_shadow_is_never_of_record(bodies: Bodies) -> None:
    beside = scored(0.9, batch_id="beside", model_version="champ", predicted_at=NOON)
    alone = scored(0.9, batch_id="beside", model_version="champ", id=2)
    later = scored(0.1, batch_id="record", model_version="other", predicted_at=NOON + SECOND)
    tables = {
        "demo__predictions": [beside, alone, later],
        "demo__promotions": [promoted("champ")],
        "demo__batches": [
            {"batch_id": "beside", "model_version": "champ", "is_shadow": 1},
            {"batch_id": "record", "model_version": "other", "is_shadow": 0},
        ],
    }
    found = {(row["batch_id"], row["id"]): row["is_in_charge"] for row in decided(bodies, tables)}
    assert found == {("beside", 1): 0, ("beside", 2): 0, ("record", 1): 1}


def test_a_prediction_is_decided_by_the_policy_of_its_batch(bodies: Bodies) -> None:
    later = POLICY_OF_DEMO | {"decided_from": NOON, "threshold": 0.5, "treat": "call", "true_positive": -10.0}
    unsure = later | {"threshold": 0.6, "written_at": AS_OF}  # written once more for the same moment: this one counts
    batches = {1: datetime(2023, 6, 1), 2: NOON - SECOND, 3: NOON, 4: NOON + SECOND}
    predictions = [scored(0.55, id, batch_as_of=at) for id, at in batches.items()]
    policies = [POLICY_OF_DEMO, later | {"written_at": NOON}, unsure]
    rows = {row["id"]: row for row in decided(bodies, {"demo__predictions": predictions, "demo__policies": policies})}
    assert {id: (row["threshold"], row["action"]) for id, row in rows.items()} == {
        1: (0.2, "intervene"),
        2: (0.2, "intervene"),
        3: (0.6, "none"),
        4: (0.6, "none"),
    }
    labels = [{"id": id, "as_of": NOON, "hit": True, "matured_at": NOON} for id in batches]
    tables = {"demo__predictions": predictions, "demo__policies": policies, "demo__labels": labels}
    found = bodies.run("demo__outcomes", tables, through=["demo__decisions"])
    assert {row["id"]: (row["realised_profit"], row["profit_treat_all"]) for row in found} == {
        1: (-40.0, -40.0),
        2: (-40.0, -40.0),
        3: (-100.0, -10.0),
        4: (-100.0, -10.0),
    }


@pytest.mark.parametrize(
    ("written", "added"),
    [
        ([], True),
        ([{}], False),
        ([{"threshold": 0.3}], True),
        ([{"false_negative": -99.0}], True),
        ([{"false_negative": None}], True),
        ([{"treat": "call"}], True),
        ([{"treat_not": "wait"}], True),
        ([{"threshold": 0.3, "decided_from": AS_OF}], True),  # the same now, once more
        ([{"threshold": 0.3, "decided_from": AS_OF + SECOND}], False),  # a run for a past moment
        ([{"threshold": 0.3}, {"decided_from": NOON}], False),
        ([{"decided_from": NOON}, {"threshold": 0.3, "decided_from": NOON + SECOND}], True),
    ],
)
def test_a_policy_is_written_down_when_it_changes(bodies: Bodies, written: list[Row], added: bool) -> None:
    found = bodies.run("demo__policies", {"demo__policies": [POLICY_OF_DEMO | row for row in written]})
    assert len(found) == added
    for row in found:
        expected = POLICY_OF_DEMO | {"decided_from": AS_OF, "threshold": pytest.approx(THRESHOLD)}
        assert {name: row[name] for name in expected} == expected


def test_one_row_for_an_entity_whose_last_prediction_is_valid(bodies: Bodies) -> None:
    def of_batch(batch: str, as_of: datetime, batch_as_of: datetime, counts: int = 1, id: int = 1) -> Row:
        found = scored(0.4, id, batch_id=batch, as_of=as_of, batch_as_of=batch_as_of)
        return found | {"is_in_charge": counts, "threshold": 0.2, "action": "intervene", "expected_profit": -9.0}

    day = timedelta(days=1)
    rows = [
        of_batch("oldest", AS_OF - 2 * day, AS_OF - day),
        of_batch("last", AS_OF - SECOND, AS_OF),
        of_batch("shadow", AS_OF, AS_OF, counts=0),
        of_batch("valid", AS_OF - day + SECOND, AS_OF - day + SECOND, id=2),
        of_batch("gone", AS_OF - day, AS_OF - day, id=3),
    ]
    found = {row["id"]: row for row in bodies.run("demo__predictions_latest", {"demo__decisions": rows})}
    assert {id: row["batch_id"] for id, row in found.items()} == {1: "last", 2: "valid"}
    own = ("as_of", "valid_until", "score", "threshold", "action", "expected_profit", "model_version", "batch_as_of")
    expected = [AS_OF - SECOND, AS_OF - SECOND + day, 0.4, 0.2, "intervene", -9.0, "m", AS_OF]
    assert [found[1][name] for name in own] == expected
    # a run for a past moment takes nothing back: what is newest counts
    newer = [*rows, of_batch("newer", AS_OF + day, AS_OF + day, id=4)]
    found = {row["id"]: row for row in bodies.run("demo__predictions_latest", {"demo__decisions": newer})}
    assert {id: row["batch_id"] for id, row in found.items()} == {4: "newer"}


def test_entities_of_two_columns(bodies: Bodies) -> None:
    rows = [
        scored(1.0, id, shop=shop, is_in_charge=1, as_of=AS_OF - hours * timedelta(hours=1))
        for id, shop, hours in ((1, "a", 9), (1, "b", 2), (2, "a", 3), (1, "a", 1))
    ]
    found = bodies.run("value__predictions_latest", {"value__decisions": rows})
    assert sorted((r["id"], r["shop"], r["as_of"].hour) for r in found) == [(1, "a", 11), (1, "b", 10), (2, "a", 9)]


def test_the_most_probable_class(bodies: Bodies) -> None:
    rows = [
        scored(score, id, **{"class": name, "is_in_charge": 1, "as_of": AS_OF - (2 - hours) * timedelta(hours=1)})
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
    def acted(id: int, treated: int) -> Row:
        return scored(0.4, id, is_in_charge=1, is_treated=treated, decided_from=DECIDED["decided_from"])

    def label(id: int, hit: bool | None, at: datetime = AS_OF - SECOND, as_of: datetime = NOON) -> Row:
        return {"id": id, "as_of": as_of, "hit": hit, "matured_at": at}

    decisions = [acted(id, treated) for id, treated in ((1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 1), (7, 1))]
    labels = [
        *(label(1, True, AS_OF), label(2, False), label(3, True), label(4, False)),
        label(5, True, AS_OF + SECOND),  # known too late
        label(6, None),
        label(7, True, as_of=NOON + SECOND),  # of another moment
    ]
    found = bodies.run(
        "demo__outcomes", {"demo__decisions": decisions, "demo__labels": labels, "demo__policies": [POLICY_OF_DEMO]}
    )
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
