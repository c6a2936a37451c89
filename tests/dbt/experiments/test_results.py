"""Units and results of experiments over rows by hand and at random, against the same figures computed plainly."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.dbt.experiments.trial import AS_OF, EXPERIMENTS, SALES, Trial, on_duckdb

DAY = timedelta(days=1)
FIRST = datetime(2024, 3, 1, 6)
STEPS = pd.DataFrame(
    [
        {"experiment": "ramped", "decided_at": datetime(2024, 3, 1), "step": 0, "state": "running"},
        {"experiment": "ramped", "decided_at": datetime(2024, 3, 5), "step": 1, "state": "running"},
        {"experiment": "ramped", "decided_at": datetime(2024, 3, 12), "step": 1, "state": "rolled_back"},
    ]
)
SHARES = {"ramped": [{"early": 0.1}, {"early": 0.5}, {"early": 0.0}], "windowed": [{"early": 0.25, "never": 0.25}]}


def step_of(experiment: str, moment: datetime) -> int:
    if experiment != "ramped":
        return 0
    return 0 if moment <= datetime(2024, 3, 5) else 1 if moment <= datetime(2024, 3, 12) else 2


def drawn(experiment: str, n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Exposures of people who come back, their outcomes, spine and features."""
    random = np.random.default_rng(seed)
    exposures, outcomes, spine, features = [], [], [], []
    people: dict[str, tuple[float, str, str]] = {}
    for id in range(n):
        person = f"p{random.integers(0, n // 2)}"
        as_of = FIRST + timedelta(hours=float(random.uniform(0, 14 * 24)))
        as_of = as_of.replace(microsecond=0)
        draw, city, _ = people.setdefault(
            person, (float(random.uniform()), str(random.choice(["rome", "oslo"])), person)
        )
        low, variant = 0.0, "usual"
        for name, share in SHARES[experiment][step_of(experiment, as_of)].items():
            if low <= draw < low + share:
                variant = name
            low += share
        key = {"id": id, "as_of": as_of}
        spine.append({**key, "person": person, "city": city if int(person[1:]) % 7 else None})
        before = float(random.normal(50, 10))
        features.append({**key, "spent_before": before if draw < 0.8 else None})
        exposures.append(
            {
                **key,
                "experiment": experiment,
                "variant": variant,
                "unit_id": person,
                "is_control": int(variant == "usual"),
                "exposed_at": as_of,
                "batch_id": f"b{id}",
            }
        )
        matured_at = as_of + timedelta(hours=float(random.uniform(1, 96)))
        if random.uniform() < 0.9 and matured_at <= AS_OF:
            amount = float(before / 10 + random.gamma(2, 3) + (variant != "usual"))
            outcomes.append(
                {
                    **key,
                    "batch_id": f"b{id}",
                    "label": bool(random.uniform() < 0.3),
                    "matured_at": matured_at.replace(microsecond=0),
                    "amount": None if random.uniform() < 0.05 else amount,
                    "minutes": float(random.normal(30, 5)),
                    "calls": int(random.integers(1, 4)),
                }
            )
    return tuple(pd.DataFrame(rows) for rows in (exposures, outcomes, spine, features))  # type: ignore[return-value]


def plain_units(experiment: dict[str, Any], exposures: pd.DataFrame, outcomes: pd.DataFrame, day: date) -> pd.DataFrame:
    """One row per unit that counts at the end of a day: its rows' sums, by a loop."""
    end = datetime.combine(day, datetime.min.time()) + DAY
    known = {
        row["id"]: row
        for row in outcomes.to_dict("records")
        if row["matured_at"] < min(end, AS_OF + timedelta(seconds=1))
    }
    found = []
    for unit, rows in exposures.sort_values("exposed_at").groupby("unit_id"):
        records = rows.to_dict("records")
        first = records[0]["exposed_at"].to_pydatetime()
        if first >= end:
            continue
        closes = first + 2 * DAY if "window" in experiment else datetime.max
        records = [row for row in records if row["exposed_at"] < closes]
        conflicts = [r for r in records if r["variant"] != records[0]["variant"] and r["exposed_at"] < end]
        matured = [known[r["id"]] for r in records if r["id"] in known]
        pending = len(matured) < len(records) or closes >= end if "window" in experiment else not matured
        found.append(
            {
                "unit": unit,
                "variant": records[0]["variant"],
                "step": step_of(experiment["name"], first),
                "row": records[0]["id"],
                "is_pending": pending and not conflicts,
                "is_conflicting": bool(conflicts),
                "outcomes": [] if pending or conflicts else matured,
            }
        )
    return pd.DataFrame(found)


