"""What single sections compute, by hand: the lead, the histogram, the order of alerts, the newest batch."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import pytest

from insitu.report.context import context
from insitu.report.markup import Html
from insitu.warehouse import connect
from tests.unit.report import example
from tests.unit.report.conftest import Site

# The package has the functions of these modules under the same names.
business, decisions, drift, episodes = (
    importlib.import_module(f"insitu.report.sections.{name}") for name in ("business", "decisions", "drift", "episodes")
)
Make = Callable[[Iterable[str]], Site]
# Realised, and what treating all and none would have brought, on three days.
MONEY = [(-10.0, -40.0, -5.0), (-30.0, -20.0, -70.0), (-5.0, -40.0, 0.0)]


def worth() -> list[str]:
    days = [example.DAY.date() + dt.timedelta(days=i) for i in range(3)]
    rows = [
        f"insert into monitoring.mon_business values ('parcel_late', '{day}', 4, 2, -1, {', '.join(map(str, money))})"
        for day, money in zip(days, MONEY, strict=True)
    ]
    # another use case, and the days out of order
    return [
        *rows[::-1],
        f"insert into monitoring.mon_business values ('basket_value', '{days[0]}', 9, 9, 900, 900, 900, 900)",
    ]


def test_the_running_lead_is_what_the_decisions_brought_more(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = site([*example.create(), *worth()])
    drawn: dict[str, list[tuple[str, float]]] = {}

    def lines(rows: list[dict[str, Any]], names: list[str], title: str) -> str:
        for name in names:
            drawn[name] = [(str(row["day"])[-2:], row["value"]) for row in rows if row["name"] == name]
        return ""

    monkeypatch.setattr(business, "lines", lines)
    with connect(made.project) as warehouse:
        business.business(context(made.project, warehouse, "parcel_late"))
    days = ["01", "02", "03"]
    realised, treat_all, none = (list(values) for values in zip(*MONEY, strict=True))
    assert drawn == {
        "the decisions": list(zip(days, realised, strict=True)),
        "treating all": list(zip(days, treat_all, strict=True)),
        "treating none": list(zip(days, none, strict=True)),
        "over treating all": list(zip(days, [30.0, 20.0, 55.0], strict=True)),
        "over treating none": list(zip(days, [-5.0, 35.0, 30.0], strict=True)),
    }
    text = made.document.text
    assert "Realised profit−45−3 expected" in text
    assert "Treating all−100" in text and "Treating none−75" in text
    assert "Outcomes126 treated; 2024-03-01 to 2024-03-03" in text


def scored(batch: str, when: dt.datetime, version: str, *scores: float) -> list[str]:
    return [
        "insert into predictions.parcel_late__predictions "
        f"values ('{batch}', '{when}', '{version}', '{when}', {score}, '{when}')"
        for score in scores
    ]


def champion(version: str) -> str:
    return (
        f"insert into evaluation.parcel_late__champion values "
        f"('parcel_late', '{version}', 'c', 'f', '{example.DAY}', 1, '{example.DAY}', 'r')"
    )


def test_scores_by_twentieths(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the newest batch, that of the champion: 1 belongs to the last bin, a bound to the bin that it opens."""
    day, later = example.DAY, example.DAY + dt.timedelta(days=1)
    statements = [
        champion("m"),
        *scored("old", day, "m", *[0.5] * 9),
        *scored("new", later, "m", 0.0, 0.01, 0.05, 0.5, 0.549, 0.99, 1.0),
        *scored("shadow", later, "x", *[0.3] * 9),
        f"insert into actions.parcel_late__decisions values ('new', '{later}', 0.99, 0.2, 'call', -3), "
        f"('new', '{later}', 0.5, 0.2, 'call', -4), ('new', '{later}', 0.0, 0.2, 'wait', -1), "
        f"('old', '{day}', 0.5, 0.2, 'wait', -900)",
    ]
    made = site([*example.create(), *statements])
    drawn: list[Any] = []
    monkeypatch.setattr(
        decisions, "histogram", lambda rows, title, threshold: drawn.append((list(rows), threshold)) or ""
    )
    with connect(made.project) as warehouse:
        decisions.decisions(context(made.project, warehouse, "parcel_late"))
    ((rows, threshold),) = drawn
    bins = {round(row["low"] * 20): (round(row["high"] * 20), row["n"]) for row in rows}
    assert bins == {0: (1, 2), 1: (2, 1), 10: (11, 2), 19: (20, 2)}
    assert threshold == 0.2
    text = made.document.text
    assert "Rows scored7by m" in text and "Batch of2024-03-02" in text
    assert "Expected profit−8of the whole batch" in text
    assert "call228.6 %0.745−7" in text and "wait114.3 %0.000−1" in text


