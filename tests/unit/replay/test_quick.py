"""Which days may be run by the SQL of another, and what of it has to be."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from insitu.replay import quick
from insitu.replay.quick import Day, Quick, Unfit

MONDAY, TUESDAY = datetime(2024, 5, 6), datetime(2024, 5, 7)


def day(name: str, sql: str, reads: tuple[str, ...] = (), materialized: str = "table", is_python: bool = False) -> Day:
    return Day(name, name, f'"s"."{name}"', materialized, reads, is_python, sql)


def days(*told: Day) -> Any:
    return Quick(
        project=SimpleNamespace(dialect="duckdb"),  # type: ignore[arg-type]
        use_case="churn",
        config=None,  # type: ignore[arg-type]
        days={each.id: each for each in told},
        compiled_for=MONDAY,
        growing={"churn__features": ('"s"."churn__features"', "as_of")},
    )


def made(played: Any, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(quick, "_make", lambda transaction, day, sql, dialect: found.append((day.name, sql)))
    played._make(None, list(played.days.values()), moment, set(played.growing))
    return found


def test_the_moment_stands_in_the_sql_as_a_text() -> None:
    played = days(day("a", "select timestamp '2024-05-06 00:00:00'"))
    played.check({"a": day("a", "select timestamp '2024-05-07 00:00:00'")}, TUESDAY)
    with pytest.raises(Unfit, match="`a` depends on the moment in more than its text"):
        played.check({"a": day("a", "select timestamp '2024-05-07 00:00:00', 'Tuesday'")}, TUESDAY)
    with pytest.raises(Unfit, match="`a`"):
        played.check({}, TUESDAY)


def test_only_what_names_the_moment_or_reads_what_changed_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    played = days(
        day("still", "select 1"),
        day("over_still", "select 2", ("still",)),
        day("moved", "select timestamp '2024-05-06 00:00:00'"),
        day("over_moved", "select 3", ("moved",)),
        day("over_features", "select 4", ("churn__features",)),
        day("churn__training_set", "select 5", ("churn__features",)),
        day("over_training", "select 6", ("churn__training_set",)),
        day("inlined", "select 7", ("moved",), materialized="ephemeral"),
        day("over_inlined", "select 8", ("inlined",)),
    )
    assert made(played, TUESDAY, monkeypatch) == [
        ("moved", "select timestamp '2024-05-07 00:00:00'"),
        ("over_moved", "select 3"),
        ("over_features", "select 4"),
        ("over_inlined", "select 8"),
    ]


def test_the_day_it_was_compiled_for_is_made_too(monkeypatch: pytest.MonkeyPatch) -> None:
    played = days(day("moved", "select timestamp '2024-05-06 00:00:00'"))
    assert made(played, MONDAY, monkeypatch) == [("moved", "select timestamp '2024-05-06 00:00:00'")]


def test_a_python_model_with_something_to_do_is_left_to_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unfit, match="`made` is a Python model"):
        made(days(day("made", "def model(): ...", ("churn__features",), is_python=True)), TUESDAY, monkeypatch)


@pytest.mark.parametrize(
    ("materialized", "strategy", "fits"),
    [("table", None, True), ("incremental", "append", True), ("incremental", "merge", False), ("dynamic", None, False)],
)
def test_what_only_dbt_can_make_is_left_to_it(materialized: str, strategy: str | None, fits: bool) -> None:
    node = SimpleNamespace(
        unique_id="model.p.m", name="m", schema="s", alias="m", language="sql", compiled_code="select 1",
        depends_on=SimpleNamespace(nodes=[]),
        config=SimpleNamespace(materialized=materialized, get=lambda name: strategy),
    )  # fmt: skip
    if fits:
        assert quick._day(node).materialized == materialized
    else:
        with pytest.raises(Unfit, match=f"`m` is materialized as {materialized}"):
            quick._day(node)
