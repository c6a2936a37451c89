"""Limits from stable periods: a period-by-period computation, and periods that the limits do not know."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.unit.metrics.conftest import Macros

NAMES = ["use_case", "subject"]


def limits(values: np.ndarray, chance: float) -> np.ndarray:
    """Of periods × features: each period held against the others, the greatest of its features, Gumbel by L-moments."""
    roots = np.sign(values) * np.sqrt(np.abs(values))
    greatest = []
    for period in range(len(roots)):
        others = np.delete(roots, period, axis=0)
        greatest.append(((roots[period] - others.mean(0)) / np.maximum(0.02, others.std(0, ddof=1))).max())
    ordered = sorted(greatest)
    differences = [abs(a - b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]]
    scale = sum(differences) / len(differences) / 2 / math.log(2)
    beyond = np.mean(ordered) - np.euler_gamma * scale - scale * math.log(-math.log(1 - chance))
    found = roots.mean(0) + beyond * np.maximum(0.02, roots.std(0, ddof=1))
    return np.sign(found) * found**2


def load(macros: Macros, name: str, groups: dict[str, np.ndarray], chance: float) -> None:
    rows = [
        ("u", group, f"2024-01-{period:03}", f"f{feature}", "psi", float(value), chance)
        for group, values in groups.items()
        for period, row in enumerate(values)
        for feature, value in enumerate(row)
    ]
    macros.load(name, pd.DataFrame(rows, columns=[*NAMES, "period", "feature", "metric", "value", "chance"]))


def test_the_limits_of_stable_periods(macros: Macros) -> None:
    random = np.random.default_rng(3)
    groups = {
        "many": random.chisquare(9, (30, 6)) / 50,
        "signed": random.normal(0, 0.1, (12, 3)),
        "never moved": np.full((9, 2), 0.25),
        "few": random.chisquare(9, (7, 2)),
    }
    load(macros, "stable", groups, 0.01)
    found = macros.run("stable_limits", measured="stable", group=NAMES)
    assert list(found.columns) == [*NAMES, "feature", "metric", "usual", "stable_limit", "n_periods"]
    for group, values in groups.items():
        rows = found[found.subject == group].sort_values("feature")
        assert rows.n_periods.tolist() == [len(values)] * values.shape[1]
        assert rows.usual.astype(float).tolist() == pytest.approx(np.percentile(values, 95, axis=0).tolist())
        if group == "few":
            assert rows.stable_limit.isna().all()
        else:
            expected = limits(values, 0.01).tolist()
            assert rows.stable_limit.astype(float).tolist() == pytest.approx(expected, rel=1e-9), group


@pytest.mark.parametrize("shared", [0.0, 0.8], ids=["features by themselves", "features that move together"])
def test_new_stable_periods_are_beyond_as_seldom_as_stated(macros: Macros, shared: float) -> None:
    """Eighty use cases of forty features and forty stable days, and five new days of each."""
    random = np.random.default_rng(7)
    chance, cases, days, features = 0.04, 80, 40, 40
    noise = math.sqrt(shared) * random.normal(size=(cases, days + 5, 1, 9))
    values = ((noise + math.sqrt(1 - shared) * random.normal(size=(cases, days + 5, features, 9))) ** 2).sum(-1) / 100
    load(macros, "many_cases", {f"{case:03}": values[case, :days] for case in range(cases)}, chance)
    found = macros.run("stable_limits", measured="many_cases", group=NAMES).astype({"stable_limit": float})
    table = found.pivot(index="subject", columns="feature", values="stable_limit")
    table = table[[f"f{feature}" for feature in range(features)]].to_numpy()
    alarms = (values[:, days:] > table[:, None, :]).any(axis=2)
    assert 0.5 * chance < alarms.mean() < 2 * chance, alarms.mean()
