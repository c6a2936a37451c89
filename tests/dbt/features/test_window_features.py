"""Every aggregate, strategy and warehouse against brute force, on random data with planted ties."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from insitu.features.records import records
from tests.dbt.features import oracle
from tests.dbt.features.conftest import Rendered, Row
from tests.dbt.features.specs import SPECS

START = datetime(2024, 3, 9)
MICROSECOND = timedelta(microseconds=1)

# A coarse grid, so that events fall exactly on as-of times and window edges; and a microsecond off them.
moments = st.builds(
    lambda half_hours, off: START + half_hours * timedelta(minutes=30) + off * MICROSECOND,
    st.integers(0, 120),
    st.sampled_from([0, 0, 0, 0, -1, 1]),
)
few_floats = st.sampled_from(
    [0.0, 1.5, -2.25, 0.1, math.nan, math.inf, -math.inf, 1e100, -1e100, 1e-300, 123456789.125]
)
floats = st.one_of(few_floats, st.floats(-1e9, 1e9).map(lambda v: v + 0.0))
spine_rows = st.fixed_dictionaries(
    {
        "k": st.one_of(st.none(), st.integers(0, 3)),
        "s": st.sampled_from(["a", "b", None]),
        "as_of": moments,
    }
)
event_rows = st.fixed_dictionaries(
    {
        "key": st.one_of(st.none(), st.integers(0, 2)),
        "s": st.sampled_from(["a", "b", "B", "", None]),
        "known_at": st.one_of(moments, moments, moments, st.none()),
        "seq": st.one_of(st.none(), st.integers(0, 2)),
        "flag": st.booleans(),
        "x": st.one_of(st.none(), floats),
        "c": st.one_of(st.none(), st.integers(-3, 3), st.integers(-(2**31), 2**31 - 1)),
        "d": st.one_of(st.none(), st.integers(-(10**9) + 1, 10**9 - 1).map(lambda v: Decimal(v) / 100)),
        "b": st.one_of(st.none(), st.integers(-(2**60), 2**60)),
    }
)


def unique(spine: list[Row]) -> list[Row]:
    """Rows numbered by position, so that each has its own id; every third one twice, as a spine may."""
    numbered = [row | {"id": i} for i, row in enumerate(spine)]
    return numbered + numbered[::3]


# From as_of to the edges of the specs' windows, without and with the gap.
EDGES = [timedelta(minutes=m) for m in (0, -30, -60, -90, -120, -360, -1440, -2880, -2910)]


@st.composite
def aimed(draw: st.DrawFn, rows: st.SearchStrategy[Row] = spine_rows) -> tuple[list[Row], list[Row]]:
    """Spine rows, and events of which half are of a spine row's key and exactly on, or a microsecond off, an edge."""
    spine = unique(draw(st.lists(rows, min_size=2, max_size=20)))
    events = draw(st.lists(event_rows, min_size=5, max_size=60))
    for event in events[::2]:
        row = draw(st.sampled_from(spine))
        moment = row["as_of"] + draw(st.sampled_from(EDGES)) + draw(st.sampled_from([0, 0, -1, 1])) * MICROSECOND
        event |= {"key": row["k"], "s": row["s"], "known_at": moment}
    return spine, events


TOLERANCES = {"_stddev_": 1e-9, "_decayed_sum_": 1e-11, "_over_": 1e-11}
COMPUTED = ("_sum_", "_avg_", "_per_day_", "_since_last_", "_minus_", *TOLERANCES)


def agrees(column: str, got: Any, wanted: oracle.Found) -> bool:
    """Equal; or, for what is computed in floating point, within the promised tolerance of what went into it."""
    value, size = wanted
    if value is None or got is None or isinstance(value, str):
        return bool(got == value)
    got, value = float(got), float(value)
    if math.isnan(value) or got == value:
        return got == value or (math.isnan(got) and math.isnan(value))
    if not any(part in column for part in COMPUTED):
        return False
    tolerance = next((t for part, t in TOLERANCES.items() if part in column), 1e-12)
    # A deviation much smaller than the values themselves has few digits left in any double.
    rounding = 1e-15 * size if "_stddev_" in column else tolerance * size
    return abs(got - value) <= tolerance * abs(value) + rounding


def check(rendered: Rendered, name: str, spine: list[Row], events: list[Row]) -> None:
    got = sorted(rendered.run(name, {"spine": spine, "events": events}), key=lambda row: row["id"])
    wanted = sorted(oracle.features(SPECS[name], spine, events), key=lambda row: row["id"])
    assert [(row["id"], row["as_of"]) for row in got] == [(row["id"], row["as_of"]) for row in wanted]
    for mine, theirs in zip(got, wanted, strict=True):
        assert list(mine) == list(theirs)
        for column in list(theirs)[2:]:
            assert agrees(column, mine[column], theirs[column]), (
                f"{column} of {theirs['id']}, {theirs['as_of']}: {mine[column]!r} for {theirs[column]!r}"
            )


