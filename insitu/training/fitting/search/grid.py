"""Grid search: every combination."""

from insitu.training.fitting.search.base import BudgetSpent, Outcome, Problem, best
from insitu.training.fitting.search.space import grid


def search(problem: Problem) -> Outcome:
    """Score every point of the grid, unless `budget.trials` ends it earlier."""
    everything = grid(problem.space)
    try:
        for point in everything[: problem.trials]:
            problem.score(point)
    except BudgetSpent:
        return best(problem, complete=False)
    return best(problem, complete=len(everything) <= problem.trials)
