"""Searches for hyperparameters, by the name used in `search.method`.

One more search: a module with a function `search(problem) -> Outcome`, its name below and in `insitu.config.Search`.
"""

from insitu.training.fitting.search import bayesian, grid, halving, random
from insitu.training.fitting.search.base import Outcome, Problem, Search

SEARCHES: dict[str, Search] = {
    "halving": halving.search,
    "random": random.search,
    "grid": grid.search,
    "optuna": bayesian.search,
}

__all__ = ["SEARCHES", "Outcome", "Problem", "Search"]
