"""A time is scored by the champion of that time; where several versions scored it, everything says which counts."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at

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


def at(moment: str) -> list[str]:
    return ["--vars", json.dumps({"insitu_as_of": moment})]


def test_a_time_is_scored_by_the_champion_of_that_time(shop: Shop) -> None:
    linear, gbm = version(shop, "linear"), version(shop, "gbm")
    pin(shop, gbm)
    shop.dbt("build", "--select", "promotion_overrides", "spend__champion", "spend__scoring_set", *at(NOON))
    assert shop.query("select model_version from evaluation.spend__champion").model_version.tolist() == [gbm]

    # the scoring set of the morning, and the champion of noon
    shop.dbt("run", "--select", "spend__scoring_set", *at(MORNING))
    refused = shop.run("insitu", "score", "run", "spend", "--as-of", MORNING, "--no-refresh")
    assert refused.returncode == 1
    assert f"was in charge from {NOON} on, and `spend__scoring_set` is for {MORNING}" in refused.stdout
    node = shop.run("dbt", "run", "--select", "spend__predictions", *at(MORNING))
    assert node.returncode == 1 and "Build both for one time" in node.stdout

    scored = shop.run("insitu", "score", "run", "spend", "--as-of", MORNING)
    assert scored.returncode == 0, scored.stdout
    scored = shop.run("insitu", "score", "run", "spend", "--as-of", NOON)
    assert scored.returncode == 0, scored.stdout
    by = shop.query(
        "select batch_as_of, max(model_version) as version, count(distinct model_version) as n "
        f"from predictions.spend__predictions where batch_as_of in ('{MORNING}', '{NOON}') group by 1 order by 1"
    )
    assert by.version.tolist() == [linear, gbm] and by.n.tolist() == [1, 1]

    before = shop.run("insitu", "score", "run", "spend", "--as-of", "2024-05-31")
    assert before.returncode == 1
    assert (
        "`spend` has no champion at 2024-05-31 00:00:00: its first version was trained for 2024-06-01" in before.stdout
    )


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
