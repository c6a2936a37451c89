"""Searches for hyperparameters, by the name used in `search.method`."""

from insitu.training.fitting.search import bayesian, grid, halving, random
from insitu.training.fitting.search.base import Outcome, Problem, Search

SEARCHES: dict[str, Search] = {
    "halving": halving.search,
    "random": random.search,
    "grid": grid.search,
    "optuna": bayesian.search,
}

__all__ = ["SEARCHES", "Outcome", "Problem", "Search"]
