"""What other policies would have brought: against NumPy, and against a world whose truth is known."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.dbt.bodies.project import COSTS, Bodies, Row

NOON = datetime(2024, 3, 10, 12)
Numbers = NDArray[np.float64]
ESTIMATORS = ("ips", "snips", "dr")


def estimates(r: Numbers, w: Numbers, q: Numbers, q_other: Numbers) -> dict[str, tuple[float, float, float, float]]:
    """Value, standard error, gain and its error, as Horvitz and Thompson, Hájek, and Dudík have them."""
    n, snips = len(r), np.sum(w * r) / np.sum(w)
    values = {"ips": np.sum(w * r) / n, "snips": snips, "dr": np.mean(q_other + w * (r - q))}
    influence = {"ips": w * r, "snips": snips + (r - snips) * w * n / np.sum(w), "dr": q_other + w * (r - q)}
    return {
        name: (
            values[name],
            np.std(influence[name], ddof=1) / n**0.5,
            values[name] - np.mean(r),
            np.std(influence[name] - r, ddof=1) / n**0.5,
        )
        for name in values
    }


def money(action: str, hit: float) -> float:
    treated = action == "intervene"
    yes, no = ("true_positive", "false_positive") if treated else ("false_negative", "true_negative")
    return hit * COSTS[yes] + (1 - hit) * COSTS[no]


def scored(n: int, generator: random.Random) -> list[Row]:
    batch = {"batch_id": "b", "batch_as_of": NOON, "model_version": "m", "predicted_at": NOON}
    return [batch | {"id": id, "as_of": NOON + timedelta(days=id), "score": generator.random()} for id in range(n)]


def chance_of_hit(score: float, action: str) -> float:
    """The truth: treating halves the chance of the label, which the scores do not know."""
    return score * (0.5 if action == "intervene" else 1.0)


def labels_of(decided: list[dict[str, Any]], generator: random.Random, label: str = "hit") -> list[Row]:
    return [
        {
            "id": row["id"],
            "as_of": row["as_of"],
            "matured_at": NOON,
            label: generator.random() < chance_of_hit(row["score"], row["action"]),
        }
        for row in decided
    ]


def close(row: Row, expected: tuple[float, float, float, float]) -> bool:
    return bool(
        np.allclose([row["value"], row["standard_error"], row["gain"], row["gain_error"]], expected, rtol=1e-9)
        and row["ci_low"] == pytest.approx(expected[0] - 1.959963984540054 * expected[1])
    )


def test_a_threshold_that_was_not_in_force(bodies: Bodies) -> None:
    generator = random.Random(4)
    predictions = scored(1500, generator)
    logged = [
        {key: row[key] for key in ("batch_id", "batch_as_of", "id", "as_of")} | {"city": "a"} for row in predictions
    ]
    given: dict[str, Any] = {"crew__predictions": predictions, "crew__scored_features": logged}
    decided = bodies.run("crew__decisions", given, through=["crew__policies"])
    given["crew__labels"] = labels_of(decided, generator)
    through = ["crew__policies", "crew__decisions", "crew__outcomes"]
    found = {
        (row["policy"], row["estimator"]): row for row in bodies.run("crew__policy_values", given, through=through)
    }
    assert set(found) == {("as_decided", "mean"), *((p, e) for p in ("lower", "all") for e in ESTIMATORS)}
    hits = {row["id"]: row["hit"] for row in given["crew__labels"]}
    r = np.array([money(row["action"], hits[row["id"]]) for row in decided])
    mean = found["as_decided", "mean"]
    assert (mean["value"], mean["gain"], mean["n_rows"]) == (pytest.approx(r.mean()), 0, 1500)
    assert (mean["standard_error"], mean["effective_rows"]) == (pytest.approx(r.std(ddof=1) / 1500**0.5), 1500)
    for policy, other in (("lower", lambda s: "intervene" if s >= 0.3 else "none"), ("all", lambda s: "intervene")):
        others = [other(row["score"]) for row in decided]
        w = np.array([(row["action"] == o) / row["propensity"] for row, o in zip(decided, others, strict=True)])
        q = np.array([money(row["action"], row["score"]) for row in decided])
        q_other = np.array([money(o, row["score"]) for row, o in zip(decided, others, strict=True)])
        by_hand = estimates(r, w, q, q_other)
        # the truth that only this world knows
        truth = np.mean([money(o, chance_of_hit(row["score"], o)) for row, o in zip(decided, others, strict=True)])
        for name in ESTIMATORS:
            row = found[policy, name]
            assert close(row, by_hand[name]), (policy, name)
            assert abs(row["value"] - truth) < 3 * row["standard_error"], (policy, name)
            assert (row["n_rows"], row["n_unsupported"]) == (1500, 0)
            assert row["effective_rows"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
        # a model of the money that is of any use makes the estimate surer
        assert found[policy, "dr"]["standard_error"] < found[policy, "ips"]["standard_error"]


def test_rows_that_say_nothing_of_an_action(bodies: Bodies) -> None:
    """Mail is never drawn, so nobody knows what it would bring to those who were not to get it."""
    generator = random.Random(5)
    predictions = scored(400, generator)
    logged = [
        {key: row[key] for key in ("batch_id", "batch_as_of", "id", "as_of")} | {"x": 100 * generator.random()}
        for row in predictions
    ]
    given: dict[str, Any] = {"fare__predictions": predictions, "fare__scored_features": logged}
    decided = bodies.run("fare__decisions", given, through=["fare__policies"])
    given["fare__labels"] = labels_of(decided, generator)
    through = ["fare__policies", "fare__decisions", "fare__outcomes"]
    found = {
        (row["policy"], row["estimator"]): row for row in bodies.run("fare__policy_values", given, through=through)
    }
    assert {
        (found["all_mail", e]["n_rows"], found["all_mail", e]["n_unsupported"], found["all_mail", e]["value"])
        for e in ESTIMATORS
    } == {(0, 400, None)}
    fares = {row["id"]: row["x"] for row in logged}
    hits = {row["id"]: row["hit"] for row in given["fare__labels"]}

    def price(action: str, hit: float, fare: float) -> float:
        one, zero = {"none": (-0.5 * fare, 0.0), "mail": (-0.2 * fare - 1, -1.0), "call": (-8.0, -6.0)}[action]
        return hit * one + (1 - hit) * zero

    r = np.array([price(row["action"], hits[row["id"]], fares[row["id"]]) for row in decided])
    q = np.array([price(row["action"], row["score"], fares[row["id"]]) for row in decided])
    q_other = np.array([price("call", row["score"], 0.0) for row in decided])
    w = np.array([(row["action"] == "call") / row["propensity"] for row in decided])
    by_hand = estimates(r, w, q, q_other)
    for name in ESTIMATORS:
        assert close(found["all_call", name], by_hand[name]), name


def test_did_it_work(bodies: Bodies) -> None:
    """Among those whose action was drawn: what it changed, also for those who really got it."""
    generator = random.Random(6)
    predictions = scored(800, generator)
    logged = [
        {key: row[key] for key in ("batch_id", "batch_as_of", "id", "as_of")} | {"city": "a"} for row in predictions
    ]
    given: dict[str, Any] = {"crew__predictions": predictions, "crew__scored_features": logged}
    decided = bodies.run("crew__decisions", given, through=["crew__policies"])
    given["crew__labels"] = labels_of(decided, generator)[:-1]  # of the last one nothing is known yet
    # of those who were to be called four in five were, twice, and one in ten of the others
    called = {r["id"] for r in decided if generator.random() < (0.8 if r["action"] == "intervene" else 0.1)}
    given["crew__done"] = [
        {"id": row["id"], "as_of": row["as_of"], "action": action, "done_at": at}
        for row in decided
        for action, at in [("intervene", NOON), ("intervene", NOON + timedelta(hours=1)), ("letter", NOON)]
        if row["id"] in called
    ] + [{"id": row["id"], "as_of": row["as_of"], "action": "intervene", "done_at": None} for row in decided]
    through = ["crew__policies", "crew__decisions", "crew__outcomes"]
    (found,) = bodies.run("crew__effects", given, through=through)
    hits = {row["id"]: row["hit"] for row in given["crew__labels"]}
    arms = {
        action: [r for r in decided if r["is_explored"] and r["action"] == action and r["id"] in hits]
        for action in ("intervene", "none")
    }
    label = {action: np.array([float(hits[r["id"]]) for r in rows]) for action, rows in arms.items()}
    brought = {action: np.array([money(action, hits[r["id"]]) for r in rows]) for action, rows in arms.items()}
    done = {action: np.mean([r["id"] in called for r in rows]) for action, rows in arms.items()}
    assert (found["action"], found["n_rows"], found["n_nothing"]) == ("intervene", *map(len, arms.values()))
    for name, values in (("label", label), ("money", brought)):
        effect = values["intervene"].mean() - values["none"].mean()
        error = sum(v.var(ddof=1) / len(v) for v in values.values()) ** 0.5
        assert found[f"{name}_effect"] == pytest.approx(effect)
        assert found[f"{name}_low"] == pytest.approx(effect - 1.959963984540054 * error)
        assert found[f"{name}_high"] == pytest.approx(effect + 1.959963984540054 * error)
        assert found[f"{name}_of_done"] == pytest.approx(effect / (done["intervene"] - done["none"]))
    assert (found["done_share"], found["done_share_nothing"]) == pytest.approx((done["intervene"], done["none"]))
    # the truth: treating halves a chance of one half
    assert found["label_low"] < -0.25 < found["label_high"]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_hold_the_truth(estimator: str) -> None:
    """The formulas above, in 400 worlds: 95 of 100 intervals hold the value that the other policy has."""
    generator = np.random.default_rng(0)
    n, share, held = 1000, 0.4, 0
    for _ in range(400):
        score = generator.random(n)
        usual, other = score >= 0.5, score >= 0.3
        drawn = generator.random(n) < share
        action = np.where(drawn, generator.random(n) < 0.5, usual)
        propensity = share / 2 + (1 - share) * (action == usual)
        hit = generator.random(n) < score * np.where(action, 0.5, 1.0)
        worth = np.vectorize(lambda a, h: money("intervene" if a else "none", h))
        w = (action == other) / propensity
        value, error, *_ = estimates(worth(action, hit), w, worth(action, score), worth(other, score))[estimator]
        # of the rows that are drawn from this world, not of those of this draw
        truth = float(
            np.mean(
                [
                    money("intervene" if s >= 0.3 else "none", s * (0.5 if s >= 0.3 else 1))
                    for s in (np.arange(2000) + 0.5) / 2000
                ]
            )
        )
        held += abs(value - truth) < 1.959963984540054 * error
    assert 0.92 < held / 400 < 0.98
