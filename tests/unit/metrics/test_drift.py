"""PSI against brute force; the measures that SciPy has, against SciPy; on DuckDB and PostgreSQL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial import distance

from tests.unit.metrics.conftest import Macros

FLOOR = 1e-4


def psi(reference: dict[str, int], current: dict[str, int]) -> float:
    total = 0.0
    for bucket in set(reference) | set(current):
        r = max(FLOOR, reference.get(bucket, 0) / sum(reference.values()))
        c = max(FLOOR, current.get(bucket, 0) / sum(current.values()))
        total += (c - r) * np.log(c / r)
    return total


def numeric_buckets(reference: np.ndarray, values: np.ndarray, bins: int = 10) -> dict[str, int]:
    known = np.sort(reference[np.isfinite(reference)])
    bin_of = np.floor((stats.rankdata(known) - 0.5) * bins / len(known)).astype(int)
    members = [known[bin_of == b] for b in np.unique(bin_of)]
    edges = [each.max() for each in members]
    single = [len(each) > 1 and each.min() == each.max() for each in members]
    found: dict[str, int] = {}
    for value in values:
        if not np.isfinite(value):
            place = "missing"
        elif not members:
            place = "unseen"
        else:
            bin_ = sum(value > edge for edge in edges[:-1])
            place = "unseen" if single[bin_] and value != edges[bin_] else str(bin_)
        found[place] = found.get(place, 0) + 1
    return found


def category_buckets(reference: list[str | None], values: list[str | None], largest: int = 20) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in reference:
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    top = sorted(counts, key=lambda c: (-counts[c], c))[:largest]
    found: dict[str, int] = {}
    for value in values:
        bucket = (
            "missing" if value is None else f"={value}" if value in top else "other" if value in counts else "unseen"
        )
        found[bucket] = found.get(bucket, 0) + 1
    return found


@pytest.fixture(scope="module")
def numbers(macros: Macros) -> tuple[dict[str, np.ndarray], dict[tuple[str, str], np.ndarray]]:
    random = np.random.default_rng(8)
    reference = {
        "smooth": random.normal(size=1000),
        "counts": random.poisson(1.5, 500).astype(float),
        "holes": np.where(random.random(300) < 0.3, np.nan, random.normal(size=300)),
        "constant": np.ones(40),
        "tiny": np.array([1.0, 2.0, 3.0]),
        "flag": np.repeat([0.0, 1.0], 50),
    }
    current = {}
    for name in reference:
        current[name, "same"] = reference[name]
        current[name, "shifted"] = random.normal(0.7, 2, 200)
        current[name, "counts"] = random.poisson(2, 100).astype(float)
        current[name, "far"] = np.array([1e6, -1e6, np.inf, np.nan, 2.0])
        current[name, "one"] = np.array([1.0])
    macros.load("reference", pd.concat([pd.DataFrame({"f": f, "value": v}) for f, v in reference.items()]))
    macros.load("newer", pd.concat([pd.DataFrame({"f": f, "batch": b, "value": v}) for (f, b), v in current.items()]))
    return reference, current


def by_group(found: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(row.f, row.batch): float(row.value) for row in found.itertuples()}


def test_numeric_psi(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_psi", reference="reference", current="newer", by=["f"], over=["batch"])
    assert list(found.columns) == ["f", "batch", "metric", "value", "ci_low", "ci_high", "n_rows"]
    values = by_group(found)
    assert set(values) == set(current)
    for (name, batch), rows in current.items():
        expected = psi(numeric_buckets(reference[name], reference[name]), numeric_buckets(reference[name], rows))
        assert values[name, batch] == pytest.approx(expected, abs=1e-9), (name, batch)
    assert values["smooth", "same"] == pytest.approx(0, abs=1e-12)
    assert values["smooth", "shifted"] > 0.25
    assert values["constant", "shifted"] > 1, "nothing of it is what it always was"
    assert values["constant", "same"] == pytest.approx(0, abs=1e-12)


def test_what_a_baseline_never_had(macros: Macros) -> None:
    nothing, ones, mixed = [np.nan] * 20, [1.0] * 20, [0.0, 1.0] * 10
    groups = {
        "another constant": (ones, [2.0] * 10),
        "two values, one of them another": (mixed, [0.0, 7.0] * 5),
        "between the two": (mixed, [0.0, 0.5] * 5),
        "values where there were none": (nothing, ones),
        "none where there were values": (ones, nothing),
    }
    macros.load("reference_b", pd.concat([pd.DataFrame({"f": f, "value": r}) for f, (r, _) in groups.items()]))
    macros.load("newer_b", pd.concat([pd.DataFrame({"f": f, "value": c}) for f, (_, c) in groups.items()]))
    found = macros.run("drift_psi", reference="reference_b", current="newer_b", by=["f"]).set_index("f").value
    whole = (1 - FLOOR) * np.log(1 / FLOOR)
    half = (0.5 - FLOOR) * np.log(0.5 / FLOOR)
    assert found.astype(float).to_dict() == pytest.approx(
        {
            "another constant": 2 * whole,
            "two values, one of them another": 2 * half,
            "between the two": 2 * half,
            "values where there were none": 2 * whole,
            "none where there were values": 2 * whole,
        }
    )


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_two_baselines_of_nothing_are_not_no_drift(macros: Macros, kind: str) -> None:
    value = np.array([np.nan] * 5) if kind == "numeric" else pd.array([None] * 5, dtype="string")
    macros.load("nothing", pd.DataFrame({"value": value}))
    found = macros.run("drift_psi", reference="nothing", current="nothing", kind=kind)
    assert found.value.isna().all()
    known = pd.DataFrame({"value": [1.0, 2.0] if kind == "numeric" else ["a", "b"]})
    macros.load("something", known)
    macros.load("nobody", known[:0])
    for reference, current in (("nobody", "something"), ("something", "nobody"), ("nobody", "nobody")):
        assert macros.run("drift_psi", reference=reference, current=current, kind=kind).value.isna().all()


def test_numeric_psi_without_groups(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run(
        "drift_psi",
        reference="(select value from reference where f = 'smooth') as r",
        current="(select value from newer where f = 'smooth' and batch = 'shifted') as c",
    )
    buckets = [numeric_buckets(reference["smooth"], v) for v in (reference["smooth"], current["smooth", "shifted"])]
    assert found.value[0] == pytest.approx(psi(*buckets), abs=1e-9)


def test_categorical_psi(macros: Macros) -> None:
    random = np.random.default_rng(2)

    def draw(names: list[str], n: int) -> list[str | None]:
        return [None if random.random() < 0.1 else str(random.choice(names)) for _ in range(n)]

    many = [f"c{i:02}" for i in range(30)]
    reference = {"few": draw(["a", "b"], 200), "many": draw(many, 900), "clash": ["other", "unseen", "missing", None]}
    current = {
        (name, batch): values
        for name in reference
        for batch, values in {
            "same": reference[name],
            "new": draw(["b", "new", "c07"], 60),
            "gone": [None, None],
            "clash": ["other", "unseen", "x", None],
        }.items()
    }
    macros.load("reference_c", pd.concat([pd.DataFrame({"f": f, "value": v}) for f, v in reference.items()]))
    macros.load("newer_c", pd.concat([pd.DataFrame({"f": f, "batch": b, "value": v}) for (f, b), v in current.items()]))
    found = macros.run(
        "drift_psi", reference="reference_c", current="newer_c", by=["f"], over=["batch"], kind="categorical"
    )
    values = by_group(found)
    for (name, batch), rows in current.items():
        expected = psi(category_buckets(reference[name], reference[name]), category_buckets(reference[name], rows))
        assert values[name, batch] == pytest.approx(expected, abs=1e-9), (name, batch)


def test_kolmogorov_smirnov(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_ks", reference="reference", current="newer", by=["f"], over=["batch"])
    values = by_group(found)
    for (name, batch), rows in current.items():
        known = [v[np.isfinite(v)] for v in (reference[name], rows)]
        assert values[name, batch] == pytest.approx(stats.ks_2samp(*known).statistic, abs=1e-12), (name, batch)


def test_missing_share(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_missing_share", reference="reference", current="newer", by=["f"], over=["batch"])
    for (name, batch), value in by_group(found).items():
        expected = 1 - np.isfinite(current[name, batch]).mean() - (1 - np.isfinite(reference[name]).mean())
        assert value == pytest.approx(expected, abs=1e-12)


def shares(reference: dict[str, int], current: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    buckets = sorted({*reference, *current})
    return tuple(np.array([side.get(b, 0) / sum(side.values()) for b in buckets]) for side in (reference, current))  # type: ignore[return-value]


def test_jensen_shannon(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_jensen_shannon", reference="reference", current="newer", by=["f"], over=["batch"])
    for (name, batch), value in by_group(found).items():
        buckets = [numeric_buckets(reference[name], v) for v in (reference[name], current[name, batch])]
        expected = distance.jensenshannon(*shares(*buckets), base=2)
        assert value == pytest.approx(expected, abs=1e-7), (name, batch)
    macros.load("colours", pd.DataFrame({"value": ["red", "red", "blue", "green"]}))
    macros.load("newer_colours", pd.DataFrame({"value": ["red", "blue", "pink", "pink"]}))
    found = macros.run("drift_jensen_shannon", reference="colours", current="newer_colours", kind="categorical")
    expected = distance.jensenshannon([0.5, 0.25, 0.25, 0], [0.25, 0.25, 0, 0.5], base=2)
    assert float(found.value[0]) == pytest.approx(expected, abs=1e-9)


def test_wasserstein(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_wasserstein", reference="reference", current="newer", by=["f"], over=["batch"])
    values = by_group(found)
    for (name, batch), rows in current.items():
        known = [v[np.isfinite(v)] for v in (reference[name], rows)]
        deviation = known[0].std(ddof=1)
        expected = stats.wasserstein_distance(*known) / deviation if deviation else np.nan
        assert values[name, batch] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), (name, batch)
    found = macros.run(
        "drift_wasserstein",
        reference="(select value from reference where f = 'counts') as r",
        current="(select value from newer where f = 'smooth' and batch = 'shifted') as c",
    )
    expected = stats.wasserstein_distance(reference["counts"], current["smooth", "shifted"])
    assert float(found.value[0]) == pytest.approx(expected / reference["counts"].std(ddof=1), rel=1e-9)


def test_unseen_share(macros: Macros, numbers: tuple) -> None:
    reference, current = numbers
    found = macros.run("drift_unseen_share", reference="reference", current="newer", by=["f"], over=["batch"])
    for (name, batch), value in by_group(found).items():
        known, rows = (v[np.isfinite(v)] for v in (reference[name], current[name, batch]))
        assert value == pytest.approx(((rows < known.min()) | (rows > known.max())).mean()), (name, batch)
    macros.load("known_towns", pd.DataFrame({"g": ["a", "a", "b"], "value": ["rome", None, None]}))
    macros.load(
        "towns", pd.DataFrame({"g": ["a", "a", "a", "a", "b"], "value": ["rome", "oslo", "oslo", None, "rome"]})
    )
    found = macros.run("drift_unseen_share", reference="known_towns", current="towns", by=["g"], kind="categorical")
    assert found[["g", "value", "n_rows"]].to_numpy().tolist() == [["a", pytest.approx(2 / 3), 3]]


def test_another_unit_is_one_factor_for_all_values(macros: Macros) -> None:
    random = np.random.default_rng(1)
    miles = random.gamma(3, 40, 4000)
    groups = {
        "the same": (random.gamma(3, 40, 4000), 1.0),
        "kilometres": (miles * 1.609344, 1.609344),
        "cents": (random.gamma(3, 40, 4000) * 100, 100.0),
        "longer by a hundred": (miles + 100, None),
        "more spread": (miles**1.5, None),
        "with other signs": (miles - 60, None),
    }
    macros.load("in_miles", pd.DataFrame({"value": miles}))
    macros.load("in_what", pd.concat([pd.DataFrame({"g": g, "value": v}) for g, (v, _) in groups.items()]))
    found = macros.run("drift_scale", reference="in_miles", current="in_what", over=["g"]).set_index("g").value
    for name, (_, factor) in groups.items():
        assert found[name] == pytest.approx(factor, rel=0.05) if factor else pd.isna(found[name]), name
    macros.load("degrees", pd.DataFrame({"value": np.linspace(-50, 50, 101)}))
    found = macros.run("drift_scale", reference="degrees", current="in_miles")
    assert found.value.isna().all(), "a quantile of 0 has no ratio"
