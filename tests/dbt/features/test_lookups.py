"""latest_before, lag_features, validity_lookup and target_encoding against brute force, on both warehouses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.features import lookups
from tests.dbt.features.conftest import Rendered, Row
from tests.dbt.features.test_window_features import MICROSECOND, START, aimed, spine_rows, unique

Meaning = Callable[[Row, Sequence[Row]], Row]


def same(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and got is not None:
        return math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-15) or (math.isnan(wanted) and math.isnan(got))
    return bool(got == wanted)


def check(rendered: Rendered, name: str, meaning: Meaning, spine: list[Row], table: str, rows: list[Row]) -> None:
    got = sorted(rendered.run(name, {"spine": spine, table: rows}), key=lambda row: row["id"])
    assert [(row["id"], row["as_of"]) for row in got] == [
        (r["id"], r["as_of"]) for r in sorted(spine, key=lambda r: r["id"])
    ]
    for mine, row in zip(got, sorted(spine, key=lambda r: r["id"]), strict=True):
        for column, value in meaning(row, rows).items():
            assert same(mine[column], value), f"{column} of {row}: {mine[column]!r} for {value!r}"


@pytest.mark.parametrize("name", ["latest", "latest_fresh", "lags", "encoded"])
def test_equals_brute_force(rendered: Rendered, name: str) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(aimed())
    def prove(data: tuple[list[Row], list[Row]]) -> None:
        spine, events = data
        check(rendered, name, getattr(lookups, name), spine, "events", events)

    prove()


def test_declared_unique_needs_no_order_and_equals_brute_force(rendered: Rendered) -> None:
    """No two rows of a key and time: no ties are looked for, in what is declared so and only there."""
    assert "row_number" not in rendered.sql["latest_unique"]
    assert "desc nulls first" in rendered.sql["latest"]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(aimed())
    def prove(data: tuple[list[Row], list[Row]]) -> None:
        spine, events = data
        readings = list({(e["key"], e["known_at"]): e for e in events}.values())
        check(rendered, "latest_unique", lookups.latest_unique, spine, "readings", readings)

    prove()


@st.composite
def periods(draw: st.DrawFn) -> list[Row]:
    """Periods of a few keys that do not overlap; the last may be open."""
    rows: list[Row] = []
    for key in range(3):
        edges = sorted({START + timedelta(minutes=30 * h) for h in draw(st.lists(st.integers(0, 120), max_size=6))})
        last = draw(st.sampled_from([None, START + timedelta(days=9)]))
        for start, end in zip(edges, [*edges[1:], last], strict=False):
            if draw(st.booleans()):
                rows.append(
                    {
                        "key": key,
                        "grade": draw(st.sampled_from(["low", "high", None])),
                        "valid_from": start,
                        "valid_to": end,
                    }
                )
    return rows


@st.composite
def aimed_at_periods(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Spine rows of which half are of a period's key and exactly on, or a microsecond off, where it begins or ends."""
    spine, dimension = draw(st.lists(spine_rows, min_size=1, max_size=20)), draw(periods())
    for row in spine[::2] if dimension else []:
        period = draw(st.sampled_from(dimension))
        edge = draw(st.sampled_from([period["valid_from"], period["valid_to"] or period["valid_from"]]))
        row |= {"k": period["key"], "as_of": edge + draw(st.sampled_from([0, 0, -1, 1])) * MICROSECOND}
    return unique(spine), dimension


def test_validity_equals_brute_force(rendered: Rendered) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(aimed_at_periods())
    def prove(data: tuple[list[Row], list[Row]]) -> None:
        spine, rows = data
        check(rendered, "validity", lookups.validity, spine, "periods", rows)

    prove()


@pytest.mark.parametrize(
    ("as_of", "grade"),
    [
        (START - MICROSECOND, None),
        (START, "first"),
        (START + timedelta(days=1) - MICROSECOND, "first"),
        (START + timedelta(days=1), "second"),
        (START + timedelta(days=2) - MICROSECOND, "second"),
        (START + timedelta(days=2), None),
        (START + timedelta(days=3), "open"),
        (START + timedelta(days=900), "open"),
    ],
)
def test_the_edges_of_a_period(rendered: Rendered, as_of: datetime, grade: str | None) -> None:
    edges: list[tuple[str, int, int | None]] = [("first", 0, 1), ("second", 1, 2), ("open", 3, None)]
    dimension = [
        {"key": 1, "grade": name, "valid_from": START + timedelta(days=begins)}
        | {"valid_to": None if ends is None else START + timedelta(days=ends)}
        for name, begins, ends in edges
    ]
    spine = [{"id": 0, "k": 1, "s": None, "as_of": as_of}]
    assert [row["f__grade"] for row in rendered.run("validity", {"spine": spine, "periods": dimension})] == [grade]
