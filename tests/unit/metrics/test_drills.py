"""Drills: faults planted into a day, and which measure of drift is beyond the limits of forty stable days.

DuckDB only: that both warehouses compute the same is tested beside each measure.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.sql_warehouses import DuckWarehouse
from tests.unit.metrics.conftest import Macros

ROWS, DAYS = 300, 40
TOWNS = ["rome", "oslo", "bern", "riga", "baku"]
KINDS = {"distance": "numeric", "hour": "numeric", "amount": "numeric", "town": "categorical"}
FIXED = {"psi": 0.25, "unseen_share": 0.1, "missing_share": 0.1}


def day(random: np.random.Generator) -> pd.DataFrame:
    """A day of a shop: its mood moves amounts and towns a little."""
    mood = random.normal(0, 0.1)
    share = np.array([0.3, 0.25, 0.2, 0.15, 0.1]) * np.exp(random.normal(0, 0.1, 5))
    return pd.DataFrame(
        {
            "distance": random.gamma(4, 30, ROWS),
            "hour": np.clip(np.round(random.normal(13, 2, ROWS)), 0, 23),
            "amount": random.lognormal(3 + mood, 0.5, ROWS),
            "town": random.choice(TOWNS, ROWS, p=share / share.sum()),
        }
    )


def missing(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(amount=np.where(np.arange(ROWS) % 3 == 0, np.nan, rows.amount))


# What is planted, and the findings (feature, measure) that are right for it.
DRILLS = {
    "nothing": (lambda rows: rows, set()),
    "kilometres instead of miles": (
        lambda rows: rows.assign(distance=rows.distance * 1.609344),
        {("distance", "psi")},
    ),
    "cents instead of euros": (
        lambda rows: rows.assign(amount=rows.amount * 100),
        {("amount", "psi"), ("amount", "unseen_share")},
    ),
    "a category renamed": (
        lambda rows: rows.assign(town=rows.town.replace("rome", "Roma")),
        {("town", "psi"), ("town", "unseen_share")},
    ),
    "times shifted by four hours": (lambda rows: rows.assign(hour=(rows.hour + 4) % 24), {("hour", "psi")}),
    "a join that lost a third": (missing, {("amount", "missing_share"), ("amount", "psi")}),
}


@pytest.fixture(scope="module")
def drilled() -> Iterator[tuple[Macros, pd.DataFrame]]:
    """The drift of stable days and of the drills, and their limits."""
    random = np.random.default_rng(11)
    trained = pd.concat([day(random) for _ in range(30)], ignore_index=True)
    newer = {f"stable {number:02}": day(random) for number in range(DAYS)}
    newer |= {name: plant(day(random)) for name, (plant, _) in DRILLS.items()}
    with duckdb.connect() as connection:
        macros = Macros(DuckWarehouse(connection))
        for kind in ("numeric", "categorical"):
            names = [name for name, its in KINDS.items() if its == kind]
            long = [trained[[n]].set_axis(["value"], axis=1).assign(feature=n) for n in names]
            macros.load(f"trained_{kind}", pd.concat(long))
            macros.load(
                f"newer_{kind}",
                pd.concat(
                    [
                        rows[[n]].set_axis(["value"], axis=1).assign(feature=n, period=period)
                        for period, rows in newer.items()
                        for n in names
                    ]
                ),
            )
        found = pd.concat(
            macros.run(
                f"drift_{measure}",
                reference=f"trained_{kind}",
                current=f"newer_{kind}",
                by=["feature"],
                over=["period"],
                kind=kind,
            )
            for kind in ("numeric", "categorical")
            for measure in (*FIXED, "scale")
            if kind == "numeric" or measure != "scale"
        )
        is_stable = found.period.str.startswith("stable")
        macros.load("stable", found[is_stable & (found.metric != "scale")].assign(of="shop", chance=1 / 30 / 4))
        yield macros, found[~is_stable].astype({"value": float})


@pytest.mark.parametrize("drill", DRILLS)
def test_a_planted_fault_is_found_on_its_day(drilled: tuple[Macros, pd.DataFrame], drill: str) -> None:
    macros, found = drilled
    limits = macros.run("stable_limits", measured="stable", group=["of"])
    rows = found[found.period == drill].merge(limits, on=["feature", "metric"])
    beyond = rows[rows.value > np.maximum(rows.metric.map(FIXED), rows.stable_limit.astype(float))]
    assert set(zip(beyond.feature, beyond.metric, strict=True)) == DRILLS[drill][1], rows.to_string()


def test_another_unit_is_told_by_its_factor(drilled: tuple[Macros, pd.DataFrame]) -> None:
    scales = drilled[1].query("metric == 'scale'").set_index(["period", "feature"]).value
    assert scales["kilometres instead of miles", "distance"] == pytest.approx(1.609344, rel=0.1)
    assert scales["cents instead of euros", "amount"] == pytest.approx(100, rel=0.25)
    assert scales["nothing", "distance"] == pytest.approx(1, abs=0.15)
