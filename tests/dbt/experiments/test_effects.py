"""Effects, their errors and intervals, against published figures, SciPy, statsmodels and NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import test_proportions_2indep as two_proportions

from tests.dbt.experiments.project import Statistics

ASKED: dict[str, Any] = {
    "variant": "new",
    "kind": "mean",
    "better": "higher",
    "margin": 0.0,
    "alpha": 0.05,
    "tuned_for": 5000,
    "power": 0.8,
    "minimum_effect": 0.1,
}
MIDDLES = {"middle": 0.0, "covariate_middle": 0.0}


def moments(metric: str, is_control: int, n: int, total: float, squares: float, kind: str = "mean") -> dict[str, Any]:
    """An arm of known sum and sum of squares, without covariate."""
    own = {"n_units": n, "num": total, "den": float(n), "cov": 0.0, "one": float(n)}
    products = {"num_num": squares, "num_den": total, "num_cov": 0.0, "num_one": total, "den_den": float(n)}
    further = {"den_cov": 0.0, "den_one": float(n), "cov_cov": 0.0, "cov_one": 0.0, "one_one": float(n)}
    names = {"metric": metric, "variant": "new", "is_control": is_control, "kind": kind}
    return {**names, **own, **products, **further, **MIDDLES}


def of_mean(metric: str, is_control: int, mean: float, sd: float, n: int) -> dict[str, Any]:
    return moments(metric, is_control, n, n * mean, (n - 1) * sd**2 + n * mean**2)


def test_published_figures(statistics: Statistics) -> None:
    arms = [
        moments("posthog_mean", 1, 3000, 1400.0, 52000.0),
        moments("posthog_mean", 0, 3500, 2500.0, 135000.0),
        moments("posthog_proportion", 1, 3050, 1450.0, 1450.0, "proportion"),
        moments("posthog_proportion", 0, 3500, 2600.0, 2600.0, "proportion"),
        of_mean("growthbook", 1, 0.41, 3.9, 3407),
        of_mean("growthbook", 0, 0.7, 6.2, 3461),
    ]
    asked = [
        {**ASKED, "metric": "posthog_mean", "tuned_for": 1000},
        {**ASKED, "metric": "posthog_proportion", "kind": "proportion"},
        {**ASKED, "metric": "growthbook"},
    ]
    found = statistics.run("of_moments", asked=pd.DataFrame(asked), moments=pd.DataFrame(arms)).set_index("metric")
    sequence = ["relative_effect", "relative_standard_error", "relative_sequence_lower", "relative_sequence_upper"]
    for metric, expected in {
        "posthog_mean": [0.53061, 0.33368, -0.53230, 1.59353],
        "posthog_proportion": [0.56256, 0.03354, 0.46064, 0.66448],
    }.items():
        assert found.loc[metric, sequence].tolist() == pytest.approx(expected, abs=5.1e-6)
    fixed = found.loc["growthbook", ["lower", "upper", "p_value"]].tolist()
    assert fixed == pytest.approx([0.04538, 0.53462, 0.02016], abs=5.1e-6)


def units(metric: str, is_control: int, numerator: Any, kind: str = "mean", **further: Any) -> pd.DataFrame:
    columns = {"denominator": 1.0, "covariate": np.nan, "sign": 1, **MIDDLES, **further}
    names = {"metric": metric, "variant": "new", "is_control": is_control, "kind": kind}
    rows = pd.DataFrame({"numerator": np.asarray(numerator, float)}).assign(**names, **columns)
    return rows.astype({"covariate": float, "denominator": float})


def of_units(statistics: Statistics, *arms: pd.DataFrame, **asked: Any) -> pd.Series:
    rows = pd.DataFrame([{**ASKED, "metric": "m", "kind": arms[0]["kind"].iloc[0], **asked}])
    found = statistics.run("of_units", asked=rows, units=pd.concat(arms))
    return found.iloc[0]


@pytest.mark.parametrize(("n_control", "n"), [(2, 2), (3, 2), (40, 7), (400, 350)])
def test_means_as_welch(statistics: Statistics, n_control: int, n: int) -> None:
    random = np.random.default_rng(n_control)
    control, variant = random.normal(1e6, 3, n_control), random.normal(1e6 + 2, 5, n)
    found = of_units(
        statistics, units("m", 1, control, middle=1e6), units("m", 0, variant, middle=1e6), alpha=0.1, better="lower"
    )
    expected = stats.ttest_ind(variant, control, equal_var=False)
    interval = expected.confidence_interval(0.9)
    assert found["df"] == pytest.approx(expected.df, rel=1e-8)
    assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-8)
    assert (found["lower"], found["upper"]) == pytest.approx((interval.low, interval.high), rel=1e-8)
    assert found["effect"] == pytest.approx(variant.mean() - control.mean(), rel=1e-9)
    assert found["relative_effect"] == pytest.approx(variant.mean() / control.mean() - 1, rel=1e-9)
    # the sequence, by its formula
    total = n + n_control
    rho2 = (-2 * math.log(0.1) + math.log(1 - 2 * math.log(0.1))) / 5000
    growth = total * rho2 + 1
    reach = math.sqrt(total) * math.sqrt(2 * growth / (total**2 * rho2) * math.log(math.sqrt(growth) / 0.1))
    half = reach * found["standard_error"]
    ends = (found["effect"] - half, found["effect"] + half)
    assert (found["sequence_lower"], found["sequence_upper"]) == pytest.approx(ends, rel=1e-9)
    assert (found["sequence_p_value"] < 0.1) == (ends[0] > 0 or ends[1] < 0)


def test_the_reach_of_sequences(statistics: Statistics) -> None:
    # of both arms, tuned for, alpha → standard errors, by ville 0.1.0's normal_mixture(n, alpha, 1 / rho²) / √n
    figures = {
        (200, 5000, 0.05): 5.099959969897444,
        (6500, 1000, 0.05): 3.1854130934500415,
        (6550, 5000, 0.05): 3.0389332276322483,
        (100000, 5000, 0.01): 3.836562141848598,
    }
    rows = [
        {
            "n_units_control": n // 2,
            "n_units": n - n // 2,
            "tuned_for": tuned,
            "alpha": alpha,
            "reach": reach,
            "s": sign,
        }
        for (n, tuned, alpha), reach in figures.items()
        for sign in (-1.0, 1.0)
    ]
    asked = pd.DataFrame(rows).assign(effect=0.0, standard_error=1.0, relative_effect=0.0, relative_standard_error=2.0)
    # at the edge of the interval, the p-value is alpha
    found = statistics.run("sequences", asked=asked.assign(statistic=asked["reach"] * asked["s"]))
    np.testing.assert_allclose(found["sequence_upper"], found["reach"], rtol=1e-12)
    np.testing.assert_allclose(found["sequence_lower"], -found["reach"], rtol=1e-12)
    np.testing.assert_allclose(found["relative_sequence_upper"], 2 * found["reach"], rtol=1e-12)
    np.testing.assert_allclose(found["sequence_p_value"], found["alpha"], rtol=1e-9)


def test_a_mean_below_zero_has_a_relative_effect_of_the_same_sign(statistics: Statistics) -> None:
    found = of_units(statistics, units("m", 1, [-9.0, -11, -10]), units("m", 0, [-4.0, -6, -5]))
    assert (found["effect"], found["relative_effect"]) == (5.0, 0.5)


def test_proportions_as_statsmodels(statistics: Statistics) -> None:
    control, variant = [1.0] * 30 + [0.0] * 170, [1.0] * 45 + [0.0] * 155
    found = of_units(statistics, units("m", 1, control, "proportion"), units("m", 0, variant, "proportion"))
    expected = two_proportions(45, 200, 30, 200, method="wald")
    assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    half = stats.norm.isf(0.025) * math.sqrt(0.225 * 0.775 / 200 + 0.15 * 0.85 / 200)
    assert (found["lower"], found["upper"]) == pytest.approx((0.075 - half, 0.075 + half), rel=1e-9)


def linearised(numerator: Any, denominator: Any) -> tuple[float, Any]:
    ratio = numerator.sum() / denominator.sum()
    return ratio, (numerator - ratio * denominator) / denominator.mean()


def test_ratios_by_the_delta_method(statistics: Statistics) -> None:
    random = np.random.default_rng(7)
    arms, expected = [], []
    for is_control, shift in ((1, 0.0), (0, 1.0)):
        per = random.integers(1, 9, 300).astype(float)
        value = per * random.normal(20 + shift, 2, 300) + random.normal(0, 3, 300)
        arms.append(units("m", is_control, value, "ratio", denominator=per, middle=20.3))
        expected.append(linearised(value, per))
    found = of_units(statistics, *arms)
    (control, control_parts), (variant, parts) = expected
    error = math.sqrt(np.var(parts, ddof=1) / 300 + np.var(control_parts, ddof=1) / 300)
    assert (found["value_control"], found["value"]) == pytest.approx((control, variant), rel=1e-10)
    assert found["standard_error"] == pytest.approx(error, rel=1e-9)
    relative = math.sqrt(np.var(parts, ddof=1) / 300 + np.var(control_parts, ddof=1) / 300 * (variant / control) ** 2)
    assert found["relative_standard_error"] == pytest.approx(relative / control, rel=1e-9)


def test_a_covariate_takes_its_share_of_the_noise(statistics: Statistics) -> None:
    random = np.random.default_rng(11)
    before = {is_control: random.normal(50, 10, 400) for is_control in (1, 0)}
    after = {c: 3 + 0.8 * b + random.normal(0, 4, 400) + (c == 0) * 1.5 for c, b in before.items()}
    arms = [units("m", c, after[c], covariate=before[c], middle=43.0, covariate_middle=49.0) for c in (1, 0)]
    found = of_units(statistics, *arms)
    slope = sum(np.cov(after[c], before[c])[0, 1] for c in after) / sum(np.var(b, ddof=1) for b in before.values())
    of_all = np.mean([before[1], before[0]])
    for name, c in (("value_control", 1), ("value", 0)):
        assert found[name] == pytest.approx(after[c].mean() - slope * (before[c].mean() - of_all), rel=1e-10)
    left = [np.var(after[c] - slope * before[c], ddof=1) / 400 for c in after]
    assert found["standard_error"] == pytest.approx(math.sqrt(sum(left)), rel=1e-9)
    plain = of_units(statistics, *(units("m", c, after[c], middle=43.0) for c in (1, 0)))
    assert found["standard_error"] < 0.5 * plain["standard_error"]
    # a covariate that says nothing, or the same of everybody, changes nothing
    same = of_units(statistics, *(units("m", c, after[c], covariate=0.1, covariate_middle=0.1) for c in (1, 0)))
    assert same["standard_error"] == pytest.approx(plain["standard_error"], rel=1e-9)
    # and one that says all leaves no standard error, and no finding
    all_of_it = of_units(statistics, *(units("m", c, before[c], covariate=before[c]) for c in (1, 0)))
    assert pd.isna(all_of_it["standard_error"]) and all_of_it["verdict"] == "no data"


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_quantiles_by_order_statistics(statistics: Statistics, q: float) -> None:
    random = np.random.default_rng(3)
    arms, expected, variances = [], [], []
    for is_control in (1, 0):
        values, weights = random.integers(0, 300, 500).astype(float), random.choice([0.5, 0.95], 500)
        arms.append(units("m", is_control, values).assign(value=values, weight=weights, q=q))
        expected.append(np.quantile(values, q, weights=weights, method="inverted_cdf"))
        reach = stats.norm.isf(0.025) * math.sqrt(q * (1 - q) * (weights**2).sum()) / weights.sum()
        low, high = (np.quantile(values, q + s * reach, weights=weights, method="inverted_cdf") for s in (-1, 1))
        variances.append(((high - low) / (2 * stats.norm.isf(0.025))) ** 2)
    asked = pd.DataFrame([{**ASKED, "metric": "m", "kind": "quantile"}])
    found = statistics.run("of_quantiles", asked=asked, units=pd.concat(arms)).iloc[0]
    assert (found["value_control"], found["value"]) == tuple(expected)
    assert found["standard_error"] == pytest.approx(math.sqrt(sum(variances)), rel=1e-9)


NOTHING = ["standard_error", "p_value", "lower", "upper", "sequence_lower", "sequence_upper", "detectable_effect"]


EMPTY: list[tuple[list[float], list[float]]] = [
    ([], [1.0, 0.0, 1.0]),
    ([1.0, 0.0, 1.0], []),
    ([], []),
    ([1.0], [0.0]),
    ([1.0], [0.0, 1.0, 0.0]),
    ([0.1, 0.1, 0.1], [0.2, 0.2, 0.2]),
    ([0.1] * 7, [0.1] * 7),
    ([0.0] * 7, [0.0] * 5),
]


@pytest.mark.parametrize("kind", ["mean", "quantile"])
def test_no_data_no_verdict(statistics: Statistics, kind: str) -> None:
    kinds = ["quantile"] if kind == "quantile" else ["mean", "proportion", "ratio"]
    cases = {f"{of} {i}": (of, *arms) for of in kinds for i, arms in enumerate(EMPTY)}
    rows = pd.concat(
        units(case, is_control, values, of, middle=0.15)
        for case, (of, control, variant) in cases.items()
        for is_control, values in ((1, control), (0, variant))
    )
    rows = rows.assign(value=rows["numerator"], weight=1.0, q=0.5)
    asked = pd.DataFrame([{**ASKED, "metric": case, "kind": of} for case, (of, *_) in cases.items()])
    found = statistics.run("of_quantiles" if kind == "quantile" else "of_units", asked=asked, units=rows)
    assert len(found) == len(cases)
    for case, row in found.set_index("metric").iterrows():
        _, control, variant = cases[str(case)]
        assert (row["n_units_control"], row["n_units"]) == (len(control), len(variant)), case
        assert row[NOTHING].isna().all(), (case, row[NOTHING])
        assert row["verdict"] == "no data" and pd.isna(row["is_not_worse"]), case


def test_an_arm_without_spread_strays_as_the_other(statistics: Statistics) -> None:
    # nothing happened to 1000, something to 40 of another 1000: that is no harm without an error, and no error of zero
    zeros, some = [0.0] * 1000, [1.0] * 40 + [0.0] * 960
    found = of_units(statistics, units("m", 1, zeros, "proportion"), units("m", 0, some, "proportion"), better="lower")
    assert found["standard_error"] == pytest.approx(math.sqrt(2 * 0.04 * 0.96 / 1000))
    assert found["verdict"] == "harmful" and pd.isna(found["relative_effect"])


VERDICTS: list[tuple[float, str, float, str, bool]] = [
    (9.0, "higher", 0.0, "better", True),
    (-9.0, "higher", 0.0, "harmful", False),
    (9.0, "lower", 0.0, "harmful", False),
    (9.0, "lower", 8.0, "harmful", False),
    (9.0, "lower", 9.0, "unclear", False),
    (9.0, "lower", 10.0, "unclear", True),  # worse, and less than is tolerated
    (0.05, "higher", 0.0, "unclear", False),
    (-0.05, "lower", 1.0, "unclear", True),
]


def test_verdicts(statistics: Statistics) -> None:
    control = np.linspace(-1, 1, 1000)
    arms, asked = [], []
    for case, (shift, better, margin, *_) in enumerate(VERDICTS):
        arms += [units(str(case), 1, control), units(str(case), 0, control + shift)]
        asked.append({**ASKED, "metric": str(case), "better": better, "margin": margin})
    found = statistics.run("of_units", asked=pd.DataFrame(asked), units=pd.concat(arms)).set_index("metric")
    for number, case in enumerate(VERDICTS):
        row = found.loc[str(number)]
        assert (row["verdict"], bool(row["is_not_worse"])) == case[3:], case


def test_what_the_units_can_show(statistics: Statistics) -> None:
    random = np.random.default_rng(1)
    control, variant = random.normal(0, 1, 5000), random.normal(0, 1, 5000)
    found = of_units(statistics, units("m", 1, control), units("m", 0, variant), minimum_effect=0.04)
    detectable = (stats.t.isf(0.025, found["df"]) + stats.norm.ppf(0.8)) * found["standard_error"]
    assert found["detectable_effect"] == pytest.approx(detectable, rel=1e-9)
    # with so many units, it is found in 80 of 100 cases
    error = found["standard_error"] * math.sqrt(10_000 / found["n_units_needed"])
    assert stats.norm.sf(stats.norm.isf(0.025) - 0.04 / error) == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize(("correction", "method"), [("holm", "holm"), ("benjamini_hochberg", "fdr_bh"), ("none", None)])
def test_corrections_as_statsmodels(statistics: Statistics, correction: str, method: str | None) -> None:
    families = {"a": [0.01, 0.04, 0.03, 0.005, 0.5, 0.04], "b": [0.2], "c": [1.0, 0.9, 1e-12]}
    rows = [{"family": f, "place_in": i, "p_value": p} for f, ps in families.items() for i, p in enumerate(ps)]
    rows.append({"family": "a", "place_in": 9, "p_value": None})
    asked = pd.DataFrame(rows).astype({"p_value": float}).assign(correction=correction)
    asked["p_value"] = asked["p_value"].astype(object).where(asked["p_value"].notna(), None)
    sql = "create table asked (family varchar, place_in integer, p_value double precision, correction varchar)"
    statistics.warehouse.execute(f"drop table if exists asked; {sql}")
    values = ", ".join(
        f"('{r.family}', {r.place_in}, {'null' if r.p_value is None else repr(float(r.p_value))}, '{correction}')"
        for r in asked.itertuples()
    )
    statistics.warehouse.execute(f"insert into asked values {values}")
    found = (
        statistics.run("corrected").set_index(["family", "place_in"]).sort_index()["p_value_corrected"].astype(float)
    )
    for family, values_ in families.items():
        expected = values_ if method is None else multipletests(values_, method=method)[1]
        np.testing.assert_allclose(found[family][: len(values_)], expected, rtol=1e-12)
    assert math.isnan(found["a", 9])
