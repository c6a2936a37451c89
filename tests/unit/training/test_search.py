"""Searches find the best point they tried, keep to the budget, and are repeatable."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest

from insitu.config import Search
from insitu.training.fitting.search import SEARCHES, Problem
from insitu.training.fitting.search.space import draw, grid
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


@pytest.mark.parametrize("method", sorted(SEARCHES))
def test_seconds_end_a_search_and_what_was_tried_counts(method: str) -> None:
    def slow(parameters: dict[str, Any], share: float) -> list[float]:
        time.sleep(0.02)
        return hill(parameters, share)

    given = problem(method, 1000, slow, time.monotonic() + 0.1)
    outcome = SEARCHES[method](given)
    assert not outcome.complete or method == "grid"
    assert 1 <= len(given.trace) < 50


def test_a_point_that_fails_is_a_bad_point() -> None:
    def picky(parameters: dict[str, Any], share: float) -> list[float]:
        if parameters.get("kind") != "a":
            raise ValueError("only a")
        return hill(parameters, share)

    assert SEARCHES["random"](problem("random", 8, picky)).parameters["kind"] == "a"


def test_grid_is_every_combination() -> None:
    points = grid({"a": [1, 2], "b": {"low": 0, "high": 10, "integer": True, "steps": 3}})
    assert points == [{"a": a, "b": b} for a in (1, 2) for b in (0, 5, 10)]


def test_draws_stay_inside() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        point = draw(SPACE, rng)
        assert 0.01 <= point["x"] <= 100 and point["kind"] in ("a", "b")


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
