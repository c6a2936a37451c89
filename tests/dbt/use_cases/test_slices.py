"""Slices of a training set: each row's label was known when the slice began that judges it; dates beside durations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import SPEND, declare

# Labels of `spend` are known a day after the order, those of `order` after two days.
HORIZON = pd.Timedelta("2D")
NOW = pd.Timestamp("2024-06-01")
SELECTED = ("order__training_set", "order__snapshots")


@pytest.fixture(scope="module")
def shop(duckdb_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A copy whose declarations the tests change."""
    folder = tmp_path_factory.mktemp("slices") / "shop"
    shutil.copytree(duckdb_shop.folder, folder)
    return shop_at(folder)


def expected(labels: pd.DataFrame, validation: str, gap: str, tests: list[tuple[str, str]]) -> pd.Series:
    """The slice of every row by the rules of docs/training.md, row by row."""
    starts = [pd.Timestamp(moment) for moment in (validation, gap, tests[0][0])]

    def place(row: pd.Series) -> str:
        if any(pd.Timestamp(start) <= row.as_of < pd.Timestamp(end) for start, end in tests):
            return "test"
        if row.as_of >= starts[2]:
            return "late"  # between two windows, or after the last
        if row.matured_at >= starts[2]:
            return "late"
        if row.as_of < starts[0]:
            return "train" if row.matured_at < starts[0] else "refit"
        return "validation" if row.as_of < starts[1] else "gap"

    return labels[labels.matured_at < NOW].apply(place, axis=1)


CASES = {
    "durations": (
        {"test": "30 days", "gap": "7 days", "validation": "30 days"},
        ("2024-03-26", "2024-04-25", [("2024-05-02", "2024-06-01")]),
        None,
    ),
    "a gap that is too short": (
        {"test": "30 days", "gap": "1 day", "validation": "30 days"},
        ("2024-04-01", "2024-05-01", [("2024-05-02", "2024-06-01")]),
        "labels take 2 days, longer than the gap of 1 day: ",
    ),
    "dates": (
        {"test": {"from": "2024-05-10"}, "gap": "3 days", "validation": {"from": "2024-04-20"}},
        ("2024-04-20", "2024-05-07", [("2024-05-10", "2024-06-01")]),
        None,
    ),
    "two windows, and one that has not begun": (
        {
            "test": [
                {"from": "2024-04-01", "to": "2024-04-11"},
                {"from": "2024-05-20", "to": "2024-05-25"},
                {"from": "2025-01-01"},
            ],
            "gap": "3 days",
            "validation": "20 days",
        },
        ("2024-03-09", "2024-03-29", [("2024-04-01", "2024-04-11"), ("2024-05-20", "2024-05-25")]),
        None,
    ),
    "a test that no label of which is known": (
        {"test": "1 day", "gap": "3 days", "validation": "20 days"},
        ("2024-05-08", "2024-05-28", [("2024-05-31", "2024-06-01")]),
        "no label of the test (1 day up to 2024-06-01 00:00:00) has matured: labels take 2 days. No model can be "
        "judged. `training: {horizon: 2 days}` counts it back from the last day that is known",
    ),
    "a test of which little is known": (
        {"test": "3 days", "gap": "3 days", "validation": "20 days"},
        ("2024-05-06", "2024-05-26", [("2024-05-29", "2024-06-01")]),
        "only the first 1 day can judge a model. `training: {horizon: 2 days}` counts it back from the last day that",
    ),
    "a test of days that are known": (
        {"test": "3 days", "horizon": "2 days", "validation": "20 days"},
        ("2024-05-05", "2024-05-25", [("2024-05-27", "2024-05-30")]),
        None,
    ),
    "a horizon that is longer than labels take": (
        {"test": "3 days", "horizon": "5 days", "gap": "3 days", "validation": "20 days"},
        ("2024-05-01", "2024-05-21", [("2024-05-24", "2024-05-27")]),
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_row_is_in_its_slice(shop: Shop, case: str) -> None:
    training, slices, warning = CASES[case]
    declare(shop.folder, "order", {"training": {"retrain_every": "month", **training}})
    said = " ".join(shop.dbt("run", "--select", *SELECTED).split())
    found = shop.query("select split, as_of, matured_at from training.order__training_set")
    labels = shop.query("select as_of, matured_at from training.order__labels")
    assert found.split.value_counts().to_dict() == expected(labels, *slices).value_counts().to_dict()
    test = slices[2][0][0]
    begins = {"train": slices[0], "refit": test, "validation": test, "gap": test, "test": NOW, "late": NOW}
    for split, rows in found.groupby("split"):
        assert (rows.matured_at < pd.Timestamp(begins[str(split)])).all()
    if warning is None:
        assert "`order__training_set`:" not in said
    else:
        assert warning in said


def test_a_test_that_lies_ahead_is_refused(shop: Shop) -> None:
    declare(shop.folder, "order", {"training": {"test": {"from": "2025-01-01"}}})
    outcome = shop.run("dbt", "run", "--select", "order__training_set")
    assert outcome.returncode == 1
    assert "no window of meta.ml.training.test has begun at 2024-06-01 00:00:00" in outcome.stdout


def test_a_refit_on_everything_keeps_the_test_as_an_estimate(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    before = shop.query("select * from training.spend__models where candidate = 'linear'").iloc[0]
    settings = {"training": {"retrain_every": "month", "test": "30 days", "gap": "7 days", "validation": "30 days"}}
    settings["training"] |= {"refit": "everything"}
    declare(shop.folder, "spend", {"candidates": SPEND["candidates"][1:], **settings})
    champion = shop.query("select model_version from evaluation.spend__champion").model_version[0]
    with (shop.folder / "dbt_project/seeds/promotion_overrides.csv").open("a") as file:
        file.write(f"spend,{champion},veto,2024-06-01 00:00:00,to be replaced\n")
    gbm = shop.query("select model_version from training.spend__models where candidate = 'gbm'").model_version[0]
    with (shop.folder / "dbt_project/seeds/promotion_overrides.csv").open("a") as file:
        file.write(f"spend,{gbm},veto,2024-06-01 00:00:00,to be replaced\n")
    shop.dbt("build", "--select", "promotion_overrides", "+spend__predictions", "ml_search_trials", "ml_candidates")
    again = shop.query("select * from training.spend__models where deployed_rows is not null").iloc[0]
    labels = shop.query("select as_of, matured_at from training.spend__labels")
    matured = labels[labels.matured_at < NOW]
    in_time = matured[(matured.as_of < pd.Timestamp("2024-04-25")) & (matured.matured_at < pd.Timestamp("2024-05-02"))]
    assert again.deployed_rows == len(matured) > again.trained_rows == before.trained_rows == len(in_time)
    assert again.artifact_sha256 == before.artifact_sha256 != again.deployed_artifact_sha256
    in_charge = shop.query("select * from evaluation.spend__champion").iloc[0]
    assert in_charge.model_version == again.model_version
    told = shop.query("select * from evaluation.ml_candidates where use_case = 'spend'").set_index("model_version")
    assert told.test_is_estimate.to_dict() == {champion: False, gbm: False, again.model_version: True}
    assert told.test_value[again.model_version] == told.test_value[champion], "judged as before"
    scores = shop.query(
        "select model_version, score from predictions.spend__predictions order by model_version, order_id"
    )
    old, new = (scores.score[scores.model_version == each].tolist() for each in (champion, again.model_version))
    assert len(old) == len(new) and old != new
