"""latest_before, lag_features, validity_lookup and target_encoding against brute force, on both warehouses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.features import lookups
from tests.dbt.features.conftest import Rendered, Row
from tests.dbt.features.test_window_features import START, aimed, spine_rows, unique

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


def test_validity_equals_brute_force(rendered: Rendered) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(spine_rows, max_size=20), periods())
    def prove(spine: list[Row], rows: list[Row]) -> None:
        check(rendered, "validity", lookups.validity, unique(spine), "periods", rows)

    prove()
