"""Folds and slices never let a later row, or a label known later, into training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insitu.config import CrossValidation
from insitu.errors import InsituError
from insitu.training.fitting.data import Rows
from insitu.training.fitting.temporal import folds, later_slice, recent


def rows(count: int = 1000, days: float = 100, delay_hours: float = 30, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    as_of = np.sort(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.random(count) * days, unit="D")).astype(
        "datetime64[us]"
    )
    matured = as_of + np.timedelta64(int(delay_hours * 3600), "s")
    frame = pd.DataFrame({"x": rng.normal(size=count)})
    return Rows(frame, rng.integers(0, 2, count), as_of, matured, rng.integers(0, 50, count))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6), st.sampled_from(["expanding", "sliding"]), st.integers(0, 9), st.booleans(), st.integers(0, 99)
)
def test_folds(number: int, window: str, gap: int, grouped: bool, seed: int) -> None:
    data = rows(seed=seed)
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
    try:
        found = list(folds(data, options))
    except InsituError:
        assert grouped  # every entity of the slice was seen before
        return
    ends = []
    for train, validation in found:
        start = data.as_of[validation].min()
        assert data.as_of[train].max() <= start - np.timedelta64(gap, "D")
        assert data.matured_at[train].max() <= start
        if window == "sliding":
            assert data.as_of[train].min() > start - np.timedelta64(gap + 31 + 10, "D")
        if grouped:
            assert not set(data.groups[train]) & set(data.groups[validation])
        ends.append(data.as_of[validation].max())
    assert ends == sorted(ends)
    if not grouped:
        judged = np.sum([validation for _, validation in found], axis=0)
        assert judged.max() == 1  # slices do not overlap


def test_later_slice_by_days_and_by_share() -> None:
    data = rows()
    for length in ("20 days", "20%"):
        early, late = later_slice(data, length)
        assert early.matured_at.max() <= late.as_of.min()
        assert abs(len(late) - 200) < 40
        assert len(early) < 800  # the labels of the last 30 hours before the slice were not known


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


def test_recent_keeps_the_latest() -> None:
    data = rows()
    assert recent(data, "10 days").as_of.min() > data.as_of.max() - np.timedelta64(10, "D")
    assert recent(data, None) is data
