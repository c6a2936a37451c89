"""From a score to an action by prices, by capacity and by chance; each against a policy written down in Python."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from insitu.config import UseCase
from insitu.scoring.compiled import Model
from insitu.scoring.instead import place
from insitu.scoring.published import UNDECIDED, UNTOLD, Published
from insitu.warehouse.duckdb import DuckDBTransaction
from tests.dbt.bodies.project import ACTING, AS_OF, POLICY_OF_DEMO, Bodies, Row, Rows, literal

NOON = datetime(2024, 3, 10, 12)
HOUR = timedelta(hours=1)
Found = Mapping[Any, Mapping[str, Any]]


def scored(id: int, score: float | None, **settings: Any) -> Row:
    found = {"batch_id": "b", "batch_as_of": NOON, "model_version": "m", "id": id, "as_of": NOON, "score": score}
    return found | {"predicted_at": NOON} | settings


# Entities are called as a policy's own working columns might be.
ROOM, PLACE = {"room": "r"}, {"policy": "p", "place": "q"}


def kept(rows: Sequence[Row], **columns: Any) -> list[Row]:
    """What the rows were scored from."""
    names = ("batch_id", "batch_as_of", "id", "as_of", *ROOM, *PLACE)
    return [
        {name: row[name] for name in names if name in row} | {k: v(row) for k, v in columns.items()} for row in rows
    ]


def decided(bodies: Bodies, use_case: str, tables: Rows) -> list[dict[str, Any]]:
    """Decisions by the policy that the use case declares, or by those that are given."""
    named = {f"{use_case}__{name}": rows for name, rows in tables.items()}
    through = [] if "policies" in tables else [f"{use_case}__policies"]
    return bodies.run(f"{use_case}__decisions", named, through=through)


def share(text: str, digit: int) -> float:
    return (int(hashlib.md5(text.encode()).hexdigest()[digit - 1 : digit + 12], 16) + 0.5) / 2**52


def key(row: Row) -> str:
    return "|".join([str(row["id"]), *(f'"{row[name]}"' for name in ROOM if name in row), str(row["as_of"])])


# --- prices ---


def test_the_action_that_is_expected_to_bring_most(bodies: Bodies) -> None:
    """Costs are columns of the row, as they were when it was scored; chance takes its share."""
    generator = random.Random(0)
    rows = [scored(id, generator.random()) for id in range(300)]
    fares = {row["id"]: round(100 * generator.random(), 2) for row in rows}
    given = {"predictions": rows, "scored_features": kept(rows, x=lambda row: fares[row["id"]])}
    found = {row["id"]: row for row in decided(bodies, "fare", given)}
    drawn = 0
    for row in rows:
        p, fare, one = row["score"], fares[row["id"]], found[row["id"]]
        brings = {"call": -8 * p - 6 * (1 - p), "mail": p * (-0.2 * fare - 1) - (1 - p), "none": p * -0.5 * fare}
        best = max(brings, key=lambda name: brings[name])
        text = f"pepper|{key(row)}"
        is_drawn = share(text, 1) < 0.3
        action = ["none", "call"][math.floor(share(text, 17) * 2)] if is_drawn else best
        propensity = 0.7 * (action == best) + (0.15 if action in ("none", "call") else 0)
        assert (one["action"], one["is_explored"], one["is_treated"]) == (action, is_drawn, action != "none")
        assert one["reason"] == ("explored" if is_drawn else "best_expected")
        assert one["propensity"] == pytest.approx(propensity)
        assert one["expected_profit"] == pytest.approx(brings[action])
        drawn += is_drawn
    assert 60 < drawn < 120
    assert {row["action"] for row in found.values()} == {"call", "mail", "none"}


def test_what_has_no_price_is_left_alone(bodies: Bodies) -> None:
    rows = [scored(1, 0.9), scored(2, 0.9), scored(3, None), scored(4, 0.9), scored(5, math.nan)]
    worth = {1: None, 2: math.inf, 3: 100.0, 5: 100.0}
    logged = [row for row in kept(rows, x=lambda row: worth.get(row["id"])) if row["id"] != 4]
    found = {r["id"]: r for r in decided(bodies, "fare", {"predictions": rows, "scored_features": logged})}
    reasons = {1: "no_price", 2: "no_price", 3: "no_score", 4: "no_price", 5: "no_score"}
    assert {id: row["reason"] for id, row in found.items()} == reasons
    assert {(row["action"], row["propensity"], row["is_explored"]) for row in found.values()} == {("none", 1.0, 0)}
    assert {row["expected_profit"] for row in found.values()} == {None}


def test_prices_that_change(bodies: Bodies) -> None:
    """A batch goes by the prices of its time, also where the later ones are other columns and other actions."""
    (declared,) = bodies.run("fare__policies", {})
    none = {"action": "none", "plus": 0.0, "times": 0.0, "column": None}
    early = [none | {"class": "1", "times": -1.0, "column": "x"}, none | {"class": "0"}]
    early += [
        none | {"action": "mail", "class": "1", "plus": -4.0},
        none | {"action": "mail", "class": "0", "plus": -4.0},
    ]
    # the same columns, and a mail that costs ten times as much
    late = [item | {"plus": 10 * item["plus"]} for item in early]
    policies = [
        declared
        | {"explore_share": None, "explore_salt": None, "explore_actions": None}
        | {"prices": json.dumps(prices), "decided_from": decided_from}
        for prices, decided_from in ((early, NOON - HOUR), (late, NOON + HOUR))
    ]
    rows = [
        scored(10 * batch + id, 0.5, batch_id=f"b{batch}", batch_as_of=NOON + batch * HOUR)
        for batch in (0, 1)
        for id in (1, 2)
    ]
    tables: dict[str, Any] = {"fare__predictions": rows, "fare__policies": policies}
    tables["fare__scored_features"] = kept(rows, x=lambda row: 60.0 if row["id"] % 10 == 1 else 100.0)
    found = {row["id"]: row for row in bodies.run("fare__decisions", tables)}
    told = {id: (row["action"], row["expected_profit"]) for id, row in found.items()}
    # doing nothing is expected to cost half of x
    assert told == {1: ("mail", -4.0), 2: ("mail", -4.0), 11: ("none", -30.0), 12: ("mail", -40.0)}
    tables["fare__labels"] = [{"id": row["id"], "as_of": NOON, "hit": True, "matured_at": NOON} for row in rows]
    brought = bodies.run("fare__outcomes", tables, through=["fare__decisions"])
    money = {row["id"]: row["realised_profit"] for row in brought}
    assert money == {1: -4.0, 2: -4.0, 11: -60.0, 12: -40.0}


def test_prices_of_classes(bodies: Bodies) -> None:
    """The three classes of a row have one action; its money stands once, beside the most probable class."""
    chances = {1: (0.8, 0.1, 0.1), 2: (0.1, 0.8, 0.1), 3: (0.1, 0.1, 0.8), 4: (0.4, 0.3, 0.3)}
    rows = [
        scored(id, p, **{"class": name}, **PLACE)
        for id, scores in chances.items()
        for name, p in zip("abc", scores, strict=True)
    ]
    once = [row for row in rows if row["class"] == "a"]
    tables = {"predictions": rows, "scored_features": kept(once, n=lambda row: 10 + row["id"])}
    found = decided(bodies, "plan", tables)
    assert len(found) == 12
    for id, (a, b, c) in chances.items():
        brings = {
            "none": -10 * b - 30 * c,
            "call": -5 * a - 4 * b - (10 + id) * c,
            "visit": -20 * a - 15 * b - 2 * c,
        }
        best = max(brings, key=lambda name: brings[name])
        own = [row for row in found if row["id"] == id]
        assert {(row["action"], row["is_treated"], row["reason"]) for row in own} == {
            (best, int(best != "none"), "best_expected")
        }
        money = {row["class"]: row["expected_profit"] for row in own}
        top = max("abc", key=lambda name: chances[id]["abc".index(name)])
        assert money.pop(top) == pytest.approx(brings[best])
        assert set(money.values()) == {None}
    # a class that nobody priced leaves the row alone
    rows.append(scored(1, 0.0, **{"class": "d"}, **PLACE))
    found = decided(bodies, "plan", {**tables, "predictions": rows})
    assert {row["reason"] for row in found if row["id"] == 1} == {"no_price"}
    assert {row["reason"] for row in found if row["id"] != 1} == {"best_expected"}


def test_what_prices_brought(bodies: Bodies) -> None:
    """The money of the action that was taken and of the class that came true; all by the first action, and none."""
    rows = [scored(id, 0.5) for id in (1, 2, 3, 4)]
    tables: dict[str, Any] = {
        "fare__predictions": rows,
        "fare__scored_features": kept(rows, x=lambda row: 10.0 * row["id"]),
        "fare__labels": [{"id": id, "as_of": NOON, "hit": id % 2 == 0, "matured_at": NOON} for id in (1, 2, 3, 4)],
    }
    through = ["fare__policies", "fare__decisions"]
    found = {row["id"]: row for row in bodies.run("fare__outcomes", tables, through=through)}
    actions = {row["id"]: row["action"] for row in bodies.run("fare__decisions", tables, through=through[:1])}
    for id, one in found.items():
        worth = {"none": -5.0 * id, "mail": -2.0 * id - 1, "call": -8.0} if id % 2 == 0 else None
        worth = worth or {"none": 0.0, "mail": -1.0, "call": -6.0}
        assert one["realised_profit"] == pytest.approx(worth[actions[id]])
        assert (one["profit_treat_all"], one["profit_treat_none"]) == (worth["call"], worth["none"])
    classes = [scored(1, p, **{"class": name}, **PLACE) for name, p in zip("abc", (0.1, 0.1, 0.8), strict=True)]
    labels = [{"id": 1, "as_of": NOON, "tier": "b", "matured_at": NOON, **PLACE}]
    tables = {"plan__predictions": classes, "plan__scored_features": kept(classes[:1], n=lambda row: 30)}
    money = bodies.run(
        "plan__outcomes", {**tables, "plan__labels": labels}, through=["plan__policies", "plan__decisions"]
    )
    assert {
        row["class"]: (row["realised_profit"], row["profit_treat_all"], row["profit_treat_none"]) for row in money
    } == {
        "a": (None, None, None),
        "b": (None, None, None),
        "c": (-15.0, -4.0, -10.0),
    }
    through = ["plan__policies", "plan__decisions", "plan__outcomes"]
    values = bodies.run("plan__policy_values", {**tables, "plan__labels": labels}, through=through)
    # a visit was the best, so both policies are one
    assert {(row["policy"], row["value"], row["n_rows"]) for row in values} == {
        ("as_decided", -15.0, 1),
        ("all_visit", -15.0, 1),
    }


# --- capacity ---


def admitted(rows: Sequence[Row], cities: Mapping[int, str | None], room: int, share_drawn: float) -> dict[int, Any]:
    """Action, reason and propensity by hand: batch after batch, first those who are drawn, then by score."""
    used: dict[Any, int] = {}
    found: dict[int, Any] = {}

    def tie(row: Row) -> str:
        return hashlib.md5(key(row).encode()).hexdigest()

    def draw(row: Row) -> str | None:
        text = f"crew|{key(row)}"
        return ["intervene", "none"][math.floor(share(text, 17) * 2)] if share(text, 1) < share_drawn else None

    for batch in sorted({(row["predicted_at"], row["batch_as_of"], row["batch_id"]) for row in rows}):
        own = [row for row in rows if (row["predicted_at"], row["batch_as_of"], row["batch_id"]) == batch]
        for slot in {(row["as_of"].date(), cities[row["id"]]) for row in own}:
            group = [row for row in own if (row["as_of"].date(), cities[row["id"]]) == slot]
            before = used.get(slot, 0)

            def run(group: Sequence[Row], draws: Mapping[int, str | None], before: int = before) -> dict[int, str]:
                first = sorted((r for r in group if draws[r["id"]] == "intervene"), key=tie)
                then = [r for r in group if draws[r["id"]] is None and r["score"] >= 0.5]
                queue = first + sorted(then, key=lambda r: (-r["score"], tie(r)))
                treated = {r["id"] for r in queue[: max(0, room - before)]}
                return {r["id"]: "intervene" if r["id"] in treated else "none" for r in group}

            draws = {row["id"]: draw(row) for row in group}
            actions = run(group, draws)
            for row in group:
                id = row["id"]
                # the same once more with each draw that this row could have had
                chance = {"intervene": share_drawn / 2, "none": share_drawn / 2, None: 1 - share_drawn}
                propensity = sum(
                    p for drawn, p in chance.items() if run(group, {**draws, id: drawn})[id] == actions[id]
                )
                found[id] = (actions[id], propensity)
            used[slot] = before + sum(action == "intervene" for action in actions.values())
    return found


def test_the_best_of_each_period_and_group(bodies: Bodies) -> None:
    """Batches of one day and city share its room; what is drawn uses it; propensities are given the others."""
    generator = random.Random(1)
    rows = [
        scored(
            id,
            round(generator.random(), 1),
            batch_id=f"b{id % 4}",
            batch_as_of=NOON + (id % 4) * HOUR,
            predicted_at=NOON + (id % 4 // 2) * HOUR,
            as_of=NOON + timedelta(days=generator.randrange(4)),
        )
        for id in range(120)
    ]
    cities = {row["id"]: generator.choice(["a", "b", None]) for row in rows}
    tables = {"predictions": rows, "scored_features": kept(rows, city=lambda row: cities[row["id"]])}
    found = {row["id"]: row for row in decided(bodies, "crew", tables)}
    by_hand = admitted(rows, cities, 2, 0.4)
    for id, (action, propensity) in by_hand.items():
        assert found[id]["action"] == action, id
        assert found[id]["propensity"] == pytest.approx(propensity), id
    assert {row["reason"] for row in found.values()} == {
        *("explored", "threshold_reached", "threshold_missed", "capacity_used_up")
    }
    treated: dict[Any, int] = {}
    for row in rows:
        slot = (row["as_of"].date(), cities[row["id"]])
        treated[slot] = treated.get(slot, 0) + found[row["id"]]["is_treated"]
    assert max(treated.values()) == 2
    # whatever comes later changes nothing of what was decided
    early = [row for row in rows if row["batch_id"] in ("b0", "b1")]
    kept_early = kept(early, city=lambda row: cities[row["id"]])
    for row in decided(bodies, "crew", {"predictions": early, "scored_features": kept_early}):
        assert row == found[row["id"]]


def test_capacity_alone(bodies: Bodies) -> None:
    """The largest values of a week, Monday to Sunday; a batch for a past moment comes after what is decided."""
    monday = datetime(2024, 3, 11)
    rows = [scored(id, float(id % 5), as_of=monday + timedelta(days=id % 7), **ROOM) for id in range(12)]
    rows += [scored(20 + id, 1.0, as_of=monday - HOUR, **ROOM) for id in range(2)]
    late = scored(30, 99.0, as_of=monday, batch_id="past", batch_as_of=NOON - HOUR, predicted_at=NOON + HOUR, **ROOM)
    rows += [late, scored(31, None, as_of=monday, **ROOM)]
    found = {row["id"]: (row["is_treated"], row["reason"]) for row in decided(bodies, "desk", {"predictions": rows})}
    fours = [id for id in range(12) if id % 5 == 4]
    third = min((id for id in range(12) if id % 5 == 3), key=lambda id: hashlib.md5(key(rows[id]).encode()).hexdigest())
    treated = {*fours, third, 20, 21}
    assert {id for id, (is_treated, _) in found.items() if is_treated} == treated
    assert found[30] == (0, "capacity_used_up")
    assert found[31] == (0, "no_score")
    assert {found[id][1] for id in treated} == {"within_capacity"}


def test_capacity_is_used_by_what_is_of_record_alone(bodies: Bodies) -> None:
    rows = [scored(id, 1.0 + id, batch_id=batch, **ROOM) for id in range(4) for batch in ("shadow", "usual")]
    ledger = [{"batch_id": "shadow", "is_shadow": 1}, {"batch_id": "usual", "is_shadow": 0}]
    found = decided(bodies, "desk", {"predictions": rows, "batches": ledger})
    reasons = {(row["batch_id"], row["id"]): (row["is_treated"], row["reason"]) for row in found}
    assert {reasons["shadow", id] for id in range(4)} == {(0, "not_of_record")}
    assert [reasons["usual", id] for id in range(4)] == [(0, "capacity_used_up"), *[(1, "within_capacity")] * 3]


def test_a_capacity_that_changes(bodies: Bodies) -> None:
    """Lowered, it counts at once; raised, from the next period on."""
    policy = {"treat": "go", "treat_not": "stay", "capacity": 3, "capacity_per": "week", "capacity_by": "[]"}
    first = policy | {"decided_from": NOON - HOUR}
    rows = [
        scored(
            10 * batch + id,
            1.0,
            batch_id=f"b{batch}",
            batch_as_of=NOON + batch * HOUR,
            predicted_at=NOON + batch * HOUR,
            **ROOM,
        )
        for batch in (0, 1)
        for id in range(4)
    ]
    later = scored(99, 1.0, as_of=NOON + timedelta(days=7), batch_id="next", batch_as_of=NOON + 9 * HOUR, **ROOM)
    for capacity, treated in ((1, [3, 0, 1]), (9, [3, 0, 1])):
        changed = policy | {"decided_from": NOON + HOUR, "capacity": capacity}
        found = decided(bodies, "desk", {"predictions": [*rows, later], "policies": [first, changed]})
        counts = [sum(row["is_treated"] for row in found if row["batch_id"] == name) for name in ("b0", "b1", "next")]
        assert counts == treated, capacity
    fewer = [row for row in rows if row["id"] in (0, 10, 11, 12)]
    assert sum(r["is_treated"] for r in decided(bodies, "desk", {"predictions": fewer, "policies": [first]})) == 3


def test_the_live_scorer_decides_as_a_build_does(duckdb_bodies: Bodies) -> None:
    """It decides about new predictions alone, and sees what earlier ones of their period have used up."""
    generator = random.Random(2)
    rows = [
        scored(id, generator.random(), batch_id=f"b{id // 8}", batch_as_of=at, predicted_at=at, as_of=NOON)
        for id in range(24)
        for at in [NOON + id // 8 * HOUR]
    ]
    logged = kept(rows, city=lambda row: "ab"[row["id"] % 2])
    whole = decided(duckdb_bodies, "crew", {"predictions": rows, "scored_features": logged})
    connection, sql = duckdb_bodies.connection, duckdb_bodies.sql
    names = ("decisions", "predictions_latest", "outcomes")
    models = {
        name: Model(
            name,
            f"crew__{name}",
            f'"main"."crew__{name}"',
            "table",
            False,
            False,
            (),
            None,
            "as_of",
            "",
            sql[f"crew__{name}"],
        )
        for name in names
    }
    places = {
        f"crew__{name}": [place("", "main", f"crew__{name}"), place("bodies", "main", f"crew__{name}")]
        for name in (*names, "predictions")
    }
    config = UseCase.model_validate(ACTING["crew"] | {"candidates": [{"name": "one", "family": "mean"}]})
    published = Published(
        "crew", config, '"main"."crew__predictions"', '"main"."crew__policies"', models, places, "duckdb"
    )
    connection.execute("begin")
    try:
        connection.execute(f"insert into crew__policies by name {sql['crew__policies']}")
        for name in names[:2]:
            connection.execute(
                f"create or replace table crew__{name} as select * from ({sql[f'crew__{name}']}) limit 0"
            )
        for batch in ("b0", "b1", "b2"):
            for table, given in (("predictions", rows), ("scored_features", logged)):
                for row in given:
                    if row["batch_id"] == batch:
                        values = ", ".join(map(literal, row.values()))
                        connection.execute(f"insert into crew__{table} ({', '.join(row)}) values ({values})")
            assert published.update(DuckDBTransaction(connection))
            for table in (UNDECIDED, UNTOLD):
                connection.execute(f"drop table if exists {table}")
        found = connection.sql("select * from crew__decisions order by id").fetchall()
    finally:
        connection.execute("rollback")
    assert found == [tuple(row.values()) for row in sorted(whole, key=lambda row: row["id"])]
    assert sum(row["is_treated"] for row in whole) == 4


# --- what is written down ---


def test_the_policy_that_is_written_down(bodies: Bodies) -> None:
    (crew,) = bodies.run("crew__policies", {})
    names = ("threshold", "prices", "capacity", "capacity_per", "capacity_by", "explore_share", "explore_salt")
    assert [crew[name] for name in names] == [0.5, None, 2, "day", '["city"]', 0.4, "crew"]
    assert crew["explore_actions"] == '["intervene", "none"]'
    (fare,) = bodies.run("fare__policies", {})
    prices = {(item["action"], item["class"]): item for item in json.loads(fare["prices"])}
    assert [item["action"] for item in json.loads(fare["prices"])] == ["call"] * 2 + ["mail"] * 2 + ["none"] * 2
    assert prices["mail", "1"] == {"action": "mail", "class": "1", "plus": -1.0, "times": -0.2, "column": "x"}
    assert prices["call", "0"] == {"action": "call", "class": "0", "plus": -6.0, "times": 0.0, "column": None}
    assert fare["threshold"] is None
    again = bodies.run("fare__policies", {"fare__policies": [fare]})
    assert again == []
    fewer = fare | {"explore_share": 0.2, "decided_from": AS_OF - HOUR}
    assert len(bodies.run("fare__policies", {"fare__policies": [fewer]})) == 1


def test_a_table_of_an_earlier_state(bodies: Bodies) -> None:
    """It lacks the columns that have come since, and the same declaration is still the same policy."""
    assert bodies.run("aged__policies", {"aged__policies": [POLICY_OF_DEMO]}) == []
    (found,) = bodies.run("aged__policies", {"aged__policies": [POLICY_OF_DEMO | {"threshold": 0.3}]})
    assert (found["threshold"], found["capacity"]) == (pytest.approx(0.2), None)
