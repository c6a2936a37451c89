"""Searches find the best point they tried, keep to the budget, and are repeatable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from insitu.config import Search
from insitu.training.fitting.search import SEARCHES, Outcome, Problem
from insitu.training.fitting.search.base import best
from insitu.training.fitting.search.space import draw, grid, points
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

SPACE: dict[str, Any] = {"x": {"low": 0.01, "high": 100.0, "log": True}, "kind": ["a", "b"]}


def hill(parameters: dict[str, Any], share: float) -> list[float]:
    """Best at x = 1, kind b; noisier on fewer rows."""
    x = parameters.get("x", 50.0)
    return [-abs(np.log10(x)) + (parameters.get("kind") == "b") * 0.5 * share] * 2


def problem(method: str, trials: int, evaluate: Any = hill, deadline: float = float("inf")) -> Problem:
    settings = Search.model_validate({"method": method})
    return Problem(evaluate, SPACE, settings, trials, 7, deadline, lambda line: None)


@pytest.mark.parametrize("method", sorted(SEARCHES))
def test_returns_the_best_of_what_it_tried_on_most_rows(method: str) -> None:
    given = problem(method, 12)
    outcome = SEARCHES[method](given)
    full = [trial for trial in given.trace if trial["share"] == max(t["share"] for t in given.trace)]
    assert outcome.score == max(trial["score"] for trial in full)
    assert hill(outcome.parameters, 1.0)[0] >= hill({}, 1.0)[0]
    again = problem(method, 12)
    assert SEARCHES[method](again).parameters == outcome.parameters


def test_halving_spends_rows_on_the_best() -> None:
    given = problem("halving", 9)
    SEARCHES["halving"](given)
    rungs = [[trial for trial in given.trace if trial["rung"] == rung] for rung in (0, 1)]
    assert [len(rung) for rung in rungs] == [9, 3]
    assert [rung[0]["share"] for rung in rungs] == [pytest.approx(1 / 3, abs=1e-3), 1.0]
    survivors = {json.dumps(trial["parameters"]) for trial in rungs[1]}
    best = sorted(rungs[0], key=lambda trial: -trial["score"])[:3]
    assert survivors == {json.dumps(trial["parameters"]) for trial in best}


@pytest.mark.parametrize(("factor", "trials", "sizes"), [(2, 8, [8, 4, 2]), (3, 12, [12, 4]), (4, 3, [3]), (2, 1, [1])])
def test_each_rung_keeps_one_in_factor_on_factor_times_the_rows(factor: int, trials: int, sizes: list[int]) -> None:
    given = problem("halving", trials)
    given.settings = Search.model_validate({"factor": factor})
    SEARCHES["halving"](given)
    rungs = [[trial for trial in given.trace if trial["rung"] == rung] for rung in range(len(sizes))]
    assert [len(rung) for rung in rungs] == sizes and sum(sizes) == len(given.trace)
    shares = [factor ** (rung + 1.0 - len(sizes)) for rung in range(len(sizes))]
    assert [{trial["share"] for trial in rung} for rung in rungs] == [{round(share, 4)} for share in shares]


def clock(monkeypatch: pytest.MonkeyPatch, start: float) -> list[float]:
    """A clock that only the trials move."""
    now = [start]
    monkeypatch.setattr("insitu.training.fitting.search.base.time.monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("method", sorted(SEARCHES))
@pytest.mark.parametrize(("start", "made"), [(0.0, 4), (11.0, 1)])
def test_seconds_end_a_search_and_what_was_tried_counts(
    method: str, start: float, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial takes three seconds and begins until ten have gone by; one is always made."""
    now = clock(monkeypatch, start)

    def slow(parameters: dict[str, Any], share: float) -> list[float]:
        now[0] += 3
        return hill(parameters, share)

    given = problem(method, 1000, slow, 10.0)
    outcome = SEARCHES[method](given)
    assert not outcome.complete and len(given.trace) == made
    assert outcome.score == max(trial["score"] for trial in given.trace)


