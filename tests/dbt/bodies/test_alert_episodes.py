"""What the alerts said, moment by moment, and the episodes that come of it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
QUIET = {"demo": 2 * DAY, "value": 0 * DAY}
Key = tuple[str, str]


def said(
    saying: int, moment: datetime, findings: list[Key | tuple[Key, dict[str, Any]]], use_case: str = "demo"
) -> list[Row]:
    """What was said at a moment: a row for each finding, one without any where all was quiet."""
    common = {"use_case": use_case, "saying": saying, "said_as_of": moment, "content": f"c{saying}"}
    rows: list[Row] = []
    for finding in findings:
        key, more = finding if isinstance(finding[1], dict) else (finding, {})
        alert, subject = key
        told = {"severity": "warn", "message": f"{subject} at {moment:%m-%d %H}", "cause": "runs", "as_of": moment}
        rows.append({**common, "alert": alert, "subject": subject, **told, **more})
    return rows or [common]


def by_hand(sayings: list[tuple[datetime, set[Key]]], quiet: timedelta) -> set[tuple[Any, ...]]:
    """Episodes as a state machine that goes from moment to moment."""
    kept: list[tuple[datetime, set[Key]]] = []
    for moment, findings in sayings:
        kept = [each for each in kept if each[0] < moment] + [(moment, findings)]
    found = set()
    for key in {key for _, findings in kept for key in findings}:
        opened = seen = None
        n = 0
        for moment, findings in kept:
            if key in findings:
                opened, seen, n = opened or moment, moment, n + 1
            elif opened and seen and moment - seen >= quiet:
                found.add((*key, opened, seen, moment, n))
                opened, seen, n = None, None, 0
        if opened:
            found.add((*key, opened, seen, None, n))
    return found


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("use_case", QUIET)
def test_episodes_are_those_of_a_state_machine(bodies: Bodies, use_case: str, seed: int) -> None:
    chance = random.Random(seed)
    keys = [("alert_no_predictions", "batch"), ("alert_feature_drift", "x"), ("alert_feature_drift", "n")]
    moment, sayings = AS_OF - 40 * DAY, []
    for _ in range(20):
        sayings.append((moment, {key for key in keys if chance.random() < 0.5}))
        # the same moment again, days without a run, a set-back
        moment += chance.choice([0 * DAY, 5 * HOUR, DAY, DAY, DAY, 2 * DAY, 3 * DAY, -2 * DAY])
    rows = [
        row
        for number, (moment, findings) in enumerate(sayings, 1)
        for row in said(number, moment, sorted(findings), use_case)
    ]
    found = bodies.run("alert_episodes", {"alert_history": rows})
    assert {
        (row["alert"], row["subject"], row["opened_at"], row["last_seen_at"], row["resolved_at"], row["n_seen"])
        for row in found
    } == by_hand(sayings, QUIET[use_case])
    assert len({row["episode_id"] for row in found}) == len(found)
    newest = sayings[-1][0]
    for row in found:
        expected = "resolved" if row["resolved_at"] else "opened" if row["opened_at"] == newest else "still_open"
        assert (row["state"], row["as_of"]) == (expected, newest)
        assert row["state_since"] == (row["resolved_at"] or row["opened_at"])


def test_an_episode_tells_its_beginning_and_its_end(bodies: Bodies) -> None:
    key = ("alert_calibration", "it's m")
    (found,) = bodies.run(
        "alert_episodes",
        {
            "alert_history": [
                *said(1, AS_OF - DAY, [(key, {"value": 0.1, "limit_value": 0.05})], "tier"),
                *said(2, AS_OF, [(key, {"value": 0.2, "limit_value": 0.05, "severity": "error"})], "tier"),
            ]
        },
    )
    assert (found["first_message"], found["last_message"]) == ("it's m at 03-14 12", "it's m at 03-15 12")
    assert (found["severity"], found["value"], found["owner"]) == ("error", 0.2, "the tiers' keepers")
    assert found["state"] == "still_open"
    assert found["query"].endswith(
        "\"mon_performance\" where use_case = 'tier' and model_version = 'it''s m' order by day desc"
    )


def mute(kind: str = "mute", **settings: Any) -> Row:
    found = {"use_case": "demo", "alert": "alert_feature_drift", "subject": "x", "kind": kind, "reason": "we know"}
    return {**found, "effective_from": AS_OF - DAY, "effective_until": AS_OF + DAY, **settings}


DRIFT_OF_X = ("alert_feature_drift", "x_1")
MUTES: list[tuple[list[Row], str, datetime]] = [
    ([], "still_open", AS_OF - 3 * DAY),
    ([mute()], "still_open", AS_OF - 3 * DAY),  # of another subject
    ([mute(subject="x_1")], "muted", AS_OF - DAY),
    ([mute("acknowledge", subject="x*")], "acknowledged", AS_OF - DAY),
    ([mute(subject="*", alert="*", use_case="*")], "muted", AS_OF - DAY),
    ([mute(subject="*", alert="alert*drift")], "muted", AS_OF - DAY),
    ([mute(subject="x__1")], "still_open", AS_OF - 3 * DAY),  # `_` and `%` are what they are
    ([mute(subject="x%")], "still_open", AS_OF - 3 * DAY),
    ([mute(subject="X*")], "still_open", AS_OF - 3 * DAY),
    ([mute(subject="*", use_case="tier")], "still_open", AS_OF - 3 * DAY),
    ([mute(subject="*", effective_until=AS_OF)], "still_open", AS_OF),  # it ended: open again from then on
    (
        [mute(subject="*", effective_until=AS_OF - 5 * DAY, effective_from=AS_OF - 6 * DAY)],
        "still_open",
        AS_OF - 3 * DAY,
    ),
    ([mute(subject="*", effective_from=AS_OF + HOUR)], "still_open", AS_OF - 3 * DAY),
    ([mute(subject="*", effective_from=AS_OF)], "muted", AS_OF),
    ([mute(subject="*", effective_from=AS_OF - 9 * DAY)], "muted", AS_OF - 3 * DAY),  # muted before it opened
    ([mute(subject="*", effective_until=None)], "still_open", AS_OF - 3 * DAY),  # a mute must end
    ([mute(subject="*", kind="hush")], "still_open", AS_OF - 3 * DAY),
    ([mute("acknowledge", subject="*"), mute(subject="x_1")], "muted", AS_OF - DAY),
]


@pytest.mark.parametrize("number", range(len(MUTES)))
def test_mutes_and_acknowledgements(bodies: Bodies, number: int) -> None:
    mutes, state, since = MUTES[number]
    history = [*said(1, AS_OF - 3 * DAY, [DRIFT_OF_X]), *said(2, AS_OF, [DRIFT_OF_X])]
    (found,) = bodies.run("alert_episodes", {"alert_history": history, "alert_mutes": mutes})
    assert (found["state"], found["state_since"]) == (state, since)
    handled = state in ("muted", "acknowledged")
    assert (found["handled_reason"], found["handled_until"]) == (("we know", AS_OF + DAY) if handled else (None, None))


def test_what_is_resolved_is_not_muted(bodies: Bodies) -> None:
    history = [*said(1, AS_OF - 3 * DAY, [DRIFT_OF_X]), *said(2, AS_OF, [])]
    (found,) = bodies.run("alert_episodes", {"alert_history": history, "alert_mutes": [mute(subject="*")]})
    assert (found["state"], found["resolved_at"], found["handled_reason"]) == ("resolved", AS_OF, None)


def finding(alert: str, subject: str, use_case: str = "demo", **settings: Any) -> Row:
    told = {"as_of": AS_OF, "severity": "warn", "message": f"{subject}!", "value": 1.0, "limit_value": 0.5}
    return {"use_case": use_case, "alert": alert, "subject": subject, **told, **settings}


def test_what_is_said_is_kept_once(bodies: Bodies) -> None:
    alerts = [finding("alert_no_predictions", "batch"), finding("alert_calibration", "m", "tier")]
    first = bodies.run("alert_history", {"alerts": alerts})
    assert {(row["use_case"], row["saying"], row["said_as_of"], row["alert"]) for row in first} == {
        ("demo", 1, AS_OF, "alert_no_predictions"),
        ("tier", 1, AS_OF, "alert_calibration"),
        ("value", 1, AS_OF, None),  # that all was quiet is said, too
    }
    assert bodies.run("alert_history", {"alerts": alerts, "alert_history": first}) == []
    assert bodies.run("alert_history", {"alerts": list(reversed(alerts)), "alert_history": first}) == []
    changed = [finding("alert_no_predictions", "batch"), finding("alert_calibration", "m", "tier", message="other")]
    (again,) = bodies.run("alert_history", {"alerts": changed, "alert_history": first})
    assert (again["use_case"], again["saying"], again["message"]) == ("tier", 2, "other")
    earlier = [{**row, "said_as_of": AS_OF - DAY} for row in first]
    next_day = bodies.run("alert_history", {"alerts": alerts, "alert_history": earlier})
    assert [row["saying"] for row in next_day] == [2, 2, 2]


def test_what_hangs_together_has_one_headline(bodies: Bodies) -> None:
    def episode(alert: str, subject: str, cause: str, **settings: Any) -> Row:
        told = {"severity": "warn", "owner": "us", "opened_at": AS_OF, "last_seen_at": AS_OF, "as_of": AS_OF}
        own = {"episode_id": alert + subject, "use_case": "demo", "state": "opened", "last_message": f"{subject}!"}
        return {**own, "alert": alert, "subject": subject, "cause": cause, **told, **settings}

    rows = [
        *(episode("alert_feature_drift", name, "weather") for name in ("wind", "temp", "dewp", "visib")),
        episode("alert_missing_features", "wind", "weather", severity="error", opened_at=AS_OF - DAY),
        episode("alert_parity", "gust", "weather", state="muted"),
        episode("alert_parity", "wind", "weather", state="resolved"),
        episode("alert_label_delay", "labels", "labels", state="acknowledged"),
    ]
    found = bodies.run("alert_groups", {"alert_episodes": rows})
    assert {(row["cause"], row["severity"], row["n_episodes"], row["opened_at"], row["headline"]) for row in found} == {
        (
            "weather",
            "error",
            5,
            AS_OF - DAY,
            "weather: feature drift of 4, missing features (dewp, temp, visib and 1 more)",
        ),
        ("labels", "warn", 1, AS_OF, "labels: labels!"),
    }


def test_severity_by_use_case(bodies: Bodies) -> None:
    rows = [
        {"use_case": use_case, "model_version": "m", "last_as_of": AS_OF, "n_rows": 100, "value": 0.2}
        | {"metric": "expected_calibration_error"}
        for use_case in ("demo", "tier")
    ]
    found = bodies.run("alert_calibration", {"mon_recent_performance": rows})
    assert {(row["use_case"], row["severity"]) for row in found} == {("demo", "warn"), ("tier", "error")}
