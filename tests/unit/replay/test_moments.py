"""When a replay's steps are, and when its models are retrained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from insitu.durations import parse
from insitu.errors import ConfigurationError
from insitu.replay.moments import Policy, steps


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}")


def trained(policy: Policy, days: Sequence[str], alerts: dict[str, list[str]] | None = None) -> list[str]:
    """The moment of training of each day; alerts by the day that leaves them."""
    found: list[datetime] = []
    last, before = None, ""
    for each in days:
        last = policy.moment(day(each), last, (alerts or {}).get(before, []))
        found.append(last)
        before = each
    return [f"{moment:%m-%d}" for moment in found]


DAYS = ("01-30", "01-31", "02-01", "02-02", "03-01")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("declared", ["01-01", "01-01", "02-01", "02-01", "03-01"]),
        ("never", ["01-01"] * 5),
        ("day", list(DAYS)),
        ("week", ["01-29", "01-29", "01-29", "01-29", "02-26"]),
        ("month", ["01-01", "01-01", "02-01", "02-01", "03-01"]),
        ("quarter", ["01-01"] * 5),
        ("triggered", ["01-01"] * 5),
    ],
)
def test_models_are_retrained_as_the_policy_says(name: str, right: list[str]) -> None:
    assert trained(Policy(name, "month"), DAYS) == right


def test_an_alert_retrains_the_day_after_and_then_waits() -> None:
    policy = Policy("triggered", "month", ["alert_calibration"], parse("3 days"))
    days = [f"02-{number:02d}" for number in range(1, 9)]
    alerts = {each: ["alert_calibration"] for each in days[3:]}
    assert trained(policy, days, alerts) == ["02-01"] * 4 + ["02-05"] * 3 + ["02-08"]


def test_another_alert_does_not() -> None:
    policy = Policy("triggered", "month", ["alert_calibration"], parse("3 days"))
    assert trained(policy, DAYS, {each: ["alert_feature_drift"] for each in DAYS}) == ["01-01"] * 5


def test_an_hour_of_the_day_is_no_moment_of_training() -> None:
    policy = Policy("triggered", "month", wait=parse("1 day"))
    assert policy.moment(datetime(2024, 2, 9, 6), day("01-01"), ["alert_calibration"]) == day("02-09")


def test_steps_are_counted_from_the_first() -> None:
    assert steps(day("01-31"), day("04-30"), parse("1 month")) == [day(x) for x in ("01-31", "02-29", "03-31", "04-30")]
    assert steps(day("01-01"), day("01-01"), parse("1 day")) == [day("01-01")]


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="before --from"):
        steps(day("01-02"), day("01-01"), parse("1 day"))
