"""The report of a replay, as tables and as a page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from insitu.replay.page import html
from insitu.replay.report import Found, Period, Retraining, _Day, _periods, over_time, retrained, text, time_line

STEPS = [datetime(2024, 5, 1) + timedelta(days=n) for n in range(5)]
FOUND = Found(
    use_case="churn",
    metric="auc",
    periods=[
        Period("never", date(2024, 4, 29), 10, 0.8, 100.0),
        Period("never", date(2024, 5, 6), 10, 0.7, 50.0),
        Period("month", date(2024, 5, 6), 10, 0.75, 80.5),
    ],
    retrainings=[Retraining("month", datetime(2024, 5, 3), None, "not better <by far>", 61.4, 0.05, -3.0)],
    seconds={"never": 5.0, "month": 8.0},
    steps=STEPS,
    alerts={"never": {"alert_calibration": STEPS[1:3]}, "month": {}},
)


def test_each_policy_has_its_columns_and_a_sum() -> None:
    heads, rows = over_time(FOUND)
    assert heads == ["from", "auc never", "auc month", "money never", "money month"]
    assert rows == [
        ["2024-04-29", "0.8000", "", "100", ""],
        ["2024-05-06", "0.7000", "0.7500", "50", "80"],
        ["all", "", "", "150", "80"],
    ]


def test_retrainings_and_alerts_are_told() -> None:
    assert retrained(FOUND)[1] == [["month", "2024-05-03", "61", "nobody", "+0.0500", "-3", "not better <by far>"]]
    assert time_line(FOUND, "never") == [["alert_calibration", ".##.."]]
    assert time_line(FOUND, "month") == []
    told = text(FOUND)
    assert "churn: 5 steps" in told and "month: none" in told and "  alert_calibration  .##.." in told


def test_the_page_says_the_same_and_what_it_says_is_escaped() -> None:
    shown = html(FOUND, "shop")
    assert ".##.." in shown and "not better &lt;by far&gt;" in shown and "A replay of 5 steps" in shown


def test_a_week_is_the_mean_of_its_days_by_rows() -> None:
    days = [
        _Day(date(2024, 5, 4), 30, 0.9, 5.0),
        _Day(date(2024, 5, 5), 10, 0.5, None),
        _Day(date(2024, 5, 6), 8, 0.6, 1.0),
    ]
    assert _periods("never", days, is_weekly=True) == [
        Period("never", date(2024, 4, 29), 40, 0.8, 5.0),
        Period("never", date(2024, 5, 6), 8, 0.6, 1.0),
    ]
    months = _periods("never", days, is_weekly=False)
    assert [(each.begins, each.n_rows, each.money) for each in months] == [(date(2024, 5, 1), 48, 6.0)]
