"""When an alert fires and when not: one finding, and each thing without which it is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TODAY = AS_OF.date()


def fired(bodies: Bodies, alert: str, tables: dict[str, list[Row]]) -> list[tuple[str, str, float, float]]:
    found = bodies.run(alert, tables)
    assert all((row["alert"], row["severity"]) == (alert, "warn") for row in found)
    return sorted((row["use_case"], row["subject"], float(row["value"]), float(row["limit_value"])) for row in found)


def recent(metric: str, value: float, use_case: str = "demo", **settings: Any) -> Row:
    found = {"use_case": use_case, "model_version": "m", "last_as_of": AS_OF, "metric": metric, "value": value}
    return found | {"n_rows": 100} | settings


def on_test(metric: str, value: float, use_case: str = "demo", **settings: Any) -> Row:
    found = {"use_case": use_case, "model_version": "m", "snapshot_id": "s", "split": "test", "slice_column": "all"}
    return found | {"metric": metric, "value": value} | settings


MODELS = [{"use_case": use_case, "model_version": "m", "snapshot_id": "s"} for use_case in ("demo", "value")]
# on the test an AUC of 0.8, of which 0.02 may be lost; an RMSE of 10, which may grow by the fifth that `value` allows
DROPS: list[tuple[dict[str, Any], bool]] = [
    (recent("auc", 0.7), True),
    (recent("auc", 0.78), False),
    (recent("auc", 0.7799), True),
    (recent("auc", 0.7, n_rows=99), False),
    (recent("auc", 0.7, ci_low=0.6, ci_high=0.7799), True),
    (recent("auc", 0.7, ci_low=0.6, ci_high=0.7801), False),  # it may be as good as it was
    (recent("auc", 0.9), False),
    (recent("auc", 0.7, model_version="other"), False),  # of a version that was not tested
    (recent("brier", 0.1), False),  # not what the use case is judged by
    (recent("rmse", 12.1, "value"), True),
    (recent("rmse", 11.9, "value"), False),
    (recent("rmse", 12.1, "value", n_rows=50), True),  # its own limit
    (recent("rmse", 12.1, "value", n_rows=49), False),
    (recent("rmse", 14.0, "value", ci_low=12.1, ci_high=16.0), True),
    (recent("rmse", 14.0, "value", ci_low=11.9, ci_high=16.0), False),
    (recent("rmse", 1.0, "value"), False),
]


@pytest.mark.parametrize("number", range(len(DROPS)))
def test_a_drop_of_performance(bodies: Bodies, number: int) -> None:
    row, fires = DROPS[number]
    metrics = [
        on_test("auc", 0.8),
        on_test("brier", 0.2),
        on_test("rmse", 10.0, "value"),
        # none of these is what the version was tested by
        on_test("auc", 0.99, split="validation"),
        on_test("auc", 0.99, slice_column="city"),
        on_test("auc", 0.99, snapshot_id="another"),
        on_test("rmse", 1.0, "value", split="validation"),
    ]
    found = fired(
        bodies,
        "alert_performance_drop",
        {"mon_recent_performance": [row], "ml_metrics": metrics, "ml_models": MODELS},
    )
    limit = 0.78 if row["use_case"] == "demo" else 12.0
    expected = [(row["use_case"], "m", pytest.approx(row["value"]), pytest.approx(limit))] if fires else []
    assert found == expected


def test_calibration(bodies: Bodies) -> None:
    name = "expected_calibration_error"
    for row, fires in (
        (recent(name, 0.0501), True),
        (recent(name, 0.05), False),
        (recent(name, 0.2, n_rows=99), False),
        (recent("maximum_calibration_error", 0.2), False),
    ):
        assert bool(fired(bodies, "alert_calibration", {"mon_recent_performance": [row]})) is fires, row


def test_a_loss_against_the_simple_rules(bodies: Bodies) -> None:
    for row, fires in (
        (recent("profit_uplift", -1.0, ci_high=-0.1), True),
        (recent("profit_uplift", -1.0, ci_high=0.0), False),
        (recent("profit_uplift", -1.0, ci_high=0.1), False),
        (recent("profit_uplift", -1.0, ci_high=-0.1, n_rows=99), False),
        (recent("profit", -1.0, ci_high=-0.1), False),
    ):
        assert bool(fired(bodies, "alert_business_loss", {"mon_recent_performance": [row]})) is fires, row
    (found,) = bodies.run(
        "alert_business_loss", {"mon_recent_performance": [recent("profit_uplift", -1.25, ci_high=-1.0)]}
    )
    assert found["message"].startswith("treating all or none would have brought 1.250 more per row")


def batch(batch_id: str, at: datetime, n: int = 100, in_charge: int | None = None, **settings: Any) -> Row:
    found = {"use_case": "demo", "batch_id": batch_id, "batch_as_of": at, "model_version": "m", "predicted_at": at}
    return found | {"n_predictions": n, "n_in_charge": n if in_charge is None else in_charge} | settings


def drift(batch_id: str, value: float, metric: str = "psi", **settings: Any) -> Row:
    found = {"use_case": "demo", "batch_id": batch_id, "batch_as_of": AS_OF, "model_version": "m", "metric": metric}
    return found | {"value": value, "usual": 0.1, "n_rows": 100} | settings


def test_drift_of_scores(bodies: Bodies) -> None:
    for row, limit in (
        (drift("b", 0.26), 0.25),
        (drift("b", 0.25), None),
        (drift("b", 0.26, n_rows=99), None),
        (drift("b", 0.26, stable_limit=0.3), None),  # no more than on stable days
        (drift("b", 0.31, stable_limit=0.3), 0.3),
        (drift("b", 0.26, usual=0.9, stable_limit=0.1), 0.25),
        (drift("b", 0.26, usual=0.3), None),  # too few stable days: what is usual
        (drift("b", 0.26, usual=None), 0.25),
        (drift("b", 0.9, "ks"), None),
        (drift("before", 0.9), None),  # not of the last batch
    ):
        tables = {"mon_score_drift": [row], "ml_batches": [batch("b", AS_OF), batch("before", AS_OF - DAY)]}
        found = fired(bodies, "alert_score_drift", tables)
        assert found == ([] if limit is None else [("demo", "m", row["value"], limit)]), row


@pytest.mark.parametrize(
    ("alert", "metric", "limit"),
    [
        ("alert_feature_drift", "psi", 0.25),
        ("alert_missing_features", "missing_share", 0.1),
        ("alert_unseen_values", "unseen_share", 0.1),
    ],
)
def test_drift_of_features(bodies: Bodies, alert: str, metric: str, limit: float) -> None:
    other = {"psi": "missing_share", "missing_share": "psi", "unseen_share": "psi"}[metric]
    quiet = [
        drift("b", limit, metric, feature="at_the_limit"),
        drift("b", limit + 0.01, metric, feature="few", n_rows=99),
        drift("b", limit + 0.01, metric, feature="stable", stable_limit=limit + 0.01),
        drift("b", limit + 0.01, metric, feature="usual", usual=limit + 0.01),
        drift("b", 0.9, other, feature="by_the_other_measure"),
        drift("before", 0.9, metric, feature="earlier"),
    ]
    loud = [
        drift("b", limit + 0.01, metric, feature="moved"),
        drift("b", limit + 0.06, metric, feature="unusual", stable_limit=limit + 0.005),
    ]
    batches = {"ml_batches": [batch("b", AS_OF), batch("before", AS_OF - DAY)]}
    assert not fired(bodies, alert, {"mon_feature_drift": quiet, **batches})
    assert fired(bodies, alert, {"mon_feature_drift": quiet + loud, **batches}) == [
        ("demo", "moved", pytest.approx(limit + 0.01), limit),
        ("demo", "unusual", pytest.approx(limit + 0.06), pytest.approx(limit + 0.005)),
    ]


def test_another_unit_is_named_where_it_explains_a_finding(bodies: Bodies) -> None:
    rows = [drift("b", 9.0, feature=name) for name in ("wind", "pressure", "of_another_batch", "plain")]
    rows += [drift("b", 0.447, "scale", feature="wind"), drift("b", 1.1, "scale", feature="pressure")]
    rows += [drift("before", 3.0, "scale", feature="of_another_batch"), drift("b", 3.0, "scale", feature="quiet")]
    found = bodies.run("alert_feature_drift", {"mon_feature_drift": rows, "ml_batches": [batch("b", AS_OF)]})
    told = {row["subject"]: row["message"].partition(";")[2] for row in found}
    assert told == {
        **dict.fromkeys(("pressure", "of_another_batch", "plain"), ""),
        "wind": " all values are 0.447 times what they were: another unit?",
    }


@pytest.mark.parametrize(
    ("batches", "last"),
    [
        ([batch("a", AS_OF - DAY), batch("b", AS_OF)], "b"),
        ([batch("a", AS_OF), batch("b", AS_OF + SECOND)], "a"),  # of a time that has not come
        ([batch("a", AS_OF, in_charge=0), batch("b", AS_OF, in_charge=1)], "b"),
        ([batch("a", AS_OF, in_charge=1), batch("b", AS_OF, in_charge=0, predicted_at=AS_OF + DAY)], "a"),
        ([batch("a", AS_OF), batch("b", AS_OF, predicted_at=AS_OF + SECOND)], "b"),
        ([batch("b", AS_OF), batch("a", AS_OF)], "a"),
    ],
)
def test_which_batch_is_the_last(bodies: Bodies, batches: list[Row], last: str) -> None:
    rows = [drift(name, 0.5, feature=name) for name in ("a", "b")]
    found = fired(bodies, "alert_feature_drift", {"mon_feature_drift": rows, "ml_batches": batches})
    assert [subject for _, subject, *_ in found] == [last]


def test_a_period_without_predictions(bodies: Bodies) -> None:
    batches = [
        batch("last", AS_OF - DAY + SECOND),
        batch("earlier", AS_OF - DAY, use_case="value"),
        batch("to_come", AS_OF + SECOND, use_case="value"),
        batch("shadow", AS_OF, in_charge=0, use_case="value"),
    ]
    found = fired(bodies, "alert_no_predictions", {"ml_batches": batches})
    assert found == [("tier", "batch", 0, 1), ("value", "batch", 0, 1)]


def test_nothing_was_due_or_nobody_ran(bodies: Bodies) -> None:
    """What runs that found nothing due left in the ledger is told; other times and other statuses are none of them."""
    moments = [AS_OF, AS_OF - DAY + SECOND, AS_OF - DAY, AS_OF + SECOND]
    empty = [{"batch_id": str(n), "batch_as_of": moment, "status": "empty"} for n, moment in enumerate(moments)]
    tables = {
        "ml_batches": [batch("last", AS_OF)],
        "tier__batches": empty,
        "value__batches": [empty[0] | {"status": "published"}],
    }
    found = {row["use_case"]: row["message"] for row in bodies.run("alert_no_predictions", tables)}
    said = f"nothing was predicted in the 1 day up to {AS_OF}"
    assert found == {
        "tier": f"{said}: nothing was due in 2 runs",
        "value": f"{said}, and no run says that nothing was due",
    }


@pytest.mark.parametrize(
    ("late", "fires"), [(1.5 * 1440, False), (1.5 * 1440 + 1, True), (7 * 1440.0, True), (0.0, False)]
)
def test_rows_that_are_scored_long_after_they_fell_due(bodies: Bodies, late: float, fires: bool) -> None:
    batches = [batch("before", AS_OF - DAY, delay_minutes=9e9), batch("last", AS_OF, delay_minutes=late)]
    found = fired(bodies, "alert_late_predictions", {"ml_batches": batches})
    assert found == ([("demo", "batch", late, 1.5 * 1440)] if fires else [])
    assert fired(bodies, "alert_late_predictions", {"ml_batches": batches[1:]}) == []  # the first of all


def test_features_that_were_others_when_they_were_scored(bodies: Bodies) -> None:
    def parity(feature: str, n: int, tolerated: bool = False, batch: str = "b", minutes: float | None = 90.0) -> Row:
        found = {"use_case": "demo", "batch_id": batch, "batch_as_of": AS_OF, "feature": feature, "n_rows": 10}
        return found | {"n_different": n, "is_tolerated": tolerated, "differs_after_minutes": minutes}

    rows = [
        parity("x", 3),
        parity("x", 1, batch="c", minutes=30.0),
        parity("x", 1, batch="d", tolerated=True),
        parity("n", 9, tolerated=True),
        parity("city", 0),
        parity("(row)", 2, minutes=None),
    ]
    found = fired(bodies, "alert_parity", {"demo__parity": rows})
    assert found == [("demo", "(row)", 2, 0), ("demo", "x", 4, 0)]
    messages = {row["subject"]: row["message"] for row in bodies.run("alert_parity", {"demo__parity": rows})}
    assert messages["x"].startswith("4 of 20 rows had another value when they were scored, up to 1.500 hours after")


@pytest.mark.parametrize(
    ("last", "before", "change"),
    [
        (151, [100, 100, 100], 0.51),
        (150, [100, 100, 100], None),
        (49, [100, 100, 100], -0.51),
        (50, [100, 100, 100], None),
        (151, [100, 100], None),  # two days are not what is usual
        (100, [100, 100, 10, 10], 100 / 55 - 1),
        # of seven days before at most: the eighth does not count
        (151, [100] * 7 + [10_000], 0.51),
    ],
)
def test_a_change_of_volume(bodies: Bodies, last: int, before: list[int], change: float | None) -> None:
    rows = [batch(f"b{day}", AS_OF - day * DAY, n) for day, n in enumerate([last, *before])]
    # two batches of one day are one volume; what is not in charge, or to come, is none
    rows += [batch("shadow", AS_OF, 900, in_charge=0), batch("to_come", AS_OF + SECOND, 900)]
    rows[0] = batch("b0", AS_OF - SECOND, last - 10)
    rows.append(batch("more", AS_OF, 10))
    found = fired(bodies, "alert_volume_change", {"ml_batches": rows})
    assert found == ([] if change is None else [("demo", "batch", pytest.approx(change), 0.5)])


def test_labels_that_do_not_come(bodies: Bodies) -> None:
    """After seven days all but a twentieth are here, of the seven days before those."""

    def value(*days: tuple[int, int, int]) -> float | None:
        rows = [
            {"batch_id": f"{ago}", "batch_as_of": TODAY - ago * DAY, "id": i, "is_in_charge": 1}
            for ago, n, _ in days
            for i in range(n)
        ]
        # Another version has scored the same rows, and none of them has a label.
        shadow = [row | {"batch_id": "shadow", "is_in_charge": 0} for row in rows]
        known = [row for ago, n, known in days for row in rows if row["batch_id"] == f"{ago}" and row["id"] < known]
        found = fired(bodies, "alert_label_delay", {"demo__decisions": rows + shadow, "demo__outcomes": known})
        return found[0][2] if found else None

    assert value((8, 100, 90)) == pytest.approx(0.1)
    assert value((8, 100, 95)) is None
    assert value((8, 99, 0)) is None, "too few"
    assert value((7, 100, 0)) is None, "not due yet"
    assert value((14, 100, 90)) == pytest.approx(0.1)
    assert value((15, 100, 0)) is None, "long ago"
    assert value((8, 60, 60), (14, 60, 30)) == pytest.approx(0.25)
