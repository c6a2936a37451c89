"""Who gets which variant: computed once more in Python, by the library's hash and the plan as written here."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from insitu.acting.hashing import PLACES, place, unit_id
from tests.dbt.bodies.project import Bodies, Row, Rows

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FROM, UNTIL = datetime(2024, 3, 4), datetime(2024, 3, 20)
FEBRUARY = datetime(2024, 2, 1)
PEOPLE = [f"p{number}" for number in range(300)] + ["o'neil", "Zoë ☂", "1:a", ""]
# Where in the unit interval a variant of `letters` lies, by step; what is left is the control's.
STEPS = [{"early": (0, 0.05)}, {"early": (0, 0.25), "never": (0.6, 0.7)}, {"early": (0, 0.6), "never": (0.6, 0.7)}]


def spine(number: int, as_of: datetime, person: str | None = None, city: str = "rome") -> Row:
    return {"id": number, "as_of": as_of, "person": PEOPLE[number] if person is None else person, "city": city}


def of(bodies: Bodies, rows: list[Row], experiment: str = "letters", **tables: list[Row]) -> list[dict[str, Any]]:
    predicted = [{"batch_id": "b", "id": row["id"], "as_of": row["as_of"], "score": 0.5} for row in rows]
    given: Rows = {"trial__spine": rows, "trial__predictions": [*predicted, *predicted]}
    found = bodies.run("trial__assignments", dict(given) | {f"trial__{name}": own for name, own in tables.items()})
    return sorted((row for row in found if row["experiment"] == experiment), key=lambda row: row["id"])


def decided(step: int, at: datetime, state: str = "running", experiment: str = "letters", **settings: Any) -> Row:
    return {"experiment": experiment, "decided_at": at, "step": step, "state": state} | settings


def expected(people: dict[int, str], step: int) -> dict[int, str]:
    found = {}
    for number, person in people.items():
        unit = unit_id([person])
        assert unit is not None
        if place("trial.layer.post", unit) < PLACES / 2:
            at = place("trial.letters", unit) / PLACES
            found[number] = next((v for v, (low, high) in STEPS[step].items() if low <= at < high), "usual")
    return found


def test_a_variant_is_the_hashs(bodies: Bodies) -> None:
    people = dict(enumerate(PEOPLE))
    for step in range(3):
        steps = [decided(0, FROM), decided(step, FROM + DAY)] if step else []
        found = of(bodies, [spine(number, FROM + 2 * DAY) for number in people], rollout_steps=steps)
        assert {row["id"]: row["variant"] for row in found} == expected(people, step)
        assert {row["id"]: row["unit_id"] for row in found} == {i: unit_id([people[i]]) for i in expected(people, step)}
        shares = {row["variant"]: (row["share"], row["propensity"], row["is_control"]) for row in found}
        sizes = {variant: high - low for variant, (low, high) in STEPS[step].items()}
        left = 1 - sum(sizes.values())
        assert shares["usual"] == (pytest.approx(left), pytest.approx(left), 1)
        assert shares["early"] == (pytest.approx(sizes["early"]), pytest.approx(sizes["early"]), 0)


def test_nobody_is_moved_out_of_a_treatment(bodies: Bodies) -> None:
    rows = [spine(number, FROM + 2 * DAY) for number in range(len(PEOPLE))]
    treated: dict[int, str] = {}
    for step in range(3):
        found = of(bodies, rows, rollout_steps=[decided(step, FROM)])
        now = {row["id"]: row["variant"] for row in found if not row["is_control"]}
        assert now | treated == now
        treated = now


def test_a_step_counts_after_the_moment_at_which_it_was_decided(bodies: Bodies) -> None:
    steps = [
        decided(0, FROM),
        decided(2, FROM + DAY),
        decided(2, FROM + 2 * DAY, "rolled_back"),
        decided(0, FROM + 3 * DAY),
        decided(1, FROM + 4 * DAY, "paused"),
        decided(1, FROM + 5 * DAY, "stopped"),
    ]
    shares = {
        FROM: 0.95,
        FROM + DAY: 0.95,
        FROM + DAY + SECOND: 0.3,
        FROM + 2 * DAY: 0.3,
        FROM + 2 * DAY + SECOND: 1,
        FROM + 4 * DAY: 0.95,
        FROM + 4 * DAY + SECOND: 0.65,
        FROM + 9 * DAY: 1,
    }
    # a unit that is in the control at every step
    person = next(
        p for p in PEOPLE if set(e := [expected({0: p}, step).get(0) for step in range(3)]) == {"usual"} and e
    )
    for moment, share in shares.items():
        (found,) = of(bodies, [spine(0, moment, person)], rollout_steps=steps)
        assert (found["variant"], found["share"]) == ("usual", pytest.approx(share)), moment


def test_who_takes_part(bodies: Bodies) -> None:
    inside = next(iter(expected(dict(enumerate(PEOPLE)), 0)))
    person = PEOPLE[inside]
    rows = [
        spine(1, FROM - SECOND, person),
        spine(2, FROM, person),
        spine(3, UNTIL - SECOND, person),
        spine(4, UNTIL, person),
        spine(5, FROM, person, city="oslo"),
        {"id": 6, "as_of": FROM, "person": None, "city": "rome"},
    ]
    assert [row["id"] for row in of(bodies, rows)] == [2, 3]


def registered(version: str, trained: datetime, status: str = "trained") -> Row:
    return {"model_version": version, "training_as_of": trained, "status": status}


def judged(version: str, trained: datetime, decision: str, value: float) -> Row:
    found = {"model_version": version, "training_as_of": trained, "decision": decision, "decided_at": trained}
    return found | {"validation_value": value}


def challenger(bodies: Bodies, models: list[Row], promotions: list[Row], **tables: list[Row]) -> set[str | None]:
    rows = [spine(number, FROM + 3 * DAY) for number in range(40)]
    found = of(bodies, rows, "newer", models=models, promotions=promotions, **tables)
    assert len(found) in (0, 40)
    assert all((row["assigned_version"] is None) == bool(row["is_control"]) for row in found)
    return {row["assigned_version"] for row in found if not row["is_control"]}


def test_the_challenger_is_the_newest_that_was_not_in_charge_and_stays(bodies: Bodies) -> None:
    march, later = datetime(2024, 3, 1), FROM + 2 * DAY
    models = [registered("old", FEBRUARY), registered("a", march), registered("b", march), registered("c", later)]
    models += [registered("broken", march, "failed")]
    promotions = [
        judged("old", FEBRUARY, "promoted", 0.6),
        judged("a", march, "rejected", 0.7),
        judged("b", march, "rejected", 0.8),
    ]
    assert challenger(bodies, models, promotions) == {"b"}
    assert challenger(bodies, models, [*promotions, judged("b", march, "promoted", 0.8)]) == {"a"}
    # in charge later than the experiment began
    assert challenger(bodies, models, [*promotions, judged("b", later, "promoted", 0.8)]) == {"b"}
    veto = {"use_case": "trial", "model_version": "b", "override": "veto", "effective_from": march}
    given = {**{"models": models, "promotions": promotions}}
    rows = [spine(number, FROM + 3 * DAY) for number in range(40)]
    predicted = [{"batch_id": "b", "id": row["id"], "as_of": row["as_of"], "score": 0.5} for row in rows]
    tables = {"trial__spine": rows, "trial__predictions": predicted, "promotion_overrides": [veto]}
    found = bodies.run("trial__assignments", tables | {f"trial__{name}": own for name, own in given.items()})
    assert {row["assigned_version"] for row in found if row["experiment"] == "newer"} == {None, "a"}
    # as it was written down when the experiment started
    started = decided(0, FROM + DAY, experiment="newer", challenger="a")
    assert challenger(bodies, models, promotions, rollout_steps=[started]) == {"a"}
    # nobody challenges: nobody takes part
    assert challenger(bodies, models[:1], promotions[:1]) == set()


def test_experiments_are_independent(bodies: Bodies) -> None:
    rows = [spine(number, FROM + 3 * DAY, f"p{number}") for number in range(200)]
    models = [registered("old", FEBRUARY), registered("a", FEBRUARY)]
    tables: dict[str, list[Row]] = {"models": models, "promotions": [judged("old", FEBRUARY, "promoted", 0.6)]}
    newer, beside = of(bodies, rows, "newer", **tables), of(bodies, rows, "beside", **tables)
    assert {row["unit_id"] for row in newer} == {unit_id([number]) for number in range(200)}
    assert Counter(row["variant"] for row in beside) == {"old": 200}
    assert {row["is_shadow"] for row in beside} == {1} and {row["assigned_version"] for row in beside} == {"v_old"}
    for row in newer:
        assert (row["variant"] == "next") == (place("trial.newer", row["unit_id"]) < 0.2 * PLACES)
