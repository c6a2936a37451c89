"""Whether units fall as shares say, against SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from tests.dbt.experiments.project import Statistics

# experiment → steps, each with shares and the units that fell
CASES: dict[str, list[tuple[list[float], list[int]]]] = {
    "fair": [([0.5, 0.5], [501, 499])],
    "unfair": [([0.5, 0.5], [560, 440])],
    "three": [([0.2, 0.3, 0.5], [230, 290, 480])],
    "ramp": [([0.95, 0.05], [940, 60]), ([0.75, 0.25], [750, 250]), ([0.5, 0.5], [420, 400])],
    "far_off": [([0.5, 0.5], [90_000, 10_000])],
    "tiny": [([0.95, 0.05], [0, 1])],
    "rolled_back": [([0.5, 0.5], [50, 55]), ([1.0, 0.0], [40, 0])],
}


def asked(cases: dict[str, list[tuple[list[float], list[int]]]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"experiment": name, "step": step, "variant": str(variant), "share": share, "n_units": units[variant]}
        | {"n_of_step": sum(units), "n_expected": sum(units) * share}
        for name, steps in cases.items()
        for step, (shares, units) in enumerate(steps)
        for variant, share in enumerate(shares)
    )


def test_the_check_of_the_sample_ratio(statistics: Statistics) -> None:
    found = statistics.run("ratios", counted=asked(CASES)).set_index("experiment")
    for name, steps in CASES.items():
        chi_square, df, log_odds = 0.0, 0, 0.0
        for shares, units in steps:
            own = [(s, n) for s, n in zip(shares, units, strict=True) if s > 0]
            share, n = (np.array(part, float) for part in zip(*own, strict=True))
            chi_square += float(((n - n.sum() * share) ** 2 / (n.sum() * share)).sum())
            df += len(own) - 1
            prior = 100 * share
            log_odds += special.gammaln(100) - special.gammaln(100 + n.sum())
            log_odds += (special.gammaln(prior + n) - special.gammaln(prior) - n * np.log(share)).sum()
        row = found.loc[name]
        assert (row["chi_square"], row["df"]) == (pytest.approx(chi_square, rel=1e-12), df)
        assert row["p_value"] == pytest.approx(stats.chi2.sf(chi_square, df), rel=1e-9, abs=1e-100)
        assert row["sequence_p_value"] == pytest.approx(min(1, np.exp(-log_odds)), rel=1e-7, abs=1e-100)
    assert found.loc["fair", "p_value"] == pytest.approx(stats.chisquare([501, 499]).pvalue, rel=1e-9)
    assert found.loc["fair", "sequence_p_value"] == 1
    assert found.loc["unfair", "sequence_p_value"] < 0.01


def test_what_cannot_be(statistics: Statistics) -> None:
    cases = {"impossible": [([1.0, 0.0], [40, 1])], "alone": [([1.0, 0.0], [40, 0])]}
    found = statistics.run("ratios", counted=asked(cases)).set_index("experiment")
    assert found.loc["impossible", ["p_value", "sequence_p_value"]].tolist() == [0, 0]
    assert found.loc["alone", ["p_value", "sequence_p_value"]].isna().all()
