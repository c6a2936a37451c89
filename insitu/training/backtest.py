"""The same candidate at many past dates: how well it would have done, and what retraining more often is worth."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from insitu import config as configuration
from insitu import durations, metrics
from insitu.config import Backtest, Candidate, UseCase
from insitu.errors import InsituError
from insitu.registry.code import code_hash
from insitu.registry.versions import library_versions
from insitu.training import candidates
from insitu.training.fitting import data
from insitu.training.fitting.checks import MIN_ROWS
from insitu.training.fitting.data import Rows
from insitu.training.fitting.procedure import Procedure
from insitu.training.fitting.scorers import SCORERS
from insitu.training.keys import config_hash, digest
from insitu.training.train import Progress, silent

DAY = timedelta(days=1)

SCHEMA = pa.schema(
    [
        pa.field("backtest_key", pa.string()),  # hash of snapshot, code, candidate and dates
        pa.field("snapshot_id", pa.string()),
        pa.field("training_as_of", pa.timestamp("us")),  # of the snapshot whose rows are used
        pa.field("candidate", pa.string()),
        pa.field("every_days", pa.float64()),  # between one training and the next
        pa.field("trained_at", pa.timestamp("us")),  # rows with labels matured by then were fitted on
        pa.field("from_as_of", pa.timestamp("us")),  # rows from here on were scored
        pa.field("to_as_of", pa.timestamp("us")),
        pa.field("age_days", pa.float64()),  # from_as_of − trained_at
        pa.field("metric", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("train_rows", pa.int64()),
        pa.field("n_rows", pa.int64()),
    ]
)


def dates(training_as_of: datetime, settings: Backtest) -> list[datetime]:
    """The past dates to train at, counted back from the moment of training, which itself has no later rows to score."""
    every = durations.parse(settings.every)
    return [(every * i).before(training_as_of) for i in range(settings.dates, 0, -1)]


def backtest_key(snapshot_id: str, use_case: UseCase, candidate: Candidate, settings: Backtest) -> str:
    """Hash of everything the numbers depend on; a backtest with the same key need not be repeated."""
    return digest(
        {
            "snapshot": snapshot_id,
            "code": code_hash(),
            "config": config_hash(use_case, candidate),
            "dates": settings.model_dump(),
            "libraries": library_versions(candidate.family),
        }
    )[:16]


def backtest(
    config: dict[str, Any],
    use_case: str,
    snapshot: pa.Table,
    settings: Backtest | None = None,
    existing: Collection[str] = (),
    progress: Progress = silent,
) -> pa.Table:
    """Refit a candidate, with its declared parameters, at past dates and score every period that followed.

    Every row takes part, whatever its split, each at its own time: a model fitted at a date has seen nothing that was
    not known on that date. Comparing models of different age on the same rows shows what retraining is worth.

    Args:
        config: `meta.ml`.
        use_case: its name.
        snapshot: rows of one snapshot.
        settings: candidate and dates; `meta.ml.backtest` by default.
        existing: keys of backtests that need not be made again.
        progress: receives one line per date.

    Returns:
        One row per date and scored period; the metric is the use case's selection metric. None when it was made before.

    Raises:
        InsituError: no such candidate, or too few labels were known at a date.
    """
    declared = configuration.parse(config, use_case)
    candidates.check(declared, use_case)
    settings = settings or declared.backtest or Backtest()
    chosen = _candidate(declared, use_case, settings.candidate)
    everything = snapshot.set_column(
        snapshot.schema.get_field_index("split"), "split", pa.repeat(pa.scalar("train"), snapshot.num_rows)
    )
    dataset = data.read(declared, f"{use_case}__snapshots", everything)
    key = backtest_key(dataset.snapshot_id, declared, chosen, settings)
    if key in existing:
        return SCHEMA.empty_table()
    constants = {
        "backtest_key": key,
        "snapshot_id": dataset.snapshot_id,
        "training_as_of": dataset.training_as_of,
        "candidate": chosen.name,
        "every_days": durations.parse(settings.every).days,
        "metric": declared.metric,
    }
    rows = dataset.rows
    procedure = Procedure(declared, chosen, dataset)
    higher_is_better = metrics.of(declared.metric).higher_is_better  # a loss is published without its minus sign
    found: list[dict[str, Any]] = []
    moments = dates(dataset.training_as_of, settings)
    # Periods are the same for models of every age, so that these can be compared.
    periods = _periods(moments[0], rows.as_of.max().item(), durations.parse(settings.step))
    for moment in moments:
        known = rows.matured_at <= np.datetime64(moment, "us")
        if known.sum() < MIN_ROWS or (declared.task != "regression" and len(np.unique(rows.y[known])) < 2):
            raise InsituError(
                f"`{use_case}__snapshots`: {int(known.sum()):,} labels were known at {moment}, a backtest needs at "
                f"least {MIN_ROWS} of more than one kind. Choose fewer `dates`, or a shorter `every`"
            )
        estimator, _ = procedure.fit(rows.take(known))
        for begin, end in periods:
            judged = rows.take((rows.as_of >= np.datetime64(begin, "us")) & (rows.as_of < np.datetime64(end, "us")))
            if begin < moment or len(judged) < MIN_ROWS or (declared.task != "regression" and _lacks(judged, dataset)):
                continue
            score = SCORERS[declared.metric](judged.y, procedure.scores(estimator, judged.frame))
            found.append(
                {
                    **constants,
                    "trained_at": moment,
                    "from_as_of": begin,
                    "to_as_of": end,
                    "age_days": (begin - moment) / DAY,
                    "value": score if higher_is_better else -score,
                    "train_rows": int(known.sum()),
                    "n_rows": len(judged),
                }
            )
        progress(f"  {chosen.name} as of {moment}: {int(known.sum()):,} rows")
    return pa.Table.from_pylist(found, SCHEMA)


def _candidate(declared: UseCase, use_case: str, name: str | None) -> Candidate:
    simple = [item for item in declared.candidates if not item.members]
    chosen = next((item for item in simple if name is None or item.name == name), None)
    if chosen is None:
        there = ", ".join(item.name for item in simple)
        raise InsituError(f"`{use_case}` has no candidate `{name}` to backtest; there are: {there}")
    return chosen


def _periods(first: datetime, last: datetime, step: durations.Duration) -> list[tuple[datetime, datetime]]:
    found = []
    while first <= last:
        found.append((first, step.after(first)))
        first = step.after(first)
    return found


def _lacks(judged: Rows, dataset: data.Dataset) -> bool:
    """Whether a class is missing, without which a metric such as the AUC has no value."""
    return len(np.unique(judged.y)) < len(dataset.classes or [])