def plain_values(metric: dict[str, Any], units: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for unit in units.itertuples():
        value = metric["value"]
        given = [o for o in unit.outcomes if o[value] is not None and not pd.isna(o[value])]
        if not given:
            continue
        numbers = [float(o[value]) for o in given]
        per = [float(o[metric["per"]]) for o in given] if "per" in metric else [1.0]
        rows.append(
            {
                "row": unit.row,
                "variant": unit.variant,
                "step": unit.step,
                "x": max(numbers) if metric["kind"] == "proportion" else sum(numbers),
                "d": sum(per),
            }
        )
    return pd.DataFrame(rows, columns=["row", "variant", "step", "x", "d"])


def plain_effect(
    metric: dict[str, Any],
    values: pd.DataFrame,
    variant: str,
    shares: list[dict[str, float]],
    covariate: dict[int, float],
) -> tuple[float, float, float, int, int]:
    """Value of the control, of the variant, standard error and counts: weighted, by linearised units."""
    if "winsorise" in metric and len(values):
        low, high = (
            np.quantile(values["x"], q, method="inverted_cdf") for q in (1 - metric["winsorise"], metric["winsorise"])
        )
        values = values.assign(x=values["x"].clip(low, high))
    arms: dict[str, dict[str, Any]] = {}
    for arm in ("usual", variant):
        rows = values[(values["variant"] == arm) & values["step"].map(lambda s: shares[s][variant] > 0).astype(bool)]
        w = np.empty(len(rows))
        for place, step in enumerate(rows["step"]):
            p = shares[step][variant]
            c = 1 - sum(shares[step].values())
            w[place] = (p if arm == "usual" else c) / (p + c)
        x, d = rows["x"].to_numpy() * w, rows["d"].to_numpy() * w
        c = np.array([covariate.get(row, math.nan) for row in rows["row"]])
        arms[arm] = {"x": x, "d": d, "w": w, "c": c, "raw": rows["x"].to_numpy()}
    if metric["kind"] == "quantile":
        points, variances = [], []
        for arm in arms.values():
            reach = (
                1.959963984540054 * math.sqrt(metric["q"] * (1 - metric["q"]) * (arm["w"] ** 2).sum()) / arm["w"].sum()
            )
            at = [metric["q"], metric["q"] - reach, metric["q"] + reach]
            point, low, high = (np.quantile(arm["raw"], min(q, 1), weights=arm["w"], method="inverted_cdf") for q in at)
            points.append(float(point))
            variances.append(math.nan if at[2] >= 1 else ((high - low) / 3.919927969080108) ** 2)
        return (*points, math.sqrt(sum(variances)), *(len(arm["w"]) for arm in arms.values()))  # type: ignore[return-value]
    for arm in arms.values():
        arm["mean"] = arm["x"].sum() / arm["d"].sum()
        arm["parts"] = (arm["x"] - arm["mean"] * arm["d"]) / arm["d"].mean()
    if not all((arm["parts"] ** 2).sum() > 1e-9 for arm in arms.values()):
        return (math.nan,) * 3 + (0, 0)  # an arm without spread: test_effects.py
    theta, shift = 0.0, dict.fromkeys(arms, 0.0)
    if "covariate" in metric:
        for arm in arms.values():  # units without one are as the others of their arm
            known = ~np.isnan(arm["c"])
            h = arm["w"] * known
            arm["h"] = h.sum()
            arm["c_mean"] = (np.where(known, arm["c"], 0) * h).sum() / arm["h"]
            arm["c_parts"] = np.where(known, arm["c"] - arm["c_mean"], 0) * h / h.mean()
        theta = sum((a["parts"] * a["c_parts"]).sum() for a in arms.values()) / sum(
            (a["c_parts"] ** 2).sum() for a in arms.values()
        )
        both = sum(a["c_mean"] * a["h"] for a in arms.values()) / sum(a["h"] for a in arms.values())
        shift = {name: theta * (a["c_mean"] - both) for name, a in arms.items()}
    error = 0.0
    for arm in arms.values():
        n = len(arm["x"])
        left = arm["parts"] - theta * arm.get("c_parts", 0.0)
        error += (left**2).sum() / (n * n if metric["kind"] == "proportion" else n * (n - 1))
    means = [arms[name]["mean"] - shift[name] for name in arms]
    return (*means, math.sqrt(error), *(len(arm["x"]) for arm in arms.values()))  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["ramped", "windowed"])
