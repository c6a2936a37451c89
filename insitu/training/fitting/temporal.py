"""Splits in time: a model fitted on earlier rows is judged on later ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from insitu.config import CrossValidation
from insitu.durations import Duration, parse
from insitu.errors import InsituError
from insitu.training.fitting.data import Rows

Array = np.ndarray[Any, Any]
MIN_FOLD = 20  # rows on either side of a split


def earlier(moment: np.datetime64, duration: Duration) -> np.datetime64:
    """The moment that lies a duration earlier, in microseconds."""
    return np.datetime64(duration.before(moment.astype("datetime64[us]").item()), "us")


def recent(rows: Rows, history: str | None) -> Rows:
    """The rows of the last `history`, counted from the latest as-of time."""
    return rows if history is None else rows.take(rows.as_of > earlier(rows.as_of.max(), parse(history)))


def later_slice(rows: Rows, duration: str) -> tuple[Rows, Rows]:
    """Split into earlier rows and the slice at the end; its length is a duration or a share of the period.

    Labels of the earlier rows were known when the slice begins. Raises InsituError when either side is too small.
    """
    last = rows.as_of.max()
    if duration.endswith("%"):
        start = last - (last - rows.as_of.min()) * (float(duration[:-1]) / 100)
    else:
        start = earlier(last, parse(duration))
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
    begins = _begins(first, last, settings)
    made = 0
    for start, end in zip(begins, [*begins[1:], last], strict=True):
        validation = (rows.as_of > start) & (rows.as_of <= end)
        until = earlier(start, parse(settings.gap)) if settings.gap else start
        train = (rows.as_of <= until) & (rows.matured_at <= start)
        if settings.window == "sliding" and settings.train:
            train &= rows.as_of > earlier(until, parse(settings.train))
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


def _begins(first: np.datetime64, last: np.datetime64, settings: CrossValidation) -> list[np.datetime64]:
    """When the validation slices begin, the earliest first; each ends where the next begins."""
    numbers = range(settings.folds, 0, -1)
    if settings.validation:
        return [earlier(last, parse(settings.validation) * number) for number in numbers]
    length = (last - first) // (2 * settings.folds)  # the later half, divided evenly
    return [last - number * length for number in numbers]
