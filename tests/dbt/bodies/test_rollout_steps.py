"""When a roll-out goes on, pauses, goes back and ends: one row and its evidence, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
BEGIN = datetime(2024, 3, 4)  # of `letters`, whose steps last 3 days, 3 days, and until it is over
TODAY = date(2024, 3, 15)


def written(step: int, decision: str, state: str = "running", at: datetime = BEGIN, **settings: Any) -> Row:
    return {"experiment": "letters", "decided_at": at, "step": step, "state": state, "decision": decision} | settings


def result(metric: str, verdict: str, variant: str = "early", n: int = 100, **settings: Any) -> Row:
    found = {"experiment": "letters", "day": TODAY, "metric": metric, "variant": variant, "slice_value": ""}
    return found | {"n_units": n, "n_units_control": 500, "effect": -0.25, "verdict": verdict} | settings


def decide(
    bodies: Bodies, steps: list[Row], results: Sequence[Row] = (), overrides: Sequence[Row] = (), name: str = "letters"
) -> dict[str, Any] | None:
    tables = {"trial__rollout_steps": steps, "trial__experiment_results": results, "experiment_overrides": overrides}
    found = [row for row in bodies.run("trial__rollout_steps", tables) if row["experiment"] == name]
    assert len(found) < 2
    assert all(row["decided_at"] == AS_OF for row in found)
    return found[0] if found else None


def word(override: str, at: datetime = AS_OF, step: int | None = None, reason: str | None = "we say so") -> Row:
    found = {"use_case": "trial", "experiment": "letters", "override": override, "effective_from": at}
    return found | {"step": step, "reason": reason}


STARTED = [written(0, "started")]
GOING = [*STARTED, written(1, "advanced", at=BEGIN + 3 * DAY)]
ENOUGH = [result("profit", "unclear")]
BOTH = [*ENOUGH, result("profit", "unclear", "never")]
HARM = result("late", "harmful", effect=0.05)
WORRY = result("calls", "harmful", effect=1.5)


def said(found: dict[str, Any] | None) -> tuple[str, str, int] | None:
    return None if found is None else (found["decision"], found["state"], found["step"])


@pytest.mark.parametrize(
    ("steps", "results", "expected"),
    [
        ([], [], ("started", "running", 0)),
        # the schedule
        (STARTED, [], None),
        (STARTED, [result("profit", "unclear", n=99)], None),
        (STARTED, [result("profit", "unclear", n_units_control=99)], None),
        (STARTED, [result("profit", "unclear", slice_value="rome")], None),
        (STARTED, [result("late", "unclear", n=900)], None),
        (STARTED, [result("profit", "unclear", day=TODAY + DAY)], None),  # a look to come
        (STARTED, [result("profit", "unclear", day=TODAY - DAY), result("profit", "unclear", n=9)], None),
        (STARTED, ENOUGH, ("advanced", "running", 1)),
        (GOING, ENOUGH, None),  # nobody of the other variant
        (GOING, BOTH, ("advanced", "running", 2)),
        ([*STARTED, written(1, "advanced", at=AS_OF - 3 * DAY)], BOTH, ("advanced", "running", 2)),
        ([*STARTED, written(1, "advanced", at=AS_OF - 3 * DAY + SECOND)], BOTH, None),
        ([*GOING, written(2, "advanced", at=BEGIN + 6 * DAY)], BOTH, None),  # the last, and it is not over
        ([written(0, "started", at=AS_OF)], ENOUGH, None),  # this very moment, once more
        ([written(0, "started", at=AS_OF + DAY)], ENOUGH, None),
        # what goes wrong
        (STARTED, [*ENOUGH, HARM], ("rolled_back", "rolled_back", 0)),
        (STARTED, [HARM | {"slice_value": "rome"}], None),
        (STARTED, [HARM | {"verdict": "better"}], None),
        (STARTED, [result("profit", "harmful"), *ENOUGH[1:]], ("advanced", "running", 1)),
        (GOING, [*BOTH, WORRY], ("paused", "paused", 1)),
        (GOING, [*BOTH, WORRY, HARM], ("rolled_back", "rolled_back", 1)),
        ([*GOING, written(1, "paused", "paused", BEGIN + 4 * DAY)], BOTH, None),
        ([*GOING, written(1, "paused", "paused", BEGIN + 4 * DAY)], [*BOTH, HARM], ("rolled_back", "rolled_back", 1)),
        ([*GOING, written(1, "pinned", "paused", BEGIN + 4 * DAY)], [*BOTH, HARM], None),
        ([*GOING, written(1, "resumed", at=BEGIN + 4 * DAY)], [*BOTH, WORRY], ("advanced", "running", 2)),
        ([*GOING, written(1, "rolled_back", "rolled_back", BEGIN + 4 * DAY)], [*BOTH, HARM], None),
        ([*GOING, written(1, "stopped", "stopped", BEGIN + 4 * DAY)], [*BOTH, HARM], None),
    ],
)
def test_a_step(bodies: Bodies, steps: list[Row], results: list[Row], expected: tuple[str, str, int] | None) -> None:
    assert said(decide(bodies, steps, results)) == expected


@pytest.mark.parametrize(
    ("steps", "overrides", "expected"),
    [
        (GOING, [word("pin", step=0)], ("pinned", "paused", 0)),
        (GOING, [word("pin")], ("pinned", "paused", 1)),
        (GOING, [word("pause")], ("paused", "paused", 1)),
        (GOING, [word("stop")], ("stopped", "stopped", 1)),
        (GOING, [word("resume")], ("resumed", "running", 1)),
        (GOING, [word("pause", AS_OF - DAY), word("stop")], ("stopped", "stopped", 1)),
        (GOING, [word("stop", AS_OF + SECOND)], ("advanced", "running", 2)),
        (GOING, [word("stop") | {"use_case": "demo"}], ("advanced", "running", 2)),
        ([*GOING, written(1, "rolled_back", "rolled_back", AS_OF - DAY)], [word("resume")], ("resumed", "running", 0)),
        # what was heard is not heard again
        ([*GOING, written(1, "paused", "paused", AS_OF - DAY, override_from=AS_OF)], [word("pause")], None),
        ([], [word("pause")], ("started", "running", 0)),
    ],
)
def test_a_persons_word(bodies: Bodies, steps: list[Row], overrides: list[Row], expected: tuple[str, str, int]) -> None:
    found = decide(bodies, steps, BOTH, overrides)
    assert said(found) == expected
    if found and found["override_from"]:
        assert (found["reason"], found["value"]) == ("by `experiment_overrides`: we say so", None)


def test_a_step_tells_its_evidence(bodies: Bodies) -> None:
    back = decide(bodies, GOING, [*BOTH, HARM, result("late", "harmful", "never", effect=0.9)])
    assert back is not None
    assert (back["metric"], back["value"], back["limit_value"]) == ("late", 0.9, 0.02)
    assert back["reason"] == (
        "the guardrail `late` of `never` is harmful: 0.900 against the control, by 100 and 500 units up to 2024-03-15"
    )
    on = decide(bodies, GOING, BOTH)
    assert on is not None
    assert (on["metric"], on["value"], on["limit_value"]) == ("units", 100, 100)
    assert on["reason"] == "the step lasted as planned, and 100 units of each variant have matured"
    assert len(on["plan_id"]) == 16 and on["challenger"] is None


def over(decision: str, state: str = "running") -> list[Row]:
    return [written(0, decision, state, datetime(2024, 2, 1), experiment="over")]


def of_over(verdict: str, n: int = 10) -> list[Row]:
    return [result("profit", verdict, "fixed", n, experiment="over")]


@pytest.mark.parametrize(
    ("steps", "results", "expected"),
    [
        ([], [], None),  # over before it began
        (over("started"), of_over("unclear"), "completed"),
        (over("started"), of_over("better"), "completed"),
        (over("started"), of_over("harmful"), "stopped"),
        (over("started"), of_over("unclear", 9), "stopped"),
        (over("paused", "paused"), of_over("unclear"), "completed"),
        (over("completed", "completed"), of_over("unclear"), None),
    ],
)
def test_an_end(bodies: Bodies, steps: list[Row], results: list[Row], expected: str | None) -> None:
    found = decide(bodies, steps, results, name="over")
    assert (found and found["decision"]) == expected
    if found:
        assert found["state"] == expected and found["challenger"] == "v_fixed"


def test_without_an_end_it_is_complete_when_it_is_better(bodies: Bodies) -> None:
    models = [{"model_version": name, "training_as_of": BEGIN - DAY, "status": "trained"} for name in ("a", "b")]
    promotions = [{"model_version": "a", "training_as_of": BEGIN - DAY, "decision": "promoted"}]
    tables = {"trial__models": models, "trial__promotions": promotions}

    def newer(*steps: Row, verdict: str) -> list[tuple[str, str | None]]:
        given = {
            "trial__rollout_steps": list(steps),
            "trial__experiment_results": [result("profit", verdict, "next", experiment="newer")],
        }
        found = bodies.run("trial__rollout_steps", tables | given)
        return [(row["decision"], row["challenger"]) for row in found if row["experiment"] == "newer"]

    assert newer(verdict="unclear") == [("started", "b")]
    begun = written(0, "started", experiment="newer", challenger="b")
    assert newer(begun, verdict="unclear") == []
    assert newer(begun, verdict="better") == [("completed", "b")]
    # nobody challenges: it does not begin
    tables = {"trial__models": models[:1], "trial__promotions": promotions}
    assert newer(verdict="unclear") == []
