"""Metrics and curves of uplift against loops written by hand, with scikit-uplift's definitions of both curves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.unit.metrics.conftest import Macros


def groups() -> pd.DataFrame:
    random = np.random.default_rng(3)

    def group(name: str, n: int, digits: int, share: float = 0.5) -> pd.DataFrame:
        effect = random.random(n)
        treated = (random.random(n) < share).astype(float)
        label = (random.random(n) < 0.2 + 0.5 * effect * treated).astype(float)
        return pd.DataFrame({"g": name, "label": label, "score": effect.round(digits), "treated": treated})

    money = group("money", 300, 6)
    money["label"] = random.normal(10, 5, 300) + 4 * money.score * money.treated
    upside_down = group("upside down", 400, 6)
    upside_down["score"] *= -1
    small = pd.DataFrame({"g": "small", "label": [1.0, 0, 1], "score": [0.9, 0.9, 0.1], "treated": [1.0, 0, 0]})
    missing = group("missing", 50, 2).assign(score=lambda rows: rows.score.where(rows.index % 7 > 0, math.nan))
    missing.loc[3, "treated"] = math.nan
    alone = group("nobody else", 20, 3, share=1.1)
    plain = (group("smooth", 900, 6), group("ties", 500, 1), group("few treated", 700, 2, 0.1))
    return pd.concat([*plain, money, upside_down, small, missing, alone], ignore_index=True)


@pytest.fixture(scope="module")
def rows(macros: Macros) -> dict[str, pd.DataFrame]:
    found = groups()
    macros.load("randomised", found)
    known = found[np.isfinite(found.score) & np.isfinite(found.treated)]
    return {str(name): part for name, part in known.groupby("g") if part.treated.nunique() == 2}


def by_hand(rows: pd.DataFrame) -> dict[str, list[tuple[float, float]]]:
    """Both curves in counts, as scikit-uplift has them: (rows, what they bring)."""
    curves: dict[str, list[tuple[float, float]]] = {"uplift": [(0, 0)], "qini": [(0, 0)]}
    for score in sorted(set(rows.score), reverse=True):
        above = rows[rows.score >= score]
        treated, control = above[above.treated == 1].label, above[above.treated == 0].label
        means = [part.mean() if len(part) else 0.0 for part in (treated, control)]
        curves["uplift"].append((len(above), (means[0] - means[1]) * len(above)))
        per = len(treated) / len(control) if len(control) else 0.0
        curves["qini"].append((len(above), treated.sum() - control.sum() * per))
    return curves


def area(points: list[tuple[float, float]]) -> float:
    x, y = np.array(points).T
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def test_areas(macros: Macros, rows: dict[str, pd.DataFrame]) -> None:
    found = {
        name: macros.run(f"metric_{name}", relation="randomised", by=["g"]).set_index("g") for name in ("auuc", "qini")
    }
    assert {name: set(part.index) for name, part in found.items()} == {"auuc": set(rows), "qini": set(rows)}
    for group, part in rows.items():
        n, treated, curves = len(part), part.treated.sum(), by_hand(part)
        auuc = area(curves["uplift"]) / n**2
        qini = (area(curves["qini"]) - n * curves["qini"][-1][1] / 2) / (n * treated)
        assert found["auuc"].loc[group, "value"] == pytest.approx(auuc), group
        assert found["qini"].loc[group, "value"] == pytest.approx(qini), group
        assert found["qini"].loc[group, "n_rows"] == n
    # a good order is above chance, one that is upside down below
    assert found["qini"].loc["smooth", "value"] > 0.02 > 0 > found["qini"].loc["upside down", "value"]


def test_mean_effect(macros: Macros, rows: dict[str, pd.DataFrame]) -> None:
    found = macros.run("metric_mean_effect", relation="randomised", by=["g"]).set_index("g")
    assert set(found.index) == set(rows)
    for group, part in rows.items():
        treated, control = (part[part.treated == arm].label for arm in (1, 0))
        value = treated.mean() - control.mean()
        assert found.loc[group, "value"] == pytest.approx(value)
        if min(len(treated), len(control)) > 1:
            margin = 1.959963984540054 * math.sqrt(treated.var() / len(treated) + control.var() / len(control))
            assert found.loc[group, ["ci_low", "ci_high"]].tolist() == pytest.approx([value - margin, value + margin])
        else:
            assert pd.isna(found.loc[group, "ci_low"])


@pytest.mark.parametrize("name", ["uplift", "qini"])
def test_curves(macros: Macros, rows: dict[str, pd.DataFrame], name: str) -> None:
    found = macros.run(f"curve_{name}", relation="randomised", by=["g"]).sort_values(["g", "point"])
    assert set(found.g) == set(rows)
    for group, part in found.groupby("g"):
        own = rows[str(group)]
        n, per = len(own), {"uplift": len(own), "qini": own.treated.sum()}[name]
        points = {int(x): y / per for x, y in by_hand(own)[name]}
        assert len(part) <= 201 and part.point.tolist() == [*range(1, len(part) + 1)]
        np.testing.assert_allclose(part.y.astype(float), [points[k] for k in part.n_rows], atol=1e-12)
        np.testing.assert_allclose(part.x.astype(float), part.n_rows / n)
        assert (part.n_rows.iloc[0], part.n_rows.iloc[-1]) == (0, n)
        effect = own[own.treated == 1].label.mean() - own[own.treated == 0].label.mean()
        assert part.y.iloc[-1] == pytest.approx(effect)
