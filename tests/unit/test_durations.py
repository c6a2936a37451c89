"""One grammar of durations; months follow the calendar as intervals do in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insitu.durations import FIXED, MONTHS, Duration, parse, parse_fixed

UNITS = [*FIXED, *MONTHS]


@pytest.mark.parametrize("unit", UNITS)
def test_a_number_and_a_unit(unit: str) -> None:
    for text in (f"1 {unit}", f"1 {unit}s", f"  1   {unit} "):
        assert parse(text) == Duration(1, unit)
    assert str(parse(f"12 {unit}")) == f"12 {unit}s"
    assert str(parse(f"1 {unit}s")) == f"1 {unit}"


@pytest.mark.parametrize(
    "text",
    [
        "31D",
        "31days",
        "a week",
        "0 days",
        "-1 days",
        "1.5 days",
        "1 fortnight",
        "days",
        "",
        "1 day 2 hours",
        "1 DAY",
        31,
    ],
)
def test_anything_else_is_refused_with_the_grammar(text: object) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; write a positive whole number.*minute.*year.*`31 days`"):
        parse(text)


def test_a_backtest_compares_models_of_equal_age() -> None:
    assert parse_fixed("2 weeks").days == 14
    units = "seconds, minutes, hours, days, weeks"
    with pytest.raises(ValueError, match=f"'1 month' is not always equally long; write {units}"):
        parse_fixed("1 month")


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(1, 400), st.sampled_from(UNITS), st.booleans()
)
def test_moments_are_those_of_sql(moment: datetime, number: int, unit: str, earlier: bool) -> None:
    duration = Duration(number, unit)
    sign = "-" if earlier else "+"
    (expected,) = duckdb.sql(f"select timestamp '{moment}' {sign} interval '{number} {unit}'").fetchall()[0]
    assert (duration.before(moment) if earlier else duration.after(moment)) == expected


def test_as_text_of_an_interval() -> None:
    assert [parse(text).interval for text in ("2 quarters", "1 week", "3 months")] == ["6 months", "1 week", "3 months"]


def test_the_calendar_ends() -> None:
    moment = datetime(2020, 2, 29)
    assert parse("9999 years").before(moment) == datetime.min
    assert parse("99999999999 days").before(moment) == datetime.min
    assert parse("9999 years").after(moment) == datetime.max
    assert (parse("1 day") * 3).before(moment) == moment - timedelta(days=3)
