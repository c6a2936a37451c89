"""A registered model as a service applies it: to one row or a few, without a data frame."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from insitu.config import UseCase
from insitu.nodes.scores import as_text, quantile_column, reasons
from insitu.registry.encode import Values
from insitu.registry.model import Model
from insitu.training.fitting.frame import Feature
from insitu.training.fitting.scores import raw_scores

PROBES = 24  # rows over which the short way is compared with the pipeline
log = logging.getLogger("insitu.serving")

Scores = dict[str, Any]  # of a row: `score`, and `class` with `probabilities`, or quantiles


@dataclass(frozen=True)
class Applied:
    """A model in charge.

    Attributes:
        model: the registered model.
        artifact_sha256: of its bytes.
        is_short: it takes values as they are; else every row becomes a batch of Arrow, as in the batch scorer.
    """

    config: UseCase
    model: Model
    artifact_sha256: str
    is_short: bool

    @classmethod
    def of(cls, config: UseCase, row: Mapping[str, Any]) -> Applied:
        """Load a row of `<use_case>__models`, and see whether the short way gives the pipeline's bits.

        Raises:
            InsituError: its bytes are not those that were registered, or another version of a library wrote them.
        """
        model = Model.from_row(row, "deployed", config.trusted_types)
        applied = cls(config, model, row.get("deployed_artifact_sha256") or row["artifact_sha256"], True)
        if model.over_arrow is not None and applied._is_exact():
            return applied
        log.warning("%s: the short way is not bit-equal to its pipeline; it is not taken", model.model_version)
        return replace(applied, is_short=False)

    @property
    def version(self) -> str:
        """The model version."""
        return self.model.model_version

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> list[Scores]:
        """What it says of rows: each with a value or None for every feature of its signature."""
        columns = self.columns(rows)
        # What the short way does not do, and what it is not for.
        is_whole = not self.is_short or self.model.signature.quantiles or self.config.scoring.reasons
        batch = self.batch(columns) if is_whole else None
        if self.is_short:
            found = raw_scores(self.model.over_arrow, self.model.task, Values(columns, len(rows)))
        else:
            found = self.model.predict(batch)
        if self.model.task == "multiclass":
            classes = as_text(pa.array(self.model.signature.classes or [])).to_pylist()
            named = [dict(zip(classes, map(float, each), strict=True)) for each in found]
            return [
                {"class": max(each, key=each.__getitem__), "score": max(each.values()), "probabilities": each}
                for each in named
            ]
        answers: list[Scores] = [{"score": float(score)} for score in found]
        if self.model.signature.quantiles:
            quantiles = self.model.predict_quantiles(batch)
            for answer, values in zip(answers, quantiles, strict=True):
                names = map(quantile_column, self.model.signature.quantiles)
                answer.update(zip(names, map(float, values), strict=True))
        if self.config.scoring.reasons:
            told = reasons(self.config, self.model, batch)
            for name, column in told.items():
                for answer, value in zip(answers, column.to_pylist(), strict=True):
                    answer[name] = value
        return answers

    def columns(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Rows as the model takes them: numbers as floats, missing as NaN; categories as texts or None."""
        return {
            feature.name: [_value(feature, row.get(feature.name)) for row in rows]
            for feature in self.model.signature.features
        }

    def batch(self, columns: Mapping[str, list[Any]]) -> pa.RecordBatch:
        """The same as Arrow."""
        arrays = {
            feature.name: pa.array(columns[feature.name], pa.string())
            if feature.kind == "category"
            else pa.array(columns[feature.name], pa.float64())
            for feature in self.model.signature.features
        }
        return pa.RecordBatch.from_pydict(arrays)

    def _is_exact(self) -> bool:
        """Is the short way bit-equal to the pipeline, row by row?"""
        for row in _probes(self.model.signature.features):
            columns = self.columns([row])
            frame = self.model.signature.frame(self.batch(columns))
            whole = raw_scores(self.model.estimator, self.model.task, frame)
            if raw_scores(self.model.over_arrow, self.model.task, Values(columns, 1)).tobytes() != whole.tobytes():
                return False
        return True


def _value(feature: Feature, value: Any) -> Any:
    if feature.kind == "category":
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return pa.scalar(value).cast(pa.string()).as_py()
    if value is None:
        return math.nan
    if isinstance(value, str):  # what JSON has no type for, as the spool keeps it
        value = datetime.fromisoformat(value) if feature.kind == "timestamp" else float(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    if isinstance(value, date):
        return float((value - date(1970, 1, 1)).days * 86_400)
    if isinstance(value, Decimal | int):
        value = float(value)
    return value if math.isfinite(value) else math.nan


def _probes(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Rows like those of training and unlike them: within and beyond the ranges, missing, unseen."""
    random = np.random.default_rng(0)

    def value(feature: Feature) -> Any:
        if random.random() < 0.15:
            return None
        if feature.kind == "category":
            return str(random.choice([*(feature.categories or [])[:200], "never seen before"]))
        low, high = feature.min or 0.0, feature.max or 1.0
        return float(random.uniform(low - 0.1 * (high - low), high + 0.1 * (high - low)))

    return [{feature.name: value(feature) for feature in features} for _ in range(PROBES)]
