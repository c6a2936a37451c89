"""Random search: independent points, every one on all rows."""

from insitu.training.fitting.search.base import BudgetSpent, Outcome, Problem, best
from insitu.training.fitting.search.space import points


def search(problem: Problem) -> Outcome:
    """Score `trials` random points, the first of them the candidate as declared."""
    try:
        for point in points(problem.space, problem.trials, problem.random_state):
            problem.score(point)
    except BudgetSpent:
        return best(problem, complete=False)
    return best(problem, complete=True)