def test_results_are_those_of_a_plain_computation(trial: Trial, name: str) -> None:
    experiment = next(e for e in EXPERIMENTS if e["name"] == name)
    exposures, outcomes, spine, features = drawn(name, 700, seed=5)
    found = trial.run(exposures, outcomes=outcomes, spine=spine, features=features, rollout_steps=STEPS)
    results = found["experiment_results"]
    results["day"] = pd.to_datetime(results["day"]).dt.date
    assert not results.duplicated(["experiment", "metric", "variant", "day", "slice_column", "slice_value"]).any()
    days = sorted(results["day"].unique())
    assert days == [date(2024, 3, 1) + i * DAY for i in range(len(days))]
    # one that is open goes on until now; one that is over, until the last thing became known
    last = max(outcomes["matured_at"].max(), exposures["exposed_at"].max()).date()
    assert days[-1] == AS_OF.date() if name == "ramped" else date(2024, 3, 16) <= days[-1] <= last
    covariate = {row["id"]: row["spent_before"] for row in features.to_dict("records")}
    cities = {row["id"]: row["city"] if isinstance(row["city"], str) else None for row in spine.to_dict("records")}
    checked = 0
    for day in [days[0], days[2], days[5], days[9], days[-1]]:
        units = plain_units(experiment, exposures, outcomes, day)
        for metric in experiment["metrics"]:
            values = plain_values(metric, units)
            for variant in [v["name"] for v in experiment["variants"][1:]]:
                of_look = results[
                    (results["day"] == day) & (results["metric"] == metric["name"]) & (results["variant"] == variant)
                ]
                row = of_look[of_look["slice_column"] == ""].iloc[0]
                arms = units[units["variant"].isin(["usual", variant])]
                assert row["n_pending"] == arms["is_pending"].sum(), (day, metric)
                assert row["n_conflicting"] == arms["is_conflicting"].sum(), (day, metric)
                with np.errstate(invalid="ignore", divide="ignore"):
                    try:
                        expected = plain_effect(metric, values, variant, SHARES[name], covariate)
                    except (ZeroDivisionError, ValueError, IndexError):
                        continue
                if not np.isfinite(expected[:3]).all():
                    continue
                got = row[["value_control", "value", "standard_error"]].astype(float).tolist()
                assert got == pytest.approx(expected[:3], rel=1e-8), (day, metric, variant)
                assert (row["n_units_control"], row["n_units"]) == expected[3:]
                assert row["effect"] == pytest.approx(expected[1] - expected[0], rel=1e-6, abs=1e-9)
                checked += 1
        if name == "ramped" and day == days[-1]:
            values = plain_values(experiment["metrics"][0], units)
            for city, of_city in (("rome", "rome"), ("oslo", "oslo"), ("(missing)", None)):
                own = values[[cities[row] == of_city for row in values["row"]]]
                expected = plain_effect(experiment["metrics"][0], own, "early", SHARES[name], covariate)
                row = results[
                    (results["day"] == day) & (results["metric"] == "sales") & (results["slice_value"] == city)
                ].iloc[0]
                assert row[["value_control", "value", "standard_error"]].astype(float).tolist() == pytest.approx(
                    expected[:3], rel=1e-8
                )
                assert row["slice_column"] == "city"
    assert checked >= 10


def test_a_past_day_says_what_it_said(trial: Trial) -> None:
    exposures, outcomes, spine, features = drawn("ramped", 300, seed=8)
    now = trial.run(exposures, outcomes=outcomes, spine=spine, features=features, rollout_steps=STEPS)
    cut = datetime(2024, 3, 9)
    then = trial.run(
        exposures[exposures["exposed_at"] < cut],
        outcomes=outcomes[outcomes["matured_at"] < cut],
        spine=spine,
        features=features,
        rollout_steps=STEPS,
    )
    for part, key in (
        ("experiment_results", ["experiment", "metric", "variant", "slice_column", "slice_value", "day"]),
        ("ml_experiment_checks", ["experiment", "variant", "day"]),
    ):
        one, other = (
            rows[pd.to_datetime(rows["day"]) < cut].set_index(key).sort_index() for rows in (now[part], then[part])
        )
        assert len(one) > 0
        missing = one.index.difference(other.index)
        assert one.loc[missing, "n_units"].sum() == 0  # a slice that nobody was in yet
        one = one.loc[other.index]
        for name in one.columns.difference(["trend", "trend_p_value"]):
            if isinstance(one[name].dropna().iloc[0] if one[name].notna().any() else 0.0, str):
                assert one[name].tolist() == other[name].tolist(), name
            else:
                got, expected = one[name].astype(float), other[name].astype(float)
                np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-8, err_msg=name)