@pytest.mark.parametrize("method", ["random", "optuna"])
def test_so_many_trials_are_made_and_the_first_is_as_declared(method: str) -> None:
    given = problem(method, 7)
    outcome = SEARCHES[method](given)
    tried = [trial["parameters"] for trial in given.trace]
    assert outcome.complete and len(tried) == 7 and tried[0] == {}
    assert all(set(point) == {"x", "kind"} for point in tried[1:])
    other = problem(method, 7)
    other.random_state = 8
    SEARCHES[method](other)
    assert [trial["parameters"] for trial in other.trace[1:]] != tried[1:]


def test_proposals_learn_from_the_trials_before() -> None:
    """Chance alone is as good in the end as it was in the beginning."""
    given = problem("optuna", 60)
    given.space = {"x": {"low": 0.01, "high": 100.0, "log": True}}
    SEARCHES["optuna"](given)
    x = [trial["parameters"]["x"] for trial in given.trace[1:]]
    far = [abs(np.log10(value)) for value in x]
    assert np.mean(far[-20:]) < 0.5 * np.mean(far[:10]), "best is x = 1"
    assert 0.3 < np.mean([value < 1 for value in x[:20]]) < 0.9, "as many small ones as large ones"


def test_proposals_are_of_the_kind_that_is_asked_for_and_a_failure_is_no_score() -> None:
    def picky(parameters: dict[str, Any], share: float) -> list[float]:
        if parameters.get("n", 0) % 2:
            raise ValueError("even numbers only")
        return [float(parameters.get("n", 0))]

    given = problem("optuna", 25, picky)
    given.space = {"n": {"low": 1, "high": 9, "integer": True}, "kind": ["a", "b"]}
    outcome = SEARCHES["optuna"](given)
    tried = [trial["parameters"] for trial in given.trace[1:]]
    assert all(isinstance(point["n"], int) and point["kind"] in ("a", "b") for point in tried)
    assert {trial["score"] for trial in given.trace if trial["parameters"].get("n", 0) % 2} == {None}
    assert outcome.score == outcome.parameters["n"] == max(point["n"] for point in tried if point["n"] % 2 == 0)


def test_the_best_is_the_first_of_the_highest_on_the_most_rows() -> None:
    given = problem("random", 9)
    given.trace = [
        {"share": share, "score": score, "parameters": {"n": n}}
        for n, (share, score) in enumerate([(0.5, 9.0), (1.0, 3.0), (1.0, None), (1.0, 5.0), (1.0, 5.0), (1.0, 4.0)])
    ]
    assert best(given, True) == Outcome({"n": 3}, 5.0, True)
    given.trace = [{"share": 1.0, "score": None, "error": "ValueError: no"}]
    with pytest.raises(RuntimeError, match="every trial failed; the first: ValueError: no"):
        best(given, True)


def test_a_trial_is_scored_by_the_mean_of_its_folds() -> None:
    given = problem("random", 1, lambda parameters, share: [1.0, 2.0, 6.0])
    assert given.score({}) == 3.0
    (trial,) = given.trace
    assert (trial["scores"], trial["score"], trial["share"], trial["rung"]) == ([1.0, 2.0, 6.0], 3.0, 1.0, 0)
    failing = problem("random", 1, lambda parameters, share: [][0])
    assert failing.score({}) == -float("inf") and failing.trace[0]["error"].startswith("IndexError")


def test_a_point_that_fails_is_a_bad_point() -> None:
    def picky(parameters: dict[str, Any], share: float) -> list[float]:
        if parameters.get("kind") != "a":
            raise ValueError("only a")
        return hill(parameters, share)

    assert SEARCHES["random"](problem("random", 8, picky)).parameters["kind"] == "a"


