"""Chances and quantiles in SQL, against SciPy."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy import special, stats

from tests.dbt.experiments.project import Statistics

DEGREES = [1.0, 1.2, 1.9, 2.0, 3.0, 4.99, 7.5, 20.0, 39.9, 100.0, 3407.5, 1e6, 1e9]


def grid(x: object, df: object) -> pd.DataFrame:
    return pd.DataFrame(itertools.product(x, df), columns=["x", "df"])  # type: ignore[call-overload]


def test_tail_of_the_normal_distribution(statistics: Statistics) -> None:
    asked = pd.DataFrame({"x": [*np.linspace(0, 12, 121), 7.0710678118, 7.0710678119, 20.0, 23.9, 24.0, 40.0, 1e6]})
    found = statistics.run("normal_tail", asked=asked)
    expected = stats.norm.sf(found["x"])
    np.testing.assert_allclose(found["found"], expected, rtol=2e-8, atol=1e-100)
    near = found["x"] < 7
    np.testing.assert_allclose(found["found"][near], expected[near], atol=1e-15, rtol=0)


def test_quantiles_of_the_normal_distribution(statistics: Statistics) -> None:
    inside = [1e-250, 1e-20, 1e-9, 1e-4, 0.0749, 0.0751, 0.3, 0.5, 0.6, 0.925, 0.9251, 0.999, 1 - 1e-12]
    outside = [0.0, 1.0, -0.1, 1.5]
    found = statistics.run("normal_quantile", asked=pd.DataFrame({"x": [*inside, *outside]})).set_index("x")["found"]
    np.testing.assert_allclose(found[inside].astype(float), stats.norm.ppf(inside), rtol=1e-13, atol=1e-15)
    assert found[outside].isna().all()


def test_tail_of_student_t(statistics: Statistics) -> None:
    asked = grid([0.0, 1e-9, 0.01, 0.3, 1.0, 1.96, 3.3, 8.0, 30.0, 1e3, 1e8, 1e200], DEGREES)
    found = statistics.run("t_tail", asked=asked)
    np.testing.assert_allclose(found["found"], 2 * stats.t.sf(found["x"], found["df"]), rtol=2e-8, atol=1e-10)
    mirrored = statistics.run("t_tail", asked=asked.assign(x=-asked["x"]))
    np.testing.assert_array_equal(mirrored["found"], found["found"])


def test_quantiles_of_student_t(statistics: Statistics) -> None:
    found = statistics.run("t_quantile", asked=grid([0.2, 0.1, 0.05, 0.01, 0.001, 1e-6], DEGREES))
    np.testing.assert_allclose(found["found"], stats.t.isf(found["x"] / 2, found["df"]), rtol=1e-9)


def test_tail_of_chi_square(statistics: Statistics) -> None:
    asked = grid([0.0, 1e-6, 0.5, 1.0, 3.84, 12.0, 40.0, 90.0, 590.0, 2e5], range(1, 41))
    found = statistics.run("chi_square_tail", asked=asked)
    expected = stats.chi2.sf(found["x"], found["df"])
    np.testing.assert_allclose(found["found"], expected, rtol=1e-7, atol=1e-100)
    near = found["x"] < 41
    np.testing.assert_allclose(found["found"][near], expected[near], rtol=1e-11, atol=1e-17)


def test_gamma_function(statistics: Statistics) -> None:
    x = pd.DataFrame({"x": [0.1, 0.5, 1.0, 1.5, 2.0, 3.3, 17.0, 400.5, 1e4, 1e7]})
    found = statistics.run("log_gamma", asked=x)
    np.testing.assert_allclose(found["found"], special.gammaln(found["x"]), rtol=1e-12, atol=1e-11)
    found = statistics.run("gamma_half_step", asked=x)
    np.testing.assert_allclose(found["found"], special.poch(found["x"], 0.5), rtol=1e-10)