def one_infinite() -> list[Row]:
    """Two events every half hour before START, one of them infinite: alone in its part of some windows."""
    event = {"key": 0, "s": "a", "seq": 0, "flag": True, "c": 1, "d": Decimal(1), "b": 1}
    times = [START - n * timedelta(minutes=30) for n in range(1, 40)]
    return [event | {"known_at": t, "x": math.inf if i == 20 else i / 7} for i, t in enumerate(times)]


@pytest.mark.parametrize("name", list(SPECS))
def test_equals_brute_force(rendered: Rendered, name: str) -> None:
    # One long query each time: a few rich examples, reported as found rather than shrunk for minutes.
    @settings(
        max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
    )
    @given(aimed())
    def prove(data: tuple[list[Row], list[Row]]) -> None:
        check(rendered, name, *data)

    prove()
    check(rendered, name, [], [])
    check(rendered, name, [{"id": 0, "k": 0, "s": "a", "as_of": START}], [])
    check(rendered, name, [{"id": 0, "k": 0, "s": "a", "as_of": START}], one_infinite())


@pytest.mark.parametrize("name", ["everything", "everything_timeline"])
def test_deviations_of_values_far_from_zero(rendered: Rendered, name: str) -> None:
    """Within 1e-9 of the exact deviation, however its events are spread over tiers: sums of squares would lose it."""
    event = {"key": 0, "s": "a", "seq": 0, "flag": True, "c": 1, "d": Decimal(1), "b": 1}
    events = [
        event | {"known_at": START - n * timedelta(minutes=7), "x": 1e6 + math.sin(n) * (1 + n % 3)}
        for n in range(1, 206)
    ]
    spine = [{"id": 0, "k": 0, "s": "a", "as_of": START}]
    [got] = rendered.run(name, {"spine": spine, "events": events})
    [wanted] = oracle.features(SPECS[name], spine, events)
    for column in ("f__x_stddev_1h", "f__x_stddev_6h", "f__x_stddev_1d", "f__x_stddev_all"):
        assert got[column] == pytest.approx(wanted[column].value, rel=1e-9, abs=0), column


def test_the_strategies_under_test_are_all_of_them(duckdb_rendered: Rendered, postgres_rendered: Rendered) -> None:
    """An index is found and used, and nothing is tested twice under two names."""

    def used(rendered: Rendered, name: str) -> set[str]:
        return {column["strategy"] for record in records(rendered.sql[name]) for column in record["columns"]}

    assert used(duckdb_rendered, "everything") == {"running", "partials", "range_join"}
    assert used(duckdb_rendered, "everything_joined") == {"range_join"}
    assert used(postgres_rendered, "everything") == {"range_join", "probe"}
    assert used(postgres_rendered, "everything_timeline") == {"running", "partials", "probe", "range_join"}
    assert "lateral" in postgres_rendered.sql["everything"]
    assert "lateral" not in postgres_rendered.sql["two_keys_and_gap"]


def test_tiers_follow_the_crowd(duckdb_rendered: Rendered) -> None:
    """Many events to a key and day need narrow tiers; the widths nest."""
    widths = sorted({int(width) for width in re.findall(r"edges_(\d+)s", duckdb_rendered.sql["everything"])})
    assert widths == [32, 256, 2048, 16384, 131072]
    assert "partials_131072s" not in duckdb_rendered.sql["everything"], "the widest only says where to look"


def test_exact_totals_are_subtracted_and_others_merged(
    duckdb_rendered: Rendered, duckdb_sparse_rendered: Rendered
) -> None:
    """However crowded the events; a count stands with the sums of its measure."""

    def strategies(rendered: Rendered) -> dict[str, str]:
        [record] = records(rendered.sql["everything"])
        return {column["name"]: column["strategy"] for column in record["columns"]}

    crowded, sparse = strategies(duckdb_rendered), strategies(duckdb_sparse_rendered)
    assert crowded == sparse
    for exact in ("f__n_1d", "f__c_sum_1d", "f__c_stddev_1h", "f__d_avg_6h", "f__pace_per_day_1d"):
        assert crowded[exact] == "running", exact
    for other in ("f__x_count_1h", "f__x_sum_1d", "f__b_stddev_1d", "f__c_min_6h", "f__x_last_1d"):
        assert crowded[other] == "partials", other
