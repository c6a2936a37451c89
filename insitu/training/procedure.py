"""One candidate's way from rows to a fitted estimator: the same for folds, for validation and for the final fit."""

from __future__ import annotations

from typing import Any

from insitu.config import Candidate, UseCase
from insitu.threads import limited, thread_count
from insitu.training.data import Dataset, Rows
from insitu.training.families import FAMILIES, Request


def build(settings: UseCase, candidate: Candidate, data: Dataset, parameters: dict[str, Any]) -> Any:
    """The unfitted Pipeline of a candidate."""
    kinds = {feature.name: feature.kind for feature in data.features}
    names = [name for name in (candidate.features or kinds) if name not in candidate.exclude]
    request = Request(
        task=settings.task,
        numeric=[name for name in names if kinds[name] != "category"],
        categorical=[name for name in names if kinds[name] == "category"],
        random_state=settings.random_state,
        candidate=candidate.name,
        n_classes=len(data.classes or []),
        monotonic=candidate.monotonic,
        threads=thread_count(),
    )
    return FAMILIES[candidate.family].build(request, parameters)


class Procedure:
    """Fits one candidate with given parameters."""

    def __init__(self, settings: UseCase, candidate: Candidate, data: Dataset) -> None:
        self.settings = settings
        self.candidate = candidate
        self.data = data
        self.parameters = dict(candidate.parameters)

    def fit(self, rows: Rows) -> Any:
        """A fitted Pipeline."""
        pipeline = build(self.settings, self.candidate, self.data, self.parameters)
        with limited(len(rows)):
            return pipeline.fit(rows.frame, rows.y)
