"""Bayesian search by optuna's tree-structured Parzen estimator (extra `search`)."""

from __future__ import annotations

from typing import Any

from insitu.errors import ConfigurationError
from insitu.training.fitting.search.base import BudgetSpent, Outcome, Problem, best


def search(problem: Problem) -> Outcome:
    """Score `trials` points, each proposed from the ones before."""
    try:
        import optuna
    except ImportError as error:
        raise ConfigurationError(
            "`search.method: optuna` needs optuna: pip install 'insitu[search]', or use `halving`"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=problem.random_state))
    try:
        problem.score({})
        for _ in range(problem.trials - 1):
            trial = study.ask()
            score = problem.score({name: _suggest(trial, name, values) for name, values in problem.space.items()})
            study.tell(trial, score if score > float("-inf") else None, state=_state(optuna, score))
    except BudgetSpent:
        return best(problem, complete=False)
    return best(problem, complete=True)


def _state(optuna: Any, score: float) -> Any:
    states = optuna.trial.TrialState
    return states.COMPLETE if score > float("-inf") else states.FAIL


def _suggest(trial: Any, name: str, values: Any) -> Any:
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    log = bool(values.get("log"))
    if values.get("integer"):
        return trial.suggest_int(name, int(values["low"]), int(values["high"]), log=log)
    return trial.suggest_float(name, float(values["low"]), float(values["high"]), log=log)