def test_how_an_effect_wears_off(trial: Trial) -> None:
    experiment = next(e for e in EXPERIMENTS if e["name"] == "windowed")
    exposures, outcomes, spine, features = drawn("windowed", 900, seed=2)
    found = trial.run(exposures, outcomes=outcomes, spine=spine, features=features)["experiment_results"]
    rows = found[(found["metric"] == "sales") & (found["variant"] == "early")].sort_values("day")
    days = pd.to_datetime(rows["day"]).dt.date.tolist()
    effects: list[tuple[float, float, float]] = []
    before: set[str] = set()
    for place, day in enumerate(days[:-4]):
        units = plain_units(experiment, exposures, outcomes, day)
        counted = units[units["outcomes"].map(len) > 0]
        new = counted[~counted["unit"].isin(before)]
        before |= set(counted["unit"])
        row = rows.iloc[place]
        values = plain_values(experiment["metrics"][0], new)
        if min((values["variant"] == arm).sum() for arm in ("usual", "early")) < 2:
            continue
        control, value, error, *_ = plain_effect(experiment["metrics"][0], values, "early", SHARES["windowed"], {})
        assert row["effect_of_day"] == pytest.approx(value - control, rel=1e-6, abs=1e-9), day
        assert row["standard_error_of_day"] == pytest.approx(error, rel=1e-8)
        effects.append((place, value - control, error))
        if len(effects) > 1:
            x, y, e = map(np.array, zip(*effects, strict=True))
            slope = np.polyfit(x, y, 1, w=1 / e)[0]
            assert row["trend"] == pytest.approx(slope, rel=1e-6, abs=1e-9)
            w = e**-2.0
            error_of_slope = math.sqrt(1 / (w * (x - (w * x).sum() / w.sum()) ** 2).sum())
            assert row["trend_p_value"] == pytest.approx(2 * stats.norm.sf(abs(slope) / error_of_slope), rel=1e-6)
    assert len(effects) > 5


def exposed(unit: str, variant: str, hours: float, experiment: str = "ramped") -> dict[str, Any]:
    as_of = FIRST + timedelta(hours=hours)
    key = {"id": abs(hash((unit, hours))) % 10**9, "as_of": as_of, "exposed_at": as_of, "batch_id": "b"}
    return {**key, "experiment": experiment, "variant": variant, "unit_id": unit, "is_control": int(variant == "usual")}


def outcome(row: dict[str, Any], amount: float, days: float = 1) -> dict[str, Any]:
    key = {"id": row["id"], "as_of": row["as_of"], "batch_id": "b"}
    given = {"label": amount > 5, "minutes": 1.0, "calls": 1, "amount": amount}
    return {**key, **given, "matured_at": row["as_of"] + days * DAY}


def test_a_unit_in_two_variants_counts_until_it_is(trial: Trial) -> None:
    twice = [exposed("x", "usual", 0), exposed("x", "early", 100)]
    at_once = [exposed("y", "usual", 1), exposed("y", "early", 1) | {"id": 7}]
    waiting = [exposed("w", "early", 2)]
    others = [exposed(f"{v}{i}", v, 2) for v in ("usual", "early") for i in range(3)]
    rows = [*twice, *at_once, *waiting, *others]
    outcomes = [outcome(row, 3.0 + i) for i, row in enumerate(others)] + [outcome(row, 9.0) for row in twice]
    found = trial.run(pd.DataFrame(rows), outcomes=pd.DataFrame(outcomes))
    units = found["experiment_units"]
    flags = units[units["metric"] == "sales"].set_index("unit_id")[["is_conflicting", "is_pending"]]
    assert flags.loc[["x", "y", "w", "usual0"]].astype(int).to_numpy().tolist() == [[1, 0], [1, 0], [0, 1], [0, 0]]
    results = found["experiment_results"]
    results["day"] = pd.to_datetime(results["day"]).dt.date
    sales = results[(results["metric"] == "sales") & (results["slice_column"] == "")].set_index("day")
    columns = ["n_units_control", "n_units", "n_pending", "n_conflicting"]
    # three of each and `x`, whose second variant came on the fifth day; `y` never counted, and `w` waits
    said = {day: sales.loc[date(2024, 3, day), columns].astype(int).tolist() for day in (1, 2, 5, 31)}
    assert said == {1: [0, 0, 8, 1], 2: [4, 3, 1, 1], 5: [3, 3, 1, 2], 31: [3, 3, 1, 2]}
    assert sales.loc[date(2024, 3, 2), "value_control"] == pytest.approx((3 + 4 + 5 + 9) / 4)
    assert sales.loc[date(2024, 3, 5), "value_control"] == pytest.approx(4.0)
    checks = found["ml_experiment_checks"]
    last = checks[pd.to_datetime(checks["day"]).dt.date == date(2024, 3, 31)].set_index("variant")
    assert last["n_conflicting"].astype(int).to_dict() == {"usual": 1, "early": 1}
    assert last["n_units"].astype(int).to_dict() == {"usual": 4, "early": 5}
    (alert,) = found["alert_two_variants"].to_dict("records")
    assert (alert["subject"], alert["severity"], float(alert["value"])) == ("ramped", "warn", 2.0)
    assert alert["message"] == "2 of 9 units were exposed to two variants; they do not count"
    # the last look alone
    overall = found["ml_experiments"]
    assert len(overall) == len(overall.drop_duplicates(["experiment", "metric", "variant"])) == 6
    assert set(pd.to_datetime(overall["day"]).dt.date) == {date(2024, 3, 31)}


