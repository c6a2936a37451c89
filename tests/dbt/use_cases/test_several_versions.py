"""A row is scored by the champion of its time; where several versions scored it, everything says which counts."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import AS_OF

NOON, MORNING = "2024-06-01 12:00:00", "2024-06-01 06:00:00"


@pytest.fixture
def shop(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """A copy that the test may change."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    return shop_at(tmp_path / "shop")


def version(shop: Shop, candidate: str) -> str:
    found = shop.query(f"select model_version from training.spend__models where candidate = '{candidate}'")
    return str(found.model_version[0])


def pin(shop: Shop, *versions: str, since: str = NOON) -> None:
    with (shop.folder / "dbt_project/seeds/promotion_overrides.csv").open("w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["use_case", "model_version", "override", "effective_from", "reason"])
        writer.writerows(["spend", each, "pin", since, "for the test"] for each in versions)


def scored(shop: Shop) -> pd.DataFrame:
    return shop.query(
        "select order_id, as_of, model_version, score from predictions.spend__predictions order by order_id"
    )


def forget(shop: Shop) -> None:
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("delete from predictions.spend__predictions")


def test_a_row_is_scored_by_the_champion_of_its_own_time_whenever_the_run_comes(shop: Shop) -> None:
    linear, gbm = version(shop, "linear"), version(shop, "gbm")
    pin(shop, gbm)
    shop.dbt("seed", "--select", "promotion_overrides")
    forget(shop)
    said = shop.run("insitu", "score", "run", "spend")
    assert said.returncode == 0, said.stdout
    at_once = scored(shop)
    due = shop.query(f"select order_id from raw.orders where ordered_at > '2024-06-01' and ordered_at <= '{AS_OF}'")
    assert sorted(at_once.order_id) == sorted(due.order_id)
    late = at_once.as_of >= pd.Timestamp(NOON)
    assert 0 < late.sum() < len(late)
    assert at_once.model_version.tolist() == [gbm if each else linear for each in late]
    assert "spend: 0 new predictions" in shop.run("insitu", "score", "run", "spend", "--no-refresh").stdout

    forget(shop)
    for moment in (MORNING, "2024-06-01 13:00:00", AS_OF):
        said = shop.run("insitu", "score", "run", "spend", "--as-of", moment)
        assert said.returncode == 0, said.stdout
    batches = shop.query("select distinct batch_as_of, model_version from predictions.spend__predictions order by all")
    assert batches.model_version.tolist() == [linear, *sorted([linear, gbm]), gbm]
    pd.testing.assert_frame_equal(scored(shop), at_once)


def test_what_cannot_be_scored_says_why(shop: Shop) -> None:
    refused = shop.run("insitu", "score", "run", "spend", "--as-of", NOON, "--no-refresh")
    assert refused.returncode == 1
    assert f"`spend__scoring_set` was built for {AS_OF}, not for {NOON}" in refused.stdout
    before = shop.run("insitu", "score", "run", "spend", "--as-of", "2024-05-31")
    assert before.returncode == 1
    assert (
        "`spend` has no champion at 2024-05-31 00:00:00: its first version was trained for 2024-06-01" in before.stdout
    )
    assert "when no model" not in shop.run("insitu", "score", "run", "spend", "--as-of", "2024-06-01").stdout
    forget(shop)
    first = shop.run("insitu", "score", "run", "spend", "--as-of", "2024-06-01")
    assert first.returncode == 0, first.stdout
    assert "rows fell due when no model was in charge" in first.stdout


def test_an_empty_table_of_valid_predictions_says_why(shop: Shop) -> None:
    latest = ("run", "--select", "spend__decisions", "spend__predictions_latest", "--vars")
    assert "is empty" not in shop.dbt(*latest, "{insitu_as_of: '2024-06-02 12:00:00'}")
    assert not shop.query("select * from predictions.spend__predictions_latest").empty
    said = " ".join(shop.dbt(*latest, "{insitu_as_of: '2024-06-04'}").split())
    assert "`spend__predictions_latest` is empty: the last prediction is of 2024-06-0" in said
    assert "each is valid for 1 day. If predictions are due less often, say so: `scoring: {every: …}`" in said
    assert shop.query("select * from predictions.spend__predictions_latest").empty


def test_one_time_with_two_versions(shop: Shop) -> None:
    linear, gbm = version(shop, "linear"), version(shop, "gbm")
    orders = len(shop.query("select * from predictions.spend__predictions"))
    batches = "select model_version, n_predictions, n_in_charge from predictions.ml_batches where use_case = 'spend'"

    def in_charge(expected: str) -> None:
        shop.dbt("build", "--select", "promotion_overrides+", "--exclude", "tag:tier", "tag:order")
        assert shop.query(f"{batches} order by model_version").to_dict("list") == {
            "model_version": [gbm, linear],
            "n_predictions": [orders, orders],
            "n_in_charge": [orders if each == expected else 0 for each in (gbm, linear)],
        }
        latest = shop.query("select * from predictions.spend__predictions_latest")
        assert len(latest) == orders and set(latest.model_version) == {expected}
        decided = shop.query("select * from actions.spend__decisions where is_in_charge = 1")
        assert len(decided) == orders and set(decided.model_version) == {expected}

    pin(shop, gbm, since="2024-06-01 00:00:00")
    in_charge(gbm)
    pin(shop)  # back: nothing new is scored, and what gbm said no longer counts
    in_charge(linear)
