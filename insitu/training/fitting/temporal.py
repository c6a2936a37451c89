"""Splits in time: later rows judge what earlier rows taught."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from insitu.config import CrossValidation
from insitu.errors import InsituError
from insitu.training.fitting.data import Rows

Array = np.ndarray[Any, Any]
MIN_FOLD = 20  # rows on either side of a split


def span(duration: str) -> np.timedelta64:
    """A checked duration (`31 days`) as numpy's type, in microseconds."""
    return np.timedelta64(round(pd.Timedelta(duration).total_seconds() * 1_000_000), "us")


def recent(rows: Rows, history: str | None) -> Rows:
    """The rows of the last `history`, counted from the latest as-of time."""
    return rows if history is None else rows.take(rows.as_of > rows.as_of.max() - span(history))


def later_slice(rows: Rows, duration: str) -> tuple[Rows, Rows]:
    """Split into earlier rows and the slice at the end; its length is a duration or a share of the period.

    Labels of the earlier rows were known when the slice begins. Raises InsituError when either side is too small.
    """
    last = rows.as_of.max()
    if duration.endswith("%"):
        start = last - (last - rows.as_of.min()) * (float(duration[:-1]) / 100)
    else:
        start = last - span(duration)
    late = rows.as_of > start
    early = ~late & (rows.matured_at <= start)
    if early.sum() < MIN_FOLD or late.sum() < MIN_FOLD:
        raise InsituError(
            f"a slice of the last {duration} leaves {int(early.sum()):,} earlier and {int(late.sum()):,} later rows, "
            f"at least {MIN_FOLD} are needed on either side. Choose another `slice`"
        )
    return rows.take(early), rows.take(late)


def folds(rows: Rows, settings: CrossValidation) -> Iterator[tuple[Array, Array]]:
    """Masks of training and validation rows, from the earliest fold to the latest.

    The validation slices follow each other up to the last row. Training rows lie before the slice and its gap, and
    their labels had matured when the slice begins; a sliding window also drops the old ones.
    """
    first, last = rows.as_of.min(), rows.as_of.max()
    length = span(settings.validation) if settings.validation else (last - first) // (2 * settings.folds)
    made = 0
    for number in range(settings.folds, 0, -1):
        start, end = last - number * length, last - (number - 1) * length
        validation = (rows.as_of > start) & (rows.as_of <= end)
        train = (rows.as_of <= start - span(settings.gap)) & (rows.matured_at <= start)
        if settings.window == "sliding" and settings.train:
            train &= rows.as_of > start - span(settings.gap) - span(settings.train)
        if settings.group_by_entity:
            validation &= ~np.isin(rows.groups, rows.groups[train])
        if train.sum() >= MIN_FOLD and validation.sum() >= MIN_FOLD and len(np.unique(rows.y[train])) > 1:
            made += 1
            yield train, validation
    if not made:
        raise InsituError(
            f"no fold of {settings.folds} has {MIN_FOLD} rows to train on and {MIN_FOLD} to validate with, in "
            f"{len(rows):,} rows from {first} to {last}. Use fewer folds, or a shorter "
            "`meta.ml.training.cross_validation.validation`"
        )
