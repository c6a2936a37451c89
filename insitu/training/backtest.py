"""The same candidate at many past dates: how well it would have done, and what retraining more often is worth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from insitu import config as configuration
from insitu.errors import InsituError
from insitu.training import candidates, data
from insitu.training.metrics import METRICS
from insitu.training.procedure import Procedure
from insitu.training.temporal import span
from insitu.training.train import Progress, silent

SCHEMA = pa.schema(
    [
        pa.field("candidate", pa.string()),
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


def backtest(
    config: dict[str, Any],
    use_case: str,
    snapshot: pa.Table,
    candidate: str,
    trained_at: Sequence[datetime],
    step: str = "7 days",
    horizon: str = "28 days",
    progress: Progress = silent,
) -> pa.Table:
    """Refit a candidate, with its declared parameters, at past dates and score what followed.

    Every row of the splits train, validation, gap and test takes part, each at its own time: a model fitted at a date
    has seen nothing that was not known on that date. Rows at the same time scored by models of different age tell what
    retraining every `step` is worth.

    Args:
        config: `meta.ml`.
        use_case: its name.
        snapshot: rows of one snapshot.
        candidate: name of the candidate, not an ensemble.
        trained_at: the dates, in UTC.
        step: length of one scored period.
        horizon: how long each model is kept.
        progress: receives one line per date.

    Returns:
        One row per date and scored period; the metric is the use case's selection metric, losses are negated.
    """
    settings = configuration.parse(config, use_case)
    candidates.check(settings, use_case)
    chosen = next((item for item in settings.candidates if item.name == candidate), None)
    if chosen is None or chosen.members:
        simple = ", ".join(item.name for item in settings.candidates if not item.members)
        raise InsituError(f"`{use_case}` has no candidate `{candidate}` to backtest; there are: {simple}")
    everything = snapshot.set_column(
        snapshot.schema.get_field_index("split"), "split", pa.repeat(pa.scalar("train"), snapshot.num_rows)
    )
    dataset = data.read(settings, f"{use_case}__snapshots", everything)
    rows = dataset.rows
    procedure = Procedure(settings, chosen, dataset)
    found: list[dict[str, Any]] = []
    for moment in trained_at:
        start = np.datetime64(moment, "us")
        known = rows.matured_at <= start
        if known.sum() < 50 or len(np.unique(rows.y[known])) < 2:
            raise InsituError(f"only {int(known.sum()):,} labels were known at {moment}: choose a later date")
        estimator, _ = procedure.fit(rows.take(known))
        begin: Any = start
        end = start + span(horizon)
        while begin < end:
            stop = begin + span(step)
            period = (rows.as_of >= begin) & (rows.as_of < stop)
            judged = rows.take(period)
            if len(judged) and (settings.task == "regression" or len(np.unique(judged.y)) > 1):
                found.append(
                    {
                        "candidate": candidate,
                        "trained_at": moment,
                        "from_as_of": pd.Timestamp(begin).to_pydatetime(),
                        "to_as_of": pd.Timestamp(stop).to_pydatetime(),
                        "age_days": float((begin - start) / np.timedelta64(1, "D")),
                        "metric": settings.metric,
                        "value": METRICS[settings.metric](judged.y, procedure.scores(estimator, judged)),
                        "train_rows": int(known.sum()),
                        "n_rows": len(judged),
                    }
                )
            begin = stop
        progress(f"  {candidate} as of {moment}: {int(known.sum()):,} rows")
    return pa.Table.from_pylist(found, SCHEMA)
