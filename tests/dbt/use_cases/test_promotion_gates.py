"""A challenger is promoted on evidence: the proof of its features, parity, a veto of people; each decision says why."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import SPEND, declare

# Trained on fewer columns, so no rival of the champion; alone among the new candidates, hence the best on validation.
NEWCOMER = {"name": "newcomer", "family": "linear_regression", "features": ["pages"]}
# Once more the champion, with what does not matter changed.
TWIN = {"name": "twin", "family": "linear_regression", "max_rows": 5000}


@pytest.fixture
def shop(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """A copy that the test may change."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    return shop_at(tmp_path / "shop")


def compete(shop: Shop, challenger: dict[str, object], **settings: object) -> tuple[str, str]:
    """Train one more candidate; the decision about it and the reason."""
    declare(shop.folder, "spend", {"candidates": [*SPEND["candidates"], challenger], **settings})
    shop.dbt("build", "--select", "promotion_overrides", "feat_order__visit+,+spend__promotions", "spend__features")
    found = shop.query("select * from evaluation.spend__promotions")
    (row,) = found[found.model_version.str.startswith(str(challenger["name"]))].to_dict("records")
    return row["decision"], row["reason"]


def champion(shop: Shop) -> str:
    return str(shop.query("select model_version from evaluation.spend__champion").model_version[0])


def test_no_better_than_the_champion(shop: Shop) -> None:
    leading = champion(shop)
    assert compete(shop, TWIN) == ("rejected", f"not better than {leading} on the test by more than noise")
    assert champion(shop) == leading


def test_features_that_are_not_proved(shop: Shop) -> None:
    # the same rows, so the same snapshot; but nothing in the SQL says that a visit is seen before the order
    path = shop.folder / "dbt_project/models/features/feat_order__visit.sql"
    path.write_text(path.read_text().replace(" and visits.seen_at < spine.as_of", ""))
    decision, reason = compete(shop, NEWCOMER)
    assert decision == "rejected"
    assert reason.startswith("not proved point in time: feat_order__visit.channel, feat_order__visit.minutes")
    _, reason = compete(shop, TWIN, promotion={"point_in_time": "ignored"})
    assert reason.startswith("not better than linear_")


def test_features_that_were_others_when_they_were_scored(shop: Shop) -> None:
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("update raw.visits set pages = pages + 1 where seen_at >= timestamp '2024-06-01 12:00:00'")
    shop.dbt("run", "--select", "feat_order__visit", "spend__parity")
    assert compete(shop, NEWCOMER) == (
        "rejected",
        "1 features had other values when they were scored: see spend__parity",
    )


def test_a_vetoed_champion_is_no_rival(shop: Shop) -> None:
    leading = champion(shop)
    with (shop.folder / "dbt_project/seeds/promotion_overrides.csv").open("a") as file:
        csv.writer(file, lineterminator="\n").writerow(["spend", leading, "veto", "2024-06-01 00:00:00", "complaints"])
    assert compete(shop, NEWCOMER) == ("promoted", "the first champion")


def test_an_unknown_rule(shop: Shop) -> None:
    declare(shop.folder, "spend", {"promotion": {"slice_los": 0.1}})
    outcome = shop.run("dbt", "compile", "--select", "spend__promotions")
    assert outcome.returncode != 0
    assert "`meta.ml.promotion` has an unknown key `slice_los`. There are: z, calibration_error" in outcome.stdout
