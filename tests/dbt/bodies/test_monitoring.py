"""What is monitored, over a few rows: what drift refers to, which outcomes are recent, what a day was worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from tests.dbt.bodies.project import AS_OF, Bodies, Row

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
JANUARY = datetime(2024, 1, 1, 6)
BATCH = {"batch_id": "b", "batch_as_of": AS_OF, "model_version": "m", "use_case": "demo"}
MODELS = [{"model_version": version, "snapshot_id": "s", "status": "trained"} for version in ("m", "unused")]


def drift_of_features(bodies: Bodies, **tables: list[Row]) -> dict[tuple[str, str], Any]:
    given = {f"demo__{name}" if not name.startswith(("ml_", "mon_")) else name: rows for name, rows in tables.items()}
    found = bodies.run("mon_feature_drift", {"demo__models": MODELS, "ml_batches": [BATCH], **given})
    assert all(row["batch_as_of"] == AS_OF and row["use_case"] == "demo" for row in found)
    return {(row["feature"], row["metric"]): row for row in found}


def snapshot(split: str, xs: Sequence[float | None], first: datetime = JANUARY, **settings: Any) -> list[Row]:
    rows = [{"snapshot_id": "s", "split": split, "id": i, "as_of": first, "x": x} for i, x in enumerate(xs)]
    return [{**row, "n": 1, "city": "rome", **settings} for row in rows]


def test_drift_is_against_the_rows_that_were_trained_on(bodies: Bodies) -> None:
    """Missing in training 1 of 4, in the batch 3 of 4, in the slices that are no reference all."""
    rows = snapshot("train", [1.0, 1.0, 1.0, None])
    for number, split in enumerate(("test", "validation", "gap")):
        rows += snapshot(split, [None, None], JANUARY + (number + 1) * DAY)
    rows += snapshot("train", [None] * 9, snapshot_id="another")
    keys = [{"id": i, "as_of": AS_OF} for i in range(4)]
    limit = {"use_case": "demo", "model_version": "m", "subject": "feature", "feature": "x", "metric": "missing_share"}
    found = drift_of_features(
        bodies,
        snapshots=rows,
        features=[key | {"x": x, "n": 1, "city": "rome"} for key, x in zip(keys, [None, None, None, 1.0], strict=True)]
        + [{"id": 9, "as_of": AS_OF, "x": None}],
        predictions=[BATCH_KEYS | key for key in keys],
        mon_drift_limits=[
            limit | {"usual": 0.75, "stable_limit": 0.8125},
            limit | {"model_version": "another", "usual": 9.0, "stable_limit": 9.0},
            limit | {"subject": "score", "usual": 9.0, "stable_limit": 9.0},
        ],
    )
    missing = found["x", "missing_share"]
    assert (missing["value"], missing["usual"], missing["n_rows"]) == (0.5, 0.75, 4)
    assert missing["stable_limit"] == 0.8125 and found["n", "missing_share"]["stable_limit"] is None
    # by hand: of training 3/4 and 1/4, of the batch 1/4 and 3/4
    assert found["x", "psi"]["value"] == pytest.approx(2 * 0.5 * np.log(3), abs=1e-12)
    assert {(feature, row["value"]) for (feature, metric), row in found.items() if metric == "psi"} >= {("city", 0.0)}
    assert {feature for feature, _ in found} == {"x", "n", "city"}


BATCH_KEYS = {"batch_id": "b", "batch_as_of": AS_OF, "model_version": "m", "score": 0.5}


def test_what_a_model_was_not_trained_with_does_not_drift(bodies: Bodies) -> None:
    """A feature that came later is NULL in what the model was trained on."""
    found = drift_of_features(
        bodies,
        models=[{**MODELS[0], "signature": json.dumps({"features": [{"name": "x"}, {"name": "n"}]})}],
        snapshots=snapshot("train", [1.0] * 4, city=None),
        features=[{"id": 1, "as_of": AS_OF, "x": 1.0, "n": 1, "city": "rome"}],
        predictions=[BATCH_KEYS | {"id": 1, "as_of": AS_OF}],
    )
    assert {feature for feature, _ in found} == {"x", "n"}


def test_stable_drift_is_that_of_days_of_the_test(bodies: Bodies) -> None:
    """Two days of the test, of which the second misses 5 of 20; other slices and other versions are no stable days."""
    rows = snapshot("train", [1.0] * 4) + snapshot("test", [1.0] * 20, JANUARY + DAY)
    rows += snapshot("test", [None] * 5 + [1.0] * 15, JANUARY + 2 * DAY)
    rows += snapshot("validation", [None] * 9, JANUARY + 3 * DAY) + snapshot("test", [None], snapshot_id="another")
    tables = {"ml_batches": [BATCH], "demo__models": MODELS, "demo__snapshots": rows}
    found = [row for row in bodies.run("mon_heldout_drift", tables) if row["metric"] == "missing_share"]
    names = ["use_case", "model_version", "subject", "period_start", "value", "n_rows"]
    assert sorted([row[name] for name in names] for row in found if row["feature"] == "x") == [
        ["demo", "m", "feature", datetime(2024, 1, 2), 0.0, 20],
        ["demo", "m", "feature", datetime(2024, 1, 3), 0.25, 20],
    ]
    assert {row["feature"] for row in found} == {"x", "n", "city"}
    done = {"use_case": "demo", "model_version": "m", "subject": "feature", "feature": "x"}
    assert not bodies.run("mon_heldout_drift", {**tables, "mon_heldout_drift": [done]}), "a version is compared once"


def test_a_stable_period_is_as_long_as_a_batch(bodies: Bodies) -> None:
    """Days, weeks from the first Thursday of 1970 on, months."""
    at = datetime(2024, 1, 4, 13, 30)
    found = bodies.run("scoring_periods", {"moments_asked": [{"moment": at}]})
    assert found == [{"demo": datetime(2024, 1, 4), "weekly": datetime(2024, 1, 4), "monthly": datetime(2024, 1, 1)}]


def stable(day: int, value: float, feature: str = "x", **settings: Any) -> Row:
    found = {"use_case": "demo", "model_version": "m", "subject": "feature", "feature": feature, "metric": "psi"}
    return found | {"period_start": datetime(2024, 1, 1) + day * DAY, "value": value, "n_rows": 100} | settings


def test_the_limits_come_from_stable_days_with_enough_rows(bodies: Bodies) -> None:
    rows = [stable(day, 0.1 + day / 100) for day in range(21)] + [stable(30, 9.0, n_rows=99)]
    rows += [stable(day, 0.5, "few") for day in range(7)]
    found = {row["feature"]: row for row in bodies.run("mon_drift_limits", {"mon_heldout_drift": rows})}
    assert (found["x"]["n_periods"], found["few"]["n_periods"]) == (21, 7)
    assert found["x"]["usual"] == pytest.approx(0.1 + 0.19)
    assert 0.3 < found["x"]["stable_limit"] < 2
    assert found["few"]["stable_limit"] is None, "fewer than eight say nothing of one in a hundred"


def test_stable_days_are_judged_by_the_others(bodies: Bodies) -> None:
    """Twenty days of two features that hardly move, and one on which one of them is far away: that is an alarm."""
    rows = [stable(day, 0.3 + 0.01 * (day % 3), name) for day in range(20) for name in ("x", "y")]
    rows += [stable(20, 8.0, "x"), stable(20, 0.3, "y")]
    rows += [stable(day, 0.01, "", subject="score") for day in range(21)]
    found = bodies.run("mon_false_alarms", {"mon_heldout_drift": rows})
    drift = {row["period_start"].day: row for row in found if row["alert"] == "alert_feature_drift"}
    assert len(drift) == 21 and {row["n_features"] for row in drift.values()} == {2}
    assert {day for day, row in drift.items() if row["n_beyond"]} == {21} and drift[21]["n_beyond"] == 1
    assert not any(row["n_beyond"] for row in found if row["alert"] == "alert_score_drift")
    # one in thirty days, shared by four alerts
    assert [*{row["chance"] for row in found}] == pytest.approx([1 / 30 / 4])


def test_a_batch_is_compared_once(bodies: Bodies) -> None:
    given = {
        "snapshots": snapshot("train", [1.0]),
        "features": [{"id": 0, "as_of": AS_OF, "x": 1.0}],
        "predictions": [BATCH_KEYS | {"id": 0, "as_of": AS_OF}],
    }
    assert drift_of_features(bodies, **given)
    assert not drift_of_features(bodies, **given, mon_feature_drift=[BATCH])


def test_scores_are_compared_with_those_of_held_out_rows(bodies: Bodies) -> None:
    """Held out 0.5 three times and 0.9 once; in the batch as often 0.5 as 0.9: they are a quarter apart."""

    def heldout(split: str, scores: list[float], day: int, **settings: Any) -> list[Row]:
        row = {"model_version": "m", "snapshot_id": "s", "split": split, "as_of": JANUARY + day * DAY}
        return [{**row, "id": i, "label": 1.0, "score": score, **settings} for i, score in enumerate(scores)]

    rows = [*heldout("validation", [0.9], 0), *heldout("test", [0.5] * 3, 1)]
    rows += heldout("test", [0.1] * 9, 2, snapshot_id="another") + heldout("gap", [0.1] * 9, 3)
    rows += heldout("test", [0.1] * 9, 4, model_version="unused")
    predictions = [{**BATCH, "score": score, "as_of": AS_OF} for score in (0.5, 0.5, 0.9, 0.9)]
    tables = {"demo__heldout_predictions": rows, "demo__models": MODELS, "ml_predictions": predictions}
    stable = bodies.run("mon_heldout_drift", {**tables, "ml_batches": [BATCH]})
    # the day of validation is 0.75 apart, that of the test 0.25
    assert sorted(row["value"] for row in stable if row["metric"] == "ks") == pytest.approx([0.25, 0.75], abs=1e-12)
    assert {(row["subject"], row["feature"]) for row in stable} == {("score", "")}
    limit = {"use_case": "demo", "model_version": "m", "subject": "score", "feature": "", "metric": "ks"}
    tables["mon_drift_limits"] = [limit | {"usual": 0.725, "stable_limit": 0.875}]
    found = {row["metric"]: row for row in bodies.run("mon_score_drift", tables)}
    assert found["ks"]["value"] == pytest.approx(0.25, abs=1e-12)
    assert found["missing_share"]["value"] == 0 and found["ks"]["n_rows"] == 4
    assert (found["ks"]["usual"], found["ks"]["stable_limit"]) == (0.725, 0.875)
    psi = (0.5 - 0.75) * np.log(0.5 / 0.75) + (0.5 - 0.25) * np.log(0.5 / 0.25)
    assert found["psi"]["value"] == pytest.approx(psi, abs=1e-9)


def outcome(id: int, as_of: datetime, score: float, label: float, **settings: Any) -> Row:
    found = {"batch_id": "b", "model_version": "m", "id": id, "shop": "s", "as_of": as_of, "batch_as_of": as_of}
    return found | {"score": score, "label": label, "is_in_charge": 1} | settings


def test_recent_is_what_lies_so_many_days_before_the_last_outcome(bodies: Bodies) -> None:
    """`value` looks back three days: exactly three days before is not recent."""
    last = AS_OF - DAY
    rows = [
        outcome(1, last, 3.0, 5.0),
        outcome(2, last - 3 * DAY + SECOND, 3.0, 4.0),
        outcome(3, last - 3 * DAY, 3.0, 100.0),
    ]
    found = {row["metric"]: row for row in bodies.run("mon_recent_performance", {"value__outcomes": rows})}
    expected = root_mean_squared_error([5.0, 4.0], [3.0, 3.0])
    assert found["rmse"]["value"] == pytest.approx(expected, abs=1e-12)
    assert (found["rmse"]["n_rows"], found["rmse"]["use_case"]) == (2, "value")
    assert (found["rmse"]["first_as_of"], found["rmse"]["last_as_of"]) == (last - 3 * DAY + SECOND, last)


def test_what_days_are_expected_to_bring_and_what_they_brought(bodies: Bodies) -> None:
    """Four rows of 0.5 and one of 0.9: 2.9 positives of 5 to expect. A row without a score is none."""

    def day(number: int, n_outcomes: int, realised: float, metric: str = "base_rate", version: str = "m") -> Row:
        found = {"use_case": "demo", "model_version": version, "day": (JANUARY + number * DAY).date()}
        return found | {"metric": metric, "value": realised, "n_rows": n_outcomes}

    predictions = [
        {**BATCH_KEYS, "id": 10 * number + i, "as_of": JANUARY + number * DAY, "score": score}
        for number in range(5)
        for i, score in enumerate([0.5, 0.5, 0.5, 0.5, 0.9, None])
    ]
    performance = [
        day(0, 5, 0.6),
        day(1, 5, 0.0),
        day(2, 4, 0.5),  # one label is missing: more than 0.05
        day(3, 5, 0.6, metric="brier", version="another"),
    ]
    rows = bodies.run("mon_estimated_performance", {"demo__predictions": predictions, "mon_performance": performance})
    assert {row["metric"] for row in rows} == {
        *("auc", "precision", "recall", "log_loss", "brier", "base_rate", "profit")
    }
    assert {(row["use_case"], row["model_version"], row["n_rows"]) for row in rows} == {("demo", "m", 5)}
    found = {row["day"].day: row for row in rows if row["metric"] == "base_rate"}
    assert [found[number]["value"] for number in range(1, 6)] == pytest.approx([0.58] * 5)
    # a mean of four fair coins and one of 0.9
    margin = 1.959963984540054 * np.sqrt(4 * 0.25 + 0.09) / 5
    assert (found[1]["ci_low"], found[1]["ci_high"]) == pytest.approx((0.58 - margin, 0.58 + margin), abs=1e-12)
    told = [(found[n]["realised_value"], found[n]["n_outcomes"], found[n]["is_inside"]) for n in range(1, 6)]
    assert told == [(0.6, 5, 1), (0.0, 5, 0), (0.5, 4, None), (None, 0, None), (None, 0, None)]


def test_how_often_the_estimate_was_right(bodies: Bodies) -> None:
    def day(number: int, inside: int | None, realised: float, metric: str = "auc") -> Row:
        found = {"use_case": "demo", "model_version": "m", "day": (JANUARY + number * DAY).date(), "metric": metric}
        return found | {"value": 0.75, "realised_value": realised, "is_inside": inside}

    rows = [day(0, 1, 0.75), day(1, 0, 0.5), day(2, 1, 0.75), day(3, 1, 0.75), day(4, None, 0.1), day(0, 0, 0.5, "f1")]
    found = bodies.run("mon_estimate_coverage", {"mon_estimated_performance": rows})
    names = ["metric", "n_days", "n_inside", "share_inside", "mean_error"]
    assert sorted([row[name] for name in names] for row in found) == [
        ["auc", 4, 3, 0.75, 0.0625],
        ["f1", 1, 0, 0.0, 0.25],
    ]


def test_what_days_were_worth(bodies: Bodies) -> None:
    def money(id: int, as_of: datetime, treated: int, brought: Any, treat_all: Any, none: Any, **settings: Any) -> Row:
        found = outcome(id, as_of, 0.5, 1.0, is_treated=treated, expected_profit=-1.5, realised_profit=brought)
        del found["shop"]
        return found | {"profit_treat_all": treat_all, "profit_treat_none": none} | settings

    rows = [
        money(1, JANUARY, 1, -40.0, -40.0, -100.0),
        money(2, JANUARY, 0, 0.0, -15.0, 0.0),
        money(3, JANUARY + DAY, 0, -100.0, -40.0, -100.0),
        money(4, JANUARY, 1, -40.0, -40.0, -100.0, is_in_charge=0),
        money(5, JANUARY, 1, None, None, None),
    ]
    found = {row["day"]: row for row in bodies.run("mon_business", {"demo__outcomes": rows})}
    names = ["n_outcomes", "n_treated", "expected_profit", "realised_profit"]
    names += ["profit_treat_all", "profit_treat_none", "profit_uplift"]
    assert [found[date(2024, 1, 1)][name] for name in names] == [2, 1, -3.0, -40.0, -55.0, -100.0, 15.0]
    assert [found[date(2024, 1, 2)][name] for name in names] == [1, 0, -1.5, -100.0, -40.0, -100.0, -60.0]
    assert len(found) == 2


def test_volume_of_every_day_up_to_now(bodies: Bodies) -> None:
    def predicted(id: int, at: datetime, version: str = "m", batch: str = "b") -> Row:
        found = {"use_case": "demo", "batch_id": batch, "batch_as_of": at, "model_version": version}
        return found | {"entity_id": str(id), "as_of": at, "score": id / 10}

    first = AS_OF - 2 * DAY
    predictions = [
        predicted(1, first),
        predicted(2, first + SECOND),
        predicted(2, first + SECOND, batch="again"),
        predicted(3, AS_OF, batch="c"),
        predicted(4, AS_OF, batch="d"),
        predicted(5, AS_OF, "shadow", "e"),
        predicted(6, AS_OF + SECOND, batch="f"),  # of a time that has not come
    ]
    known = outcome(1, first, 0.1, 1.0)
    del known["shop"]
    found = {
        (row["day"].day, row["model_version"]): (
            *(row["n_predictions"], row["n_batches"], row["n_labelled"]),
            row["mean_score"],
        )
        for row in bodies.run("mon_volume", {"ml_predictions": predictions, "demo__outcomes": [known]})
    }
    assert found == {
        (13, "m"): (2, 2, 1, pytest.approx(0.15)),
        (13, "shadow"): (0, 0, 0, None),
        (14, "m"): (0, 0, 0, None),
        (14, "shadow"): (0, 0, 0, None),
        (15, "m"): (2, 2, 0, pytest.approx(0.35)),
        (15, "shadow"): (1, 1, 0, pytest.approx(0.5)),
    }