def test_drift_of_the_newest_batch(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    day, later = example.DAY, example.DAY + dt.timedelta(days=1)
    rows = [
        ("old", day, "x", "psi", 0.9),
        ("new", later, "x", "psi", 0.1),
        ("new", later, "y", "psi", 0.3),
        ("new", later, "z", "psi", "null"),
        ("new", later, "x", "missing_share", 0.5),
        ("old", day, "w", "missing_share", 0.7),
        ("new", later, "y", "missing_share", -0.5),
        ("new", later, "z", "missing_share", 0.0),
    ]
    statements = [
        f"insert into monitoring.mon_feature_drift values "
        f"('parcel_late', '{batch}', '{when}', 'm', '{feature}', '{metric}', {value}, 40)"
        for batch, when, feature, metric, value in rows
    ]
    statements += [s.replace("parcel_late", "basket_value").replace("'x'", "'foreign'") for s in statements]
    made = site([*example.create(), *statements])
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(drift, "top_drift", lambda rows: drawn.update(top=rows) or "")
    monkeypatch.setattr(drift, "drift_history", lambda rows, names: drawn.update(history=rows, names=names) or "")
    with connect(made.project) as warehouse:
        drift.drift(context(made.project, warehouse, "parcel_late"))
    assert [(row["feature"], row["psi"]) for row in drawn["top"]] == [("y", 0.3), ("x", 0.1)]
    assert drawn["names"] == ["y", "x"]
    assert sorted((row["feature"], row["psi"]) for row in drawn["history"]) == [("x", 0.1), ("x", 0.9), ("y", 0.3)]
    text = made.document.text
    assert "Feature" in text and "x50.0 %" in text and "w70.0 %" not in text and "z0.0 %" not in text


def test_errors_come_first_and_the_farthest_beyond(site: Make) -> None:
    def alert(name: str, severity: str, subject: str, value: float, use_case: str = "parcel_late") -> str:
        return (
            f"insert into monitoring.alerts values "
            f"('{use_case}', '{name}', '{subject}', '{example.DAY}', '{severity}', 'said', {value}, 0.25)"
        )

    statements = [
        alert("alert_a", "warn", "near", 0.3),
        alert("alert_a", "warn", "far", 0.9),
        alert("alert_z", "error", "grave", 0.1),
        alert("alert_z", "error", "foreign", 0.1, "basket_value"),
    ]
    made = site([*example.create(), *statements])
    part = made.html[made.html.index("parcel") :]
    found = [part.index(subject) for subject in ("grave</", "far</", "near</")]
    assert found == sorted(found)
    assert "3 open" in made.document.text and "1 open" in made.document.text


def test_episodes_on_a_time_line(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dt.timedelta(days=1)
    now = example.DAY + 9 * day

    def episode(cause: str, state: str, opened: int, resolved: int | None = None, use_case: str = "parcel_late") -> str:
        ended = f"'{example.DAY + resolved * day}'" if resolved is not None else "null"
        handled = f"'we <know>', '{now + day}'" if state == "muted" else "null, null"
        return (
            f"insert into monitoring.alert_episodes values ('{use_case}', 'alert_feature_drift', 's_{cause}', "
            f"'{cause}', '{state}', 'warn', '{example.DAY + opened * day}', '{now}', {ended}, 'it <moved>', {handled}, "
            f"'{now}')"
        )

    statements = [
        episode("weather", "resolved", 0, 3),
        episode("weather", "still_open", 5),
        episode("runs", "muted", 7),
        episode("elsewhere", "opened", 9, use_case="basket_value"),
    ]
    made = site([*example.create(), *statements])
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(episodes, "time_line", lambda rows, lanes: drawn.update(rows=rows, lanes=lanes) or Html())
    with connect(made.project) as warehouse:
        episodes.episodes(context(made.project, warehouse, "parcel_late"))
    assert drawn["lanes"] == ["runs", "weather"]
    assert [(row["opened_at"], row["ends_at"], row["kind"]) for row in drawn["rows"]] == [
        (example.DAY + 7 * day, now, "warn"),
        (example.DAY + 5 * day, now, "warn"),
        (example.DAY, example.DAY + 3 * day, "resolved"),
    ]
    text = made.document.text
    assert "Alerts over time" in text and "still open" in text and "until 2024-03-11: we <know>" in text
    assert "<moved>" not in made.html


def test_the_lead_that_is_shown_runs_as_sql(full: Site) -> None:
    """The statement on the page, over the page's own warehouse: −321 against −400 and −500 on each of three days."""
    (statement,) = [
        part
        for block in full.document.statements
        for part in block.split(";\n\n")
        if "over_none" in part and "parcel_late" in part
    ][:1]
    with duckdb.connect(str(full.warehouse), read_only=True) as connection:
        found = connection.sql(statement).df()
    assert found.over_all.tolist() == [79.0, 158.0, 237.0]
    assert found.over_none.tolist() == [179.0, 358.0, 537.0]
