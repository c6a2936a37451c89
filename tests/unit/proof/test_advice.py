"""What a finding advises: the predicate that is missing, by the two columns that it compares."""

from __future__ import annotations

import re

import pytest

from insitu.proof import check_sql

from .cases import RELATIONS

UNBOUNDED = {
    "events": (
        "select s.id, s.as_of, count(*) as n from spine s join events e on e.k = s.k group by s.id, s.as_of",
        "add `events.ts < spine.as_of` to the join or filter that reads it",
    ),
    # a bound by itself would bound nothing
    "spine": (
        "select s.id, s.as_of, (select count(*) from spine x where x.k = s.k) as n from spine s",
        "bound the rows of `spine` that are read: their as_of <= the as_of of the row they are read for",
    ),
    "spine, by a join": (
        "select s.id, s.as_of, count(*) as n from spine s join spine x on x.k = s.k group by s.id, s.as_of",
        "bound the rows of `spine` that are read: their as_of <= the as_of of the row they are read for",
    ),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize("case", UNBOUNDED)
def test_what_is_to_be_written(case: str, dialect: str) -> None:
    sql, advice = UNBOUNDED[case]
    result = check_sql(sql, RELATIONS, dialect=dialect)
    said = [f.message for column in result.columns for f in column.findings]
    assert any(advice in message for message in said), said
    assert not any(re.search(r"`(\S+) <=? \1`", message) for message in said)


@pytest.mark.parametrize(
    ("case", "advised"), [("events", "e.ts < s.as_of"), ("spine, by a join", "x.as_of <= s.as_of")]
)
def test_what_is_advised_is_proved(case: str, advised: str) -> None:
    sql = UNBOUNDED[case][0].replace(".k = s.k", f".k = s.k and {advised}")
    assert check_sql(sql, RELATIONS).ok