def test_another_variant_after_the_window_is_no_conflict(trial: Trial) -> None:
    rows = [exposed("x", "usual", 0, "windowed"), exposed("x", "early", 49, "windowed")]
    rows += [exposed("y", "usual", 0, "windowed"), exposed("y", "early", 47, "windowed")]
    found = trial.run(pd.DataFrame(rows), outcomes=pd.DataFrame([outcome(row, 2.0) for row in rows]))
    units = found["experiment_units"].set_index(["unit_id", "metric"])
    assert units["is_conflicting"].astype(int).to_dict() == {
        (unit, metric): int(unit == "y") for unit in "xy" for metric in ("sales", "late")
    }
    assert float(units.loc[("x", "sales"), "numerator"]) == 2.0


def test_an_arm_without_a_unit(trial: Trial) -> None:
    rows = [exposed(f"u{i}", "usual", i, "empty") for i in range(5)]
    found = trial.run(pd.DataFrame(rows), outcomes=pd.DataFrame([outcome(row, float(i)) for i, row in enumerate(rows)]))
    results = found["experiment_results"]
    assert len(results) == 31 * 2 and set(results["verdict"]) == {"no data"}
    assert (
        results[["effect", "standard_error", "p_value", "lower", "sequence_lower", "is_not_worse"]].isna().all().all()
    )
    last = results[pd.to_datetime(results["day"]).dt.date == date(2024, 3, 31)].set_index("metric")
    assert last.loc["sales", ["n_units_control", "n_units"]].astype(int).tolist() == [5, 0]
    assert float(last.loc["sales", "value_control"]) == 2.0
    assert len(trial.run(pd.DataFrame())["experiment_results"]) == 0


def test_what_is_no_number_does_not_count(trial: Trial) -> None:
    odd = [math.nan, math.inf, -math.inf, 1e308, -1e101, None]
    rows = [exposed(f"{v}{i}", v, i, "empty") for v in ("usual", "early") for i in range(len(odd) + 3)]
    amounts = [*odd, 1.0, 2.0, 3e-200] * 2
    outcomes = [outcome(row, 0.0) | {"amount": amount} for row, amount in zip(rows, amounts, strict=True)]
    found = trial.run(pd.DataFrame(rows), outcomes=pd.DataFrame(outcomes))["ml_experiments"].set_index("metric")
    assert found.loc["sales", ["n_units_control", "n_units", "n_pending"]].astype(int).tolist() == [3, 3, 0]
    assert found.loc["sales", ["value", "effect", "standard_error"]].astype(float).tolist() == pytest.approx(
        [1.0, 0.0, math.sqrt(2 / 3)]
    )


def test_columns_that_are_not_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    for change, said in (
        ({"metrics": [SALES | {"value": "ammount"}]}, "`shop__outcomes` has no column `ammount`"),
        ({"slices": ["town"]}, "`town`, which is no column of shop__spine or shop__features"),
    ):
        with pytest.raises(AssertionError, match=said):
            on_duckdb(tmp_path_factory.mktemp("refused"), [EXPERIMENTS[0] | change])


def test_units_that_do_not_fall_as_shares_say_raise_an_alert(trial: Trial) -> None:
    many = [exposed(f"u{i}", "usual" if i % 10 else "early", i / 100, "windowed") for i in range(200)]
    fair = [exposed(f"f{i}", "usual" if i % 2 else "early", i / 100, "empty") for i in range(200)]
    found = trial.run(pd.DataFrame([*many, *fair]))
    (alert,) = found["alert_sample_ratio"].to_dict("records")
    assert (alert["subject"], float(alert["limit_value"])) == ("windowed", 0.001)
    assert alert["message"] == (
        "units do not fall to variants as their shares say: `usual` has 180, and would have 100; what is compared is "
        "not comparable"
    )
    assert len(found["alert_two_variants"]) == 0
