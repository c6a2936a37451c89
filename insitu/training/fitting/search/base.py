"""What every search works on, and what it hands back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from insitu.config import Search as Settings

Trial = dict[str, Any]


class BudgetSpent(Exception):
    """The budget of seconds is spent; the trials made so far decide."""


@dataclass
class Problem:
    """What to search. Each trial is recorded when it ends, and the deadline is checked before the next begins."""

    # (parameters, share of the rows) → one score per fold, higher is better
    evaluate: Callable[[dict[str, Any], float], list[float]]
    space: dict[str, Any]
    settings: Settings
    trials: int
    random_state: int
    deadline: float
    progress: Callable[[str], None]
    trace: list[Trial] = field(default_factory=list)

    def score(self, parameters: dict[str, Any], share: float = 1.0, rung: int = 0) -> float:
        """Mean score of one point over the folds; a point that fails scores minus infinity.

        Raises:
            BudgetSpent: before the trial begins, when time is over and at least one trial was made.
        """
        if time.monotonic() > self.deadline and self.trace:
            raise BudgetSpent
        started = time.perf_counter()
        trial: Trial = {"step": "search", "rung": rung, "share": round(share, 4), "parameters": parameters}
        try:
            scores = self.evaluate(parameters, share)
            mean = sum(scores) / len(scores)
            trial |= {"scores": scores, "score": mean}
        except Exception as error:  # parameters that the estimator refuses count as a bad point; the search goes on
            mean = -math.inf
            trial |= {"score": None, "error": f"{type(error).__name__}: {error}"}
        trial["seconds"] = round(time.perf_counter() - started, 3)
        self.trace.append(trial)
        self.progress(f"    trial {len(self.trace)}: {mean:.5f} with {parameters or 'the declared parameters'}")
        return mean


@dataclass(frozen=True)
class Outcome:
    """The best point; `{}` is the candidate as declared."""

    parameters: dict[str, Any]
    score: float | None
    complete: bool


Search = Callable[[Problem], Outcome]


def best(problem: Problem, complete: bool) -> Outcome:
    """The best of the trials on the most rows; the first of them where several are equal.

    Raises the first failure when every trial failed.
    """
    scored = [trial for trial in problem.trace if trial["score"] is not None]
    if not scored:
        raise RuntimeError(f"every trial failed; the first: {problem.trace[0]['error']}")
    top = max(scored, key=lambda trial: (trial["share"], trial["score"]))
    return Outcome(top["parameters"], top["score"], complete)