def test_grid_is_every_combination() -> None:
    points = grid({"a": [1, 2], "b": {"low": 0, "high": 10, "integer": True, "steps": 3}})
    assert points == [{"a": a, "b": b} for a in (1, 2) for b in (0, 5, 10)]
    assert grid({"c": {"low": 0.01, "high": 100, "log": True}}) == [{"c": c} for c in (0.01, 0.1, 1.0, 10.0, 100.0)]
    assert grid({"c": {"low": 0, "high": 1}}) == [{"c": c} for c in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert grid({"n": {"low": 1, "high": 2, "integer": True}}) == [{"n": 1}, {"n": 2}], "each point once"
    assert grid({"n": {"low": 1, "high": 2, "steps": 1}}) == [{"n": 1.0}]
    assert grid({"c": {"low": 0, "high": 1 / 3, "steps": 2}}) == [{"c": 0.0}, {"c": 0.3333}]


@pytest.mark.parametrize(("trials", "made", "complete"), [(11, 10, True), (10, 10, True), (9, 9, False)])
def test_a_grid_is_complete_when_all_of_it_was_tried(trials: int, made: int, complete: bool) -> None:
    given = problem("grid", trials)
    outcome = SEARCHES["grid"](given)
    assert [trial["parameters"] for trial in given.trace] == grid(SPACE)[:made]
    assert outcome.complete == complete


def test_draws_stay_inside_and_are_spread_as_declared() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw({**SPACE, "n": {"low": 1, "high": 4, "integer": True}}, rng) for _ in range(300)]
    x = np.array([point["x"] for point in drawn])
    assert x.min() >= 0.01 and x.max() <= 100 and 0.4 < np.mean(x < 1) < 0.6
    assert {point["kind"] for point in drawn} == {"a", "b"}
    assert {point["n"] for point in drawn} == {1, 2, 3, 4}


def test_points_are_different_and_the_first_is_as_declared() -> None:
    few = {"kind": ["a", "b"], "n": [1, 2]}
    assert points(few, 3, 0)[0] == {} and len(points(few, 3, 0)) == 3
    everything = points(few, 50, 0)
    assert sorted(map(str, everything)) == sorted(map(str, [{}, *grid(few)]))
    assert points(SPACE, 9, 1) == points(SPACE, 9, 1) != points(SPACE, 9, 2)
    assert points(SPACE, 1, 0) == [{}]


def test_train_records_the_search_and_uses_its_result() -> None:
    candidate = {
        "name": "tuned",
        "family": "logistic_regression",
        "search": {"method": "halving", "trials": 6, "space": {"C": {"low": 1e-6, "high": 1.0, "log": True}}},
    }
    (row,) = train(ml(candidate), "demo", snapshot(900), progress=lambda line: None).to_pylist()
    trace = json.loads(row["search_trace"])
    result = trace[-1]
    assert result["step"] == "search_result" and result["complete"] and result["folds"] == 3
    best = max((t for t in trace if t.get("share") == 1.0), key=lambda t: t["score"])
    assert json.loads(row["parameters"]) == best["parameters"]


def test_early_stopping_stops_and_feature_selection_drops_noise() -> None:
    candidate = {
        "name": "careful",
        "family": "hist_gradient_boosting",
        "parameters": {"max_iter": 200, "min_samples_leaf": 20},
        "early_stopping": {"rounds": 5},
        "feature_selection": {"keep": 3},
    }
    (row,) = train(ml(candidate), "demo", snapshot(4000), progress=lambda line: None).to_pylist()
    notes = {note["step"]: note for note in json.loads(row["search_trace"])}
    assert notes["early_stopping"]["rounds"] < 150
    kept = [item["feature"] for item in notes["feature_selection"]["features"] if item["kept"]]
    assert set(kept) == {"a", "b", "city"}
    assert [f["name"] for f in json.loads(row["signature"])["features"]] == ["a", "b", "city"]
    assert "feature selection" in row["message"]
