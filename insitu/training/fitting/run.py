"""One training run: every candidate is tuned once and fitted once per stage, also when ensembles use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from insitu.config import Candidate, UseCase
from insitu.errors import InsituError
from insitu.training.fitting import tune
from insitu.training.fitting.budget import Clock
from insitu.training.fitting.data import ALL, KNOWN, Dataset, Rows
from insitu.training.fitting.families import FAMILIES, average, stack
from insitu.training.fitting.procedure import Notes, Procedure
from insitu.training.fitting.temporal import folds, recent

Stage = Literal["train", "final", "everything"]


@dataclass
class Tuned:
    """A candidate after tuning."""

    procedure: Procedure
    trace: Notes
    dropped: list[dict[str, Any]]


@dataclass(frozen=True)
class Fitted:
    """A candidate's models."""

    first: Any  # has not seen the validation rows
    final: Any  # the one to test, and to deploy; the same object where nothing is refitted
    notes: Notes  # what was decided while the final one was fitted
    rows: int  # on which the final one was fitted
    everything: Any = None  # the one to deploy after it was judged, where there is one
    all_rows: int | None = None  # on which that was fitted

    @property
    def refitted(self) -> bool:
        """Are there two models, before and after the validation rows?"""
        return self.final is not self.first


@dataclass
class Run:
    """Caches what candidates share."""

    settings: UseCase
    data: Dataset
    clock: Clock
    progress: Callable[[str], None]
    _tuned: dict[str, Tuned] = field(default_factory=dict)
    _fitted: dict[tuple[str, Stage], tuple[Any, Notes]] = field(default_factory=dict)

    def rows(self, stage: Stage) -> Rows:
        """The rows of a stage: `train` is that split, `final` adds what was known before the test, then all."""
        return self.data.of(*{"train": ["train"], "final": KNOWN, "everything": ALL}[stage])

    def tuned(self, candidate: Candidate) -> Tuned:
        """The candidate with its features and parameters chosen on the split `train`."""
        if candidate.name not in self._tuned:
            procedure = Procedure(self.settings, candidate, self.data)
            trace, dropped = tune.select_features(procedure, self.data.train)
            if candidate.search:
                trials = self.clock.trials(candidate.search.trials)
                trace += tune.search(procedure, self.data.train, trials, self.clock.deadline(), self.progress)
            self._tuned[candidate.name] = Tuned(procedure, trace, dropped)
        return self._tuned[candidate.name]

    def models(self, candidate: Candidate) -> Fitted:
        """Fit a candidate: on the split `train`, then by the same procedure on what was known later, and on all."""
        first, notes = self.fitted(candidate, "train")
        training = self.settings.training
        stage: Stage = "final" if training.refit and set(self.data.split) & {"validation", "refit"} else "train"
        final, notes = self.fitted(candidate, stage)
        fitted = len(recent(self.rows(stage), training.history))
        if training.refit != "everything":
            return Fitted(first, final, notes, fitted)
        everything, _ = self.fitted(candidate, "everything")
        return Fitted(first, final, notes, fitted, everything, len(recent(self.rows("everything"), training.history)))

    def fitted(self, candidate: Candidate, stage: Stage) -> tuple[Any, Notes]:
        """The candidate fitted on the rows of a stage, and what was decided on the way."""
        key = (candidate.name, stage)
        if key not in self._fitted:
            if FAMILIES[candidate.family].combines:
                self._fitted[key] = self._ensemble(candidate, stage)
            else:
                self._fitted[key] = self.tuned(candidate).procedure.fit(self.rows(stage))
        return self._fitted[key]

    def members(self, candidate: Candidate) -> list[Candidate]:
        """The candidates an ensemble is made of; for any other, the candidate itself."""
        by_name = {other.name: other for other in self.settings.candidates}
        return [by_name[name] for name in candidate.members or [candidate.name]]

    def columns(self, candidate: Candidate) -> list[str]:
        """Input columns, in the order of the relation."""
        used = {name for member in self.members(candidate) for name in self.tuned(member).procedure.columns}
        return [feature.name for feature in self.data.features if feature.name in used]

    def _ensemble(self, candidate: Candidate, stage: Stage) -> tuple[Any, Notes]:
        members = {}
        for member in self.members(candidate):
            try:
                members[member.name] = self.fitted(member, stage)[0]
            except Exception as error:
                raise InsituError(
                    f"candidate `{candidate.name}`: its member `{member.name}` failed: {error}"
                ) from error
        rows = self.rows(stage)
        some = _one_of_each(rows, self.settings.task)
        if candidate.family == "average":
            return average.combine(self.settings.task, members, some.frame, some.y, candidate.weights), []
        estimator, note = stack.combine(
            self.settings.task,
            members,
            self._out_of_fold(candidate, rows),
            some.frame,
            some.y,
            self.settings.random_state,
        )
        return estimator, [note]

    def _out_of_fold(self, candidate: Candidate, rows: Rows) -> Any:
        for train, validation in folds(rows, self.settings.training.cross_validation):
            early, late = rows.take(train), rows.take(validation)
            yield (
                {m.name: self.tuned(m).procedure.fit(early)[0] for m in self.members(candidate)},
                late.frame,
                late.y,
            )


def _one_of_each(rows: Rows, task: str) -> Rows:
    """A few rows that have every class."""
    if task == "regression":
        return rows.take(np.arange(min(10, len(rows))))
    return rows.take(np.sort(np.unique(rows.y, return_index=True)[1]))
