"""Who is promoted, by hand: candidates, measurements, past decisions, and one change to them at a time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, TRAINED, Bodies, Row

BEFORE = datetime(2024, 2, 1)
# Labels 1, 1, 0, 0, and scores with which so many of the four pairs are in order.
SCORES = {4: (0.8, 0.9, 0.1, 0.2), 3: (0.9, 0.3, 0.1, 0.5), 2: (0.9, 0.1, 0.5, 0.3), 1: (0.1, 0.4, 0.2, 0.5)}
NOISE = "not better than old on the test by more than noise"

Tables = dict[str, list[Row]]


def model(version: str, **settings: Any) -> Row:
    return {
        "model_version": version,
        "candidate": version,
        "snapshot_id": "s",
        "training_as_of": TRAINED,
        "status": "trained",
        "point_in_time": "proved",
    } | settings


def metric(version: str, split: str, name: str, value: float | None, **settings: Any) -> Row:
    found = {"model_version": version, "snapshot_id": "s", "split": split, "slice_column": "all", "slice_value": "all"}
    return found | {"metric": name, "value": value, "n_rows": 100} | settings


def measured(version: str, validation: float, test: float = 0.7) -> list[Row]:
    return [
        metric(version, "validation", "auc", validation),
        metric(version, "test", "auc", test, ci_low=test - 0.1),
        metric(version, "test", "expected_calibration_error", 0.06, ci_low=0.03),
        # too few rows to count as a slice
        metric(version, "test", "auc", 0.95, ci_low=0.94, slice_column="city", slice_value="lima", n_rows=1),
        metric(version, "test", "expected_calibration_error", 0.9, ci_low=0.9, slice_column="city", n_rows=1),
    ]


def days(version: str, pairs: list[int], snapshot: str = "s", split: str = "test") -> list[Row]:
    """Held-out rows: on each day four, of which so many pairs are in order."""
    return [
        {"model_version": version, "snapshot_id": snapshot, "split": split, "id": i, "label": label, "score": score}
        | {"as_of": datetime(2024, 2, 20, 6) + timedelta(days=day)}
        for day, found in enumerate(pairs)
        for i, (label, score) in enumerate(zip((1.0, 1.0, 0.0, 0.0), SCORES[found], strict=True))
    ]


def decided(version: str, decision: str = "promoted", training_as_of: datetime = BEFORE, **settings: Any) -> Row:
    return {
        "use_case": "demo",
        "model_version": version,
        "decision": decision,
        "reason": "the first champion",
        "training_as_of": training_as_of,
        "is_tested": True,
        "decided_at": training_as_of + timedelta(hours=1),
    } | settings


def scene() -> Tables:
    """`old` is champion. `new` is better on validation, and in the daily differences 1, 1, 1, 0 quarters: t = 3."""
    return {
        "demo__training_set": [{"snapshot_id": "s"}],
        "demo__models": [model("old", snapshot_id="earlier", training_as_of=BEFORE), model("new"), model("weak")],
        "demo__metrics": [*measured("old", 0.99, 0.65), *measured("new", 0.8), *measured("weak", 0.7, 0.9)],
        "demo__heldout_predictions": [
            *days("old", [2, 3, 2, 2]),
            *days("new", [3, 4, 3, 2]),
            *days("weak", [4, 4, 4, 4]),
        ],
        "demo__promotions": [decided("old")],
        "promotion_overrides": [],
    }


def judged(bodies: Bodies, tables: Tables) -> dict[str, tuple[str, str]]:
    found = bodies.run("demo__promotions", tables)
    assert len({row["model_version"] for row in found}) == len(found)
    return {row["model_version"]: (row["decision"], row["reason"]) for row in found}


def override(kind: str, version: str, since: datetime = AS_OF, use_case: str = "demo") -> Row:
    return {"use_case": use_case, "model_version": version, "override": kind, "effective_from": since, "reason": "no"}


WON = ("promoted", "better than old on the test by more than noise")
SECOND = ("rejected", "new has the better auc on validation")


def test_the_evidence_by_hand(bodies: Bodies) -> None:
    found = {row["model_version"]: row for row in bodies.run("demo__promotions", scene())}
    assert {version: (row["decision"], row["reason"]) for version, row in found.items()} == {"new": WON, "weak": SECOND}
    new = found["new"]
    assert new["use_case"] == "demo" and new["training_as_of"] == TRAINED and new["metric"] == "auc"
    assert (new["previous_champion"], new["judgement"], new["tests_before"]) == ("old", 1, 0)
    assert (new["validation_value"], new["test_value"], new["champion_test_value"]) == (0.8, 0.7, 0.65)
    assert (new["calibration_error"], new["calibration_error_low"]) == (0.06, 0.03)
    # differences 0.25, 0.25, 0.25, 0: their mean, and their deviation 0.125 over the root of four days
    assert new["mean_difference"] == pytest.approx(0.1875, abs=1e-12)
    assert new["difference_error"] == pytest.approx(0.125 / 2, abs=1e-12)
    assert new["mean_difference"] / new["difference_error"] == pytest.approx(3, abs=1e-9)
    assert (new["is_tested"], found["weak"]["is_tested"]) == (True, False)


@pytest.mark.parametrize(("looks", "decision"), [(13, "promoted"), (22, "promoted"), (23, "rejected")])
def test_each_look_at_the_same_test_raises_what_it_takes(bodies: Bodies, looks: int, decision: str) -> None:
    """t = 3, and 3² = 1.645² + 2 ln k for k = 23.27: 22 looks before are the last that pass."""
    assert math.floor(math.exp((9 - 1.645**2) / 2)) == 23
    tables = scene()
    for number in range(looks):
        version = f"tried{number}"
        tables["demo__models"].append(model(version))
        tables["demo__metrics"] += measured(version, 0.5)
        tables["demo__promotions"].append(decided(version, "rejected", TRAINED, reason=SECOND[1]))
    # who was judged twice is one
    again = {"training_as_of": TRAINED, "decided_at": TRAINED + timedelta(hours=2)}
    tables["demo__promotions"].append(decided("tried0", "rejected", **again, reason=SECOND[1]))
    # none of these looked at these rows: not tested, of other rows, and `new` itself
    tables["demo__models"].append(model("untested"))
    tables["demo__metrics"] += measured("untested", 0.4)
    tables["demo__promotions"].append(decided("untested", "rejected", TRAINED, is_tested=False, reason=SECOND[1]))
    tables["demo__promotions"].append(decided("elsewhere", "rejected", TRAINED))
    found = {row["model_version"]: row for row in bodies.run("demo__promotions", tables)}["new"]
    assert (found["tests_before"], found["decision"]) == (looks, decision)


def test_who_was_judged_later_was_not_judged_before(bodies: Bodies) -> None:
    tables = scene()
    tables["demo__promotions"].append(decided("new", "rejected", TRAINED, reason="not calibrated"))
    for version, hour in (("earlier", 0), ("later", 2)):
        tables["demo__models"].append(model(version))
        tables["demo__metrics"] += measured(version, 0.5)
        at = TRAINED + timedelta(hours=hour)
        tables["demo__promotions"].append(decided(version, "rejected", TRAINED, reason=SECOND[1], decided_at=at))
    (found,) = [row for row in bodies.run("demo__promotions", tables) if row["model_version"] == "new"]
    assert (found["tests_before"], found["judgement"], found["decision"]) == (1, 2, "promoted")
    # the judgements of one training are counted
    tables["demo__promotions"].append(decided("new", "rejected", BEFORE, reason="not calibrated"))
    (found,) = [row for row in bodies.run("demo__promotions", tables) if row["model_version"] == "new"]
    assert found["judgement"] == 2


def worse(tables: Tables, version: str, pairs: list[int]) -> None:
    rows = tables["demo__heldout_predictions"]
    rows[:] = [row for row in rows if row["model_version"] != version] + days(version, pairs)


def remeasure(tables: Tables, version: str, split: str, name: str, **settings: Any) -> None:
    """Replace what was measured, or add it."""
    rows = tables["demo__metrics"]
    what = (version, split, name, "all")
    gone = [r for r in rows if (r["model_version"], r["split"], r["metric"], r["slice_column"]) == what]
    rows[:] = [r for r in rows if r not in gone]
    rows.append(metric(version, split, name, **({"value": gone[0]["value"]} if gone else {}) | settings))


def test_one_objection_each(bodies: Bodies) -> None:
    """The whole body, once for every kind of objection."""
    noisy, uncalibrated, sliced, ignored_slice = scene(), scene(), scene(), scene()
    worse(noisy, "new", [3, 2, 3, 2])  # 1, -1, 1, 0 quarters: t = 0.52
    remeasure(uncalibrated, "new", "test", "expected_calibration_error", value=0.2, ci_low=0.051)
    for tables, rows, split in ((sliced, 2, "test"), (ignored_slice, 1, "test")):
        city = {"slice_column": "city", "slice_value": "oslo", "n_rows": rows}
        tables["demo__metrics"].append(metric("old", split, "auc", 0.8, **city))
        tables["demo__metrics"].append(metric("new", split, "auc", 0.7, **city))
    vetoed, not_proved, unknown, no_test = scene(), scene(), scene(), scene()
    vetoed["promotion_overrides"].append(override("veto", "new"))
    not_proved["demo__models"][1] = model("new", point_in_time="not proved", point_in_time_message="f.x")
    unknown["demo__models"][1] = model("new", point_in_time=None)
    remeasure(no_test, "new", "test", "auc", value=None)
    one_day = scene()
    worse(one_day, "new", [4])
    found = [
        judged(bodies, t)["new"] for t in (noisy, uncalibrated, sliced, ignored_slice, vetoed, not_proved, unknown)
    ]
    found += [judged(bodies, tables)["new"] for tables in (no_test, one_day)]
    assert found == [
        ("rejected", NOISE),
        ("rejected", "calibration error above 0.05 on the test by more than noise"),
        ("rejected", "a slice lost more than 0.05 of auc: city = oslo"),
        WON,
        ("rejected", "vetoed: no"),
        ("rejected", "not proved point in time: f.x"),
        ("rejected", "point in time was not checked: trained before the check was made"),
        ("rejected", "no auc on the test"),
        ("rejected", "fewer than two days of the test to compare with old"),
    ]


def test_features_that_changed_since_they_were_scored(bodies: Bodies) -> None:
    """Of batches from ten days before the moment of training to as-of; what may differ does not count."""

    def changed(feature: str, at: datetime, different: int = 1, batch: str = "b", may: bool = False) -> Row:
        found = {"batch_id": batch, "batch_as_of": at, "feature": feature, "n_rows": 9}
        return found | {"n_different": different, "is_tolerated": may}

    first = TRAINED - timedelta(days=10)
    quiet = [
        changed("x", first - timedelta(seconds=1)),
        changed("x", AS_OF + timedelta(seconds=1)),
        changed("y", TRAINED, different=0),
        changed("n", TRAINED, may=True),
    ]
    counted = [changed("a", first), changed("b", AS_OF), changed("a", AS_OF, batch="c")]
    tables = scene() | {"demo__parity": quiet}
    assert judged(bodies, tables)["new"] == WON
    tables["demo__parity"] = [*quiet, counted[0]]
    assert judged(bodies, tables)["new"][1].startswith("1 features had other values when they were scored")
    tables["demo__parity"] = quiet + counted
    (new, _) = sorted(bodies.run("demo__promotions", tables), key=lambda row: str(row["model_version"]))
    assert new["reason"] == "2 features had other values when they were scored: see demo__parity"
    assert (new["parity_batches"], new["parity_features_changed"], new["is_tested"]) == (2, 2, False)


@pytest.mark.parametrize(
    ("overrides", "rival"),
    [
        ([], "old"),
        ([override("veto", "old")], "oldest"),
        ([override("veto", "old", BEFORE)], "oldest"),
        ([override("veto", "old", AS_OF + timedelta(seconds=1))], "old"),
        ([override("veto", "old", use_case="value")], "old"),
        ([override("pin", "old")], "old"),
        ([override("veto", "old"), override("veto", "oldest")], None),
    ],
)
def test_a_vetoed_version_is_no_rival(bodies: Bodies, overrides: list[Row], rival: str | None) -> None:
    tables = scene() | {"promotion_overrides": overrides}
    tables["demo__promotions"].append(decided("oldest", training_as_of=datetime(2024, 1, 1)))
    tables["demo__heldout_predictions"] += days("oldest", [1, 1, 1, 2])
    (new,) = [row for row in bodies.run("demo__promotions", tables) if row["model_version"] == "new"]
    expected = "the first champion" if rival is None else f"better than {rival} on the test by more than noise"
    assert (new["previous_champion"], new["reason"]) == (rival, expected)


def test_a_veto_makes_the_next_best_the_challenger(bodies: Bodies) -> None:
    tables = scene() | {"promotion_overrides": [override("veto", "new")]}
    won = ("promoted", "better than old on the test by more than noise")
    assert judged(bodies, tables) == {"new": ("rejected", "vetoed: no"), "weak": won}


def test_the_rival_is_the_last_that_was_promoted_by_the_moment_of_training(bodies: Bodies) -> None:
    tables = scene()
    tables["demo__heldout_predictions"] += [*days("later", [1, 1, 1, 2]), *days("same", [1, 1, 1, 2])]
    tables["demo__promotions"] += [
        decided("same", decided_at=BEFORE),  # of the same training, decided before `old`
        decided("later", training_as_of=TRAINED + timedelta(seconds=1)),  # of a time that has not come
        decided("rejected", "rejected", TRAINED),
    ]
    (new,) = [row for row in bodies.run("demo__promotions", tables) if row["model_version"] == "new"]
    assert new["previous_champion"] == "old"
    tables["demo__promotions"].append(decided("now", training_as_of=TRAINED))
    tables["demo__heldout_predictions"] += days("now", [1, 1, 1, 2])
    (new,) = [row for row in bodies.run("demo__promotions", tables) if row["model_version"] == "new"]
    assert new["previous_champion"] == "now"


def test_a_champion_that_cannot_be_applied_is_no_rival(bodies: Bodies) -> None:
    tables = scene()
    rows = tables["demo__heldout_predictions"]
    rows[:] = [row for row in rows if row["model_version"] != "old"]
    rows += [*days("old", [1, 1, 1], split="validation"), *days("old", [1, 1, 1], snapshot="earlier")]
    assert judged(bodies, tables)["new"] == (
        "promoted",
        "its predecessor old cannot be compared on the present test",
    )
    # without a rival, it must be better than chance: by the lower end of its interval, if it has one
    for low, decision in ((0.5, "rejected"), (0.51, "promoted"), (None, "promoted")):
        remeasure(tables, "new", "test", "auc", value=0.7, ci_low=low)
        assert judged(bodies, tables)["new"][0] == decision
    remeasure(tables, "new", "test", "auc", value=0.5)
    assert judged(bodies, tables)["new"] == ("rejected", "no better than chance on the test")


def test_who_is_judged(bodies: Bodies) -> None:
    """Only what was trained, on the present rows, and measured on them."""
    tables = scene()
    tables["demo__models"] += [model("failed", status="failed"), model("of_others", snapshot_id="earlier")]
    tables["demo__metrics"] += [
        *measured("failed", 0.95),
        *measured("of_others", 0.96),
        metric("weak", "validation", "auc", 0.97, snapshot_id="earlier"),
        metric("weak", "validation", "auc", 0.98, slice_column="city", slice_value="oslo"),
        metric("weak", "test", "auc", 0.98, slice_column="city", slice_value="oslo"),
        metric("weak", "validation", "brier", 0.99),
    ]
    assert judged(bodies, tables) == {"new": WON, "weak": SECOND}


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ([], "new"),  # by name
        ([decided("weak", "rejected", TRAINED)], "weak"),  # was there before
        ([decided("weak", "rejected", TRAINED), decided("new", "rejected", BEFORE)], "new"),
    ],
)
def test_as_good_is_not_better(bodies: Bodies, history: list[Row], best: str) -> None:
    tables = scene()
    remeasure(tables, "weak", "validation", "auc", value=0.8)
    tables["demo__promotions"] += history
    found = judged(bodies, tables)
    other = {"new": "weak", "weak": "new"}[best]
    assert found[other] == ("rejected", f"{best} has the same auc on validation and was there before")
    assert found[best][0] == "promoted"


def test_none_is_better_than_a_number(bodies: Bodies) -> None:
    tables = scene()
    remeasure(tables, "weak", "validation", "auc", value=None)
    assert judged(bodies, tables) == {"new": WON, "weak": SECOND}


def test_it_is_judged_again_when_the_reason_is_another(bodies: Bodies) -> None:
    def after(*history: Row) -> dict[str, tuple[str, str]]:
        tables = scene()
        tables["demo__promotions"] += history
        return judged(bodies, tables)

    weak = decided("weak", "rejected", TRAINED, reason=SECOND[1])
    assert after(weak) == {"new": WON}, "nothing has changed"
    assert after(decided("weak", "rejected", TRAINED, reason="x has the better auc on validation")) == {"new": WON}
    assert after(decided("weak", "rejected", TRAINED, reason="vetoed: no")) == {"new": WON, "weak": SECOND}
    assert after(weak, decided("weak", "rejected", BEFORE, reason="vetoed: no")) == {"new": WON}, "the last one counts"
    # one that was promoted is not judged again, and is the best on validation still
    promoted = after(decided("new", "promoted", TRAINED))
    assert promoted == {"weak": SECOND}


def test_the_first_of_a_regression_by_its_error(bodies: Bodies) -> None:
    """Less error is better; nothing was decided before, in a table that is not there yet."""
    metrics = [
        metric(version, split, name, value)
        for version, validation in (("near", 1.5), ("far", 2.5))
        for split, name, value in (
            ("validation", "rmse", validation),
            ("test", "rmse", 2.0),
            ("test", "r2", 0.4),
            ("test", "mae", 9.0),
        )
    ]
    tables: Tables = {
        "value__training_set": [{"snapshot_id": "s"}],
        "value__models": [model("near", point_in_time=None), model("far")],
        "value__metrics": metrics,
    }
    found = {row["model_version"]: row for row in bodies.run("value__promotions", tables)}
    assert {version: (row["decision"], row["reason"]) for version, row in found.items()} == {
        "near": ("promoted", "the first champion"),
        "far": ("rejected", "near has the better rmse on validation"),
    }
    assert [found["near"][name] for name in ("test_value", "judgement", "tests_before")] == [2.0, 1, 0]
    tables["value__metrics"] = [row | {"value": 0.0} if row["metric"] == "r2" else row for row in metrics]
    found = {row["model_version"]: row for row in bodies.run("value__promotions", tables)}
    assert found["near"]["reason"] == "no better than the mean label on the test"
