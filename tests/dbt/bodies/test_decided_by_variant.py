"""What is done with a row whose variant has a word in it, and how probable that was: by hand, for each variant."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pytest

from insitu.acting.hashing import PLACES, place, unit_id
from tests.dbt.bodies.project import POLICY_OF_DEMO, Bodies, Row

DAY, BEGIN = datetime(2024, 3, 11), datetime(2024, 3, 4)
# The second step of `letters`: the policy's threshold is 0.2, that of `early` 0.5, and `never` is let alone.
SHARES = {"usual": 0.65, "early": 0.25, "never": 0.1}


def person(variant: str) -> str:
    """Somebody who has this variant then."""
    for number in range(1000):
        unit = unit_id([f"p{number}"]) or ""
        at = place("trial.letters", unit) / PLACES
        found = "early" if at < 0.25 else "never" if 0.6 <= at < 0.7 else "usual"
        if place("trial.layer.post", unit) < PLACES / 2 and found == variant:
            return f"p{number}"
    raise AssertionError(variant)


def decide(bodies: Bodies, rows: list[tuple[str | None, float]], **more: list[Row]) -> list[dict[str, Any]]:
    batch = {"batch_id": "b", "batch_as_of": DAY, "model_version": "m", "predicted_at": DAY, "as_of": DAY}
    tables: dict[str, list[Row]] = {
        "predictions": [batch | {"id": id, "score": score} for id, (_, score) in enumerate(rows)],
        "spine": [{"id": id, "as_of": DAY, "person": who, "city": "rome"} for id, (who, _) in enumerate(rows)],
        "policies": [POLICY_OF_DEMO],
        "rollout_steps": [{"experiment": "letters", "decided_at": BEGIN, "step": 1, "state": "running"}],
    }
    found = bodies.run("trial__decisions", {f"trial__{name}": own for name, own in (tables | more).items()})
    return sorted(found, key=lambda row: row["id"])


@pytest.mark.parametrize(
    ("variant", "score", "action", "reason", "threshold", "propensity"),
    [
        # below both thresholds nobody is treated, whatever the variant
        ("usual", 0.1, "none", "threshold_missed", 0.2, 1),
        ("early", 0.1, "none", "threshold_missed", 0.5, 1),
        ("never", 0.1, "none", "variant", 0.2, 1),
        # between them the usual alone
        ("usual", 0.3, "intervene", "threshold_reached", 0.2, 0.65),
        ("early", 0.3, "none", "threshold_missed", 0.5, 0.35),
        ("never", 0.3, "none", "variant", 0.2, 0.35),
        # above, all but those who never are
        ("usual", 0.6, "intervene", "threshold_reached", 0.2, 0.9),
        ("early", 0.5, "intervene", "threshold_reached", 0.5, 0.9),
        ("never", 0.6, "none", "variant", 0.2, 0.1),
        # no score: nothing
        ("early", math.nan, "none", "no_score", 0.2, 1),
    ],
)
def test_a_variant_decides(
    bodies: Bodies, variant: str, score: float, action: str, reason: str, threshold: float, propensity: float
) -> None:
    (found,) = decide(bodies, [(person(variant), score)])
    assert (found["experiment"], found["variant"]) == ("letters", variant)
    assert (found["action"], found["reason"]) == (action, reason)
    assert found["is_treated"] == (action == "intervene")
    assert found["threshold"] == pytest.approx(threshold)
    assert found["propensity"] == pytest.approx(propensity)
    if not math.isnan(score):  # the money of what is done: of the costs of `demo`
        expected = -40 * score - 15 * (1 - score) if action == "intervene" else -100 * score
        assert found["expected_profit"] == pytest.approx(expected)


def test_the_probabilities_of_all_that_might_have_been_done_are_one(bodies: Bodies) -> None:
    for score in (0.1, 0.3, 0.6):
        rows = decide(bodies, [(person(variant), score) for variant in SHARES])
        assert sum({row["action"]: row["propensity"] for row in rows}.values()) == pytest.approx(1)


def test_who_takes_no_part_is_decided_by_the_policy(bodies: Bodies) -> None:
    (found,) = decide(bodies, [(None, 0.3)])
    assert (found["experiment"], found["variant"], found["action"], found["propensity"]) == (None, None, "intervene", 1)


def test_the_model_of_the_variant_is_the_one_of_record(bodies: Bodies) -> None:
    """`newer` gives a row in five to the challenger; who was scored by both is decided by the one of its variant."""
    february = datetime(2024, 2, 1)
    promotions = [{"model_version": "m", "training_as_of": february, "decision": "promoted", "decided_at": february}]
    models = [{"model_version": each, "training_as_of": february, "status": "trained"} for each in ("m", "n")]
    ids = range(50)
    both = [
        {"batch_id": version, "batch_as_of": DAY, "model_version": version, "id": id, "as_of": DAY, "score": 0.3}
        for id in ids
        for version in ("m", "n")
    ]
    found = decide(
        bodies, [(None, 0.3) for _ in ids], predictions=both, promotions=promotions, models=models, rollout_steps=[]
    )
    record = {row["id"]: row["model_version"] for row in found if row["is_in_charge"]}
    challenged = {id for id in ids if place("trial.newer", unit_id([id]) or "") < 0.2 * PLACES}
    assert 3 < len(challenged) < 20
    assert record == {id: "n" if id in challenged else "m" for id in ids}
    assert {row["variant"] for row in found if row["id"] in challenged} == {"next"}
