"""Chooses a candidate's features and parameters on the split `train`, by temporal cross-validation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from joblib import Parallel, delayed

from insitu.threads import thread_count
from insitu.training.fitting.data import Rows
from insitu.training.fitting.importance import permutation
from insitu.training.fitting.procedure import Notes, Procedure
from insitu.training.fitting.scorers import SCORERS
from insitu.training.fitting.search import SEARCHES, Problem
from insitu.training.fitting.temporal import folds, later_slice, recent

MAX_JUDGED = 30_000  # rows of a fold that a trial is scored on

Progress = Callable[[str], None]


def select_features(procedure: Procedure, train: Rows) -> tuple[Notes, list[dict[str, Any]]]:
    """Keep the features that matter on a later slice. Returns the trace and the features left out, with reasons."""
    wanted = procedure.candidate.feature_selection
    if wanted is None:
        return [], []
    early, late = later_slice(recent(train, procedure.settings.training.history), wanted.slice)
    estimator, _ = procedure.fit(early)
    ranked = permutation(procedure, estimator, late, procedure.columns)
    kept = [item for item in ranked if item["importance"] > wanted.min_importance][: wanted.keep]
    kept = kept or ranked[:1]
    names = {item["feature"] for item in kept}
    report = [{**item, "kept": item["feature"] in names} for item in ranked]
    dropped = [
        {"name": item["feature"], "reason": f"feature selection: importance {item['importance']:.6f}"}
        for item in ranked
        if item["feature"] not in names
    ]
    procedure.columns = [name for name in procedure.columns if name in names]
    return [{"step": "feature_selection", "rows": len(late), "features": report}], dropped


def search(procedure: Procedure, train: Rows, trials: int, deadline: float, progress: Progress) -> Notes:
    """Choose the parameters. Returns the trace; the best are left in `procedure.parameters`."""
    wanted = procedure.candidate.search
    if wanted is None:
        return []
    settings = procedure.settings
    space = dict(wanted.space if wanted.space is not None else procedure.family.space(settings.task))
    if procedure.candidate.early_stopping:
        space.pop(str(procedure.family.rounds), None)
    train = recent(train, settings.training.history)
    splits = list(folds(train, settings.training.cross_validation))
    metric = SCORERS[settings.metric]
    # The AUC depends on the ranking alone, which distances give as well; every other metric needs calibrated scores.
    calibrate = not procedure.family.probabilities and not (settings.metric == "auc" and settings.task == "binary")

    def score(parameters: dict[str, Any], share: float, split: tuple[Any, Any]) -> float:
        early, late = train.take(split[0]), train.take(split[1]).sample(MAX_JUDGED)
        early = early.sample(max(50, int(share * len(early))))
        estimator, _ = procedure.fit(early, {**procedure.parameters, **parameters}, calibrate)
        return metric(late.y, procedure.scores(estimator, late.frame))

    def evaluate(parameters: dict[str, Any], share: float) -> list[float]:
        one = functools.partial(score, parameters, share)
        if procedure.family.own_threads or thread_count() == 1:
            return [one(split) for split in splits]
        return list(Parallel(n_jobs=thread_count(), backend="threading")(delayed(one)(split) for split in splits))

    problem = Problem(evaluate, space, wanted, trials, settings.random_state, deadline, progress)
    outcome = SEARCHES[wanted.method](problem)
    procedure.parameters |= outcome.parameters
    summary = {
        "step": "search_result",
        "method": wanted.method,
        "metric": settings.metric,
        "folds": len(splits),
        "trials": len(problem.trace),
        "score": outcome.score,
        "complete": outcome.complete,
    }
    return [*problem.trace, summary]
