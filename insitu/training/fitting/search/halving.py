"""Successive halving: many points on few rows, the best of them on more.

Rows are an even sample over time, so that each rung sees every season. Jamieson and Talwalkar, AISTATS 2016.
"""

from __future__ import annotations

from insitu.training.fitting.search.base import BudgetSpent, Outcome, Problem, best
from insitu.training.fitting.search.space import points


def search(problem: Problem) -> Outcome:
    """Score `trials` points; each rung keeps the best 1/factor and multiplies the rows by factor."""
    factor = problem.settings.factor
    field = points(problem.space, problem.trials, problem.random_state)
    sizes = [len(field)]
    while sizes[-1] > 1:
        sizes.append(max(1, sizes[-1] // factor))
    # A last rung with a single point would decide nothing, so it is left out.
    rungs = max(1, len(sizes) - 1)
    try:
        for rung in range(rungs):
            share = float(factor) ** (rung - rungs + 1)
            scores = [problem.score(point, share, rung) for point in field]
            order = sorted(range(len(field)), key=lambda i: (-scores[i], i))
            field = [field[i] for i in order[: sizes[min(rung + 1, len(sizes) - 1)]]]
    except BudgetSpent:
        return best(problem, complete=False)
    return best(problem, complete=True)
