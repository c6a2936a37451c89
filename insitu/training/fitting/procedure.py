"""Fits one candidate, by the same procedure for folds, for validation and for the final fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.class_weight import compute_sample_weight

from insitu.config import Calibration, Candidate, UseCase
from insitu.errors import ConfigurationError
from insitu.threads import limited, thread_count
from insitu.training.fitting.calibrate import calibrated
from insitu.training.fitting.columns import names
from insitu.training.fitting.data import Dataset, Rows
from insitu.training.fitting.families import FAMILIES, Family, Request, Stopping
from insitu.training.fitting.preprocess import note_means
from insitu.training.fitting.scores import raw_scores
from insitu.training.fitting.temporal import later_slice, recent

Array = np.ndarray[Any, Any]
Notes = list[dict[str, Any]]


def forget_threads(model: Any) -> None:
    """Take the number of threads out of a fitted estimator.

    On several threads, a prediction adds up the trees in the order in which they finish, so its last digits would
    change from run to run; and the artifact would have another hash on a machine with more cores.
    """
    if "n_jobs" in model.get_params(deep=False):
        model.set_params(n_jobs=None)
    mapper = getattr(model, "_bin_mapper", None)  # of histogram gradient boosting; used in fitting only
    if mapper is not None:
        mapper.n_threads = None


@dataclass
class Procedure:
    """Fits one candidate, with the `parameters` and `columns` that tuning has chosen so far."""

    settings: UseCase
    candidate: Candidate
    data: Dataset
    parameters: dict[str, Any] = field(init=False)
    columns: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = dict(self.candidate.parameters)
        self.columns = names(self.candidate, self.data.features)

    @property
    def family(self) -> Family:
        """The candidate's family."""
        return FAMILIES[self.candidate.family]

    def build(self, parameters: dict[str, Any], quantile: float | None = None, rows: int | None = None) -> Any:
        """The unfitted Pipeline. Raises ConfigurationError for a parameter the estimator does not have."""
        kinds = {feature.name: feature.kind for feature in self.data.features}
        request = Request(
            task=self.settings.task,
            numeric=[name for name in self.columns if kinds[name] != "category"],
            categorical=[name for name in self.columns if kinds[name] == "category"],
            random_state=self.settings.random_state,
            candidate=self.candidate.name,
            quantile=quantile,
            monotonic=self.candidate.monotonic,
            threads=thread_count(rows),
            import_path=self.candidate.estimator,
            encoding=self.candidate.encoding,
        )
        return self.family.build(request, parameters)

    def fit(self, rows: Rows, parameters: dict[str, Any] | None = None, calibrate: bool = True) -> tuple[Any, Notes]:
        """A fitted estimator, and what was decided on the way.

        With quantiles, a dictionary of estimators: the main one under `score`, the others under their quantile.
        """
        rows = recent(rows, self.settings.training.history)
        chosen = dict(self.parameters if parameters is None else parameters)
        notes: Notes = []
        if self.candidate.early_stopping:
            rounds, note = self._stop_early(rows, chosen)
            chosen[str(self.family.rounds)] = rounds
            notes.append(note)
        estimator = self._fit(rows, chosen)
        method = self._calibration()
        if calibrate and method:
            early, late = later_slice(rows, method.slice)
            estimator = calibrated(estimator, lambda part: self._fit(part, chosen), early, late, method.method)
            notes.append({"step": "calibration", "method": method.method, "rows": len(late)})
        if self.candidate.quantiles:
            quantiles = {str(q): self._fit(rows, chosen, quantile=q) for q in self.candidate.quantiles}
            return {"score": estimator, **quantiles}, notes
        return estimator, notes

    def scores(self, estimator: Any, frame: pd.DataFrame) -> Array:
        """Scores of rows, as `Model.predict` gives them; distances where there are no probabilities."""
        main = estimator["score"] if isinstance(estimator, dict) else estimator
        if self.settings.task == "binary" and not hasattr(main, "predict_proba"):
            return np.asarray(main.decision_function(frame), dtype=np.float64)
        return raw_scores(main, self.settings.task, frame)

    def _calibration(self) -> Calibration | None:
        if self.candidate.calibration or self.settings.task == "regression" or self.family.probabilities:
            return self.candidate.calibration
        return Calibration()

    def _fit(self, rows: Rows, parameters: dict[str, Any], quantile: float | None = None) -> Any:
        sample = rows.sample(self.candidate.max_rows or self.family.max_rows)
        pipeline = self.build(parameters, quantile, len(sample))
        weights = self.weights(sample.y)
        extra = {f"model__{name}": value for name, value in self.family.fit_parameters(pipeline).items()}
        if weights is not None:
            extra["model__sample_weight"] = weights
        with limited(len(sample)):
            pipeline.fit(sample.frame, sample.y, **extra)
            note_means(pipeline, sample.frame)
        forget_threads(pipeline["model"])
        return pipeline

    def _stop_early(self, rows: Rows, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Rounds for a fit on all rows: the best number on the later slice, scaled up by the rows added."""
        settings, stopper = self.candidate.early_stopping, self.family.best_rounds
        assert settings is not None and stopper is not None  # both are checked with the configuration
        early, late = later_slice(rows, settings.slice)
        early = early.sample(self.candidate.max_rows or self.family.max_rows)
        pipeline, weights = self.build(parameters, rows=len(early)), self.weights(early.y)
        extra = self.family.fit_parameters(pipeline)
        with limited(len(early)):
            best = stopper(Stopping.of(pipeline, early, late, weights, settings.rounds, extra))
        rounds = max(1, round(best * len(rows) / (len(rows) - len(late))))
        note = {"step": "early_stopping", "best_rounds": best, "rounds": rounds, "rows": len(early)}
        return rounds, note

    def weights(self, y: Array) -> Array | None:
        """One weight per row, shape (rows,), from `class_weight`."""
        declared = self.candidate.class_weight
        if declared is None:
            return None
        if declared == "balanced":
            return np.asarray(compute_sample_weight("balanced", y))
        classes = self.data.classes or []
        position = {str(value).lower(): code for code, value in enumerate(classes)}
        if self.settings.task == "binary":
            position |= {"false": 0, "true": 1}
        unknown = [name for name in declared if name.lower() not in position]
        if unknown:
            raise ConfigurationError(
                f"candidate `{self.candidate.name}`: class_weight names {unknown[0]!r}; the classes are: "
                f"{', '.join(map(str, classes))}"
            )
        return np.asarray(compute_sample_weight({position[name.lower()]: value for name, value in declared.items()}, y))
