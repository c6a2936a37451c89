"""Folds and slices never let a later row, or a label known later, into training."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insitu.config import CrossValidation
from insitu.errors import InsituError
from insitu.training.fitting.data import Rows
from insitu.training.fitting.temporal import folds, later_slice, recent


def rows(
    count: int = 1000, days: float = 100, delay_hours: float = 30, seed: int = 0, whole_days: bool = False
) -> Rows:
    """Rows at random times; on whole days, some lie exactly on every edge."""
    rng = np.random.default_rng(seed)
    after = np.sort(rng.random(count) * days)
    as_of = (pd.Timestamp("2020-01-01") + pd.to_timedelta(np.floor(after) if whole_days else after, unit="D")).astype(
        "datetime64[us]"
    )
    matured = as_of + np.timedelta64(int(delay_hours * 3600), "s")
    frame = pd.DataFrame({"x": rng.normal(size=count)})
    return Rows(frame, rng.integers(0, 2, count), as_of.to_numpy(), matured.to_numpy(), rng.integers(0, 50, count))


def folds_by_hand(data: Rows, number: int, window: str, gap: int, grouped: bool) -> list[tuple[list[int], list[int]]]:
    """Slices of 10 days and, if it slides, a window of 30: row by row."""
    as_of, matured, day = data.as_of.tolist(), data.matured_at.tolist(), timedelta(days=1)
    found = []
    for k in range(number, 0, -1):
        start = max(as_of) - k * 10 * day
        until = start - gap * day
        train = [
            i
            for i in range(len(as_of))
            if as_of[i] <= until and matured[i] <= start and (window == "expanding" or as_of[i] > until - 30 * day)
        ]
        seen = {data.groups[i] for i in train} if grouped else set()
        judged = [i for i in range(len(as_of)) if start < as_of[i] <= start + 10 * day and data.groups[i] not in seen]
        if len(train) >= 20 and len(judged) >= 20 and len({data.y[i] for i in train}) > 1:
            found.append((train, judged))
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 8),
    st.sampled_from(["expanding", "sliding"]),
    st.integers(0, 9),
    st.booleans(),
    st.sampled_from([0, 24, 30, 72]),
    st.booleans(),
    st.integers(0, 99),
)
def test_folds(number: int, window: str, gap: int, grouped: bool, delay: int, whole_days: bool, seed: int) -> None:
    # Of many entities, some are new in every slice.
    data = rows(300 if grouped else 600, delay_hours=delay, seed=seed, whole_days=whole_days)
    data = replace(data, groups=np.arange(len(data)) // 2) if grouped and seed % 2 else data
    options = CrossValidation.model_validate(
        {
            "folds": number,
            "window": window,
            "gap": f"{gap} days" if gap else None,
            "train": "30 days",
            "validation": "10 days",
            "group_by_entity": grouped,
        }
    )
    expected = folds_by_hand(data, number, window, gap, grouped)
    if not expected:
        with pytest.raises(InsituError, match=f"no fold of {number} has 20 rows to train on and 20 to validate with"):
            list(folds(data, options))
        return
    found = list(folds(data, options))
    assert [(np.flatnonzero(t).tolist(), np.flatnonzero(v).tolist()) for t, v in found] == expected


def daily(count: int, delay_days: int = 0) -> Rows:
    """A row a day, its label known some days later; the first half has one class."""
    as_of = np.datetime64("2020-01-01", "us") + np.arange(count) * np.timedelta64(1, "D")
    y = np.arange(count) * 2 // count
    return Rows(pd.DataFrame({"x": y}), y, as_of, as_of + np.timedelta64(delay_days, "D"), np.arange(count))


@pytest.mark.parametrize(("late", "early"), [(20, 20), (20, 19), (19, 20)])
def test_a_slice_needs_twenty_rows_on_either_side(late: int, early: int) -> None:
    data = daily(late + early + 3, 3)
    if late == early == 20:
        assert tuple(map(len, later_slice(data, "20 days"))) == (20, 20)  # a label of the early ones known at its start
        return
    with pytest.raises(InsituError, match=f"leaves {early} earlier and {late} later rows, at least 20 are needed"):
        later_slice(data, f"{late} days")


@pytest.mark.parametrize(("length", "train", "validation"), [(20, 30, 20), (30, 20, 30), (19, 31, 0), (31, 19, 0)])
def test_a_fold_needs_twenty_rows_on_either_side(length: int, train: int, validation: int) -> None:
    data = daily(50)
    data = replace(data, y=np.arange(50) % 2)
    options = CrossValidation.model_validate({"folds": 1, "validation": f"{length} days"})
    if validation:
        ((early, late),) = folds(data, options)
        assert (early.sum(), late.sum()) == (train, validation)
        return
    with pytest.raises(InsituError, match="no fold of 1 has 20 rows"):
        list(folds(data, options))


def test_a_fold_that_would_learn_from_one_class_is_left_out() -> None:
    data = daily(120)  # the second class begins with the 60th day
    options = CrossValidation.model_validate({"folds": 3, "validation": "25 days"})
    assert [(early.sum(), late.sum()) for early, late in folds(data, options)] == [(70, 25), (95, 25)]


@pytest.mark.parametrize("whole_days", [False, True])
def test_later_slice_by_days_and_by_share(whole_days: bool) -> None:
    data = rows(delay_hours=48, whole_days=whole_days)
    as_of, matured = data.as_of.tolist(), data.matured_at.tolist()
    for length, lasts in (
        ("20 days", timedelta(days=20)),
        ("20%", (max(as_of) - min(as_of)) * 0.2),
        ("12.5%", (max(as_of) - min(as_of)) * 0.125),
    ):
        start = max(as_of) - lasts
        early, late = later_slice(data, length)
        assert late.frame.index.tolist() == [i for i in range(len(data)) if as_of[i] > start]
        # labels of the days just before it were not known when the slice began
        assert early.frame.index.tolist() == [i for i in range(len(data)) if as_of[i] <= start and matured[i] <= start]


def test_months_follow_the_calendar() -> None:
    """Rows from January to 10 April: the last month begins on 10 March, though February is short."""
    data = rows(2000)
    last = data.as_of.max()
    (_, march), (_, april) = folds(data, CrossValidation(folds=2, validation="1 month"))
    assert str(data.as_of[april].min())[:7] == "2020-03" and data.as_of[april].max() == last
    assert data.as_of[march].max() <= last - np.timedelta64(31, "D") < data.as_of[april].min()
    assert data.as_of[march].min() > last - np.timedelta64(31 + 29, "D")
    assert recent(data, "1 quarter").as_of.min() > last - np.timedelta64(31 + 29 + 31, "D")
    early, late = later_slice(data, "2 weeks")
    assert late.as_of.min() > last - np.timedelta64(14, "D") >= early.as_of.max()


def test_too_short_a_slice_says_so() -> None:
    with pytest.raises(InsituError, match="a slice of the last 1 hour leaves"):
        later_slice(rows(), "1 hour")


@pytest.mark.parametrize("whole_days", [False, True])
def test_recent_keeps_the_latest(whole_days: bool) -> None:
    data = rows(whole_days=whole_days)
    start = max(data.as_of.tolist()) - timedelta(days=10)
    kept = recent(data, "10 days")
    assert kept.frame.index.tolist() == [i for i in range(len(data)) if data.as_of.tolist()[i] > start]
    assert recent(data, None) is data
