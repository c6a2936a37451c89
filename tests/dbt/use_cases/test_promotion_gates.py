"""A challenger is promoted on evidence: the proof of its features, parity, a veto of people; each decision says why."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import SPEND, declare

# Better on validation than all others, on the test no better than the champion.
BETTER = {"name": "better", "family": "linear_regression", "parameters": {"alpha": 30.0}}
# Trained on fewer columns, so worse than its siblings.
NEWCOMER = {"name": "newcomer", "family": "linear_regression", "features": ["pages"]}
# Once more the champion, with what does not matter changed.
TWIN = {"name": "twin", "family": "linear_regression", "max_rows": 5000}


@pytest.fixture
def shop(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """A copy that the test may change."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    return shop_at(tmp_path / "shop")


def build(shop: Shop, *challengers: dict[str, object], **settings: object) -> None:
    """Train more candidates, and judge."""
    declare(shop.folder, "spend", {"candidates": [*SPEND["candidates"], *challengers], **settings})
    shop.dbt("build", "--select", "promotion_overrides", "feat_order__visit+,+spend__champion", "spend__features")


def judged(shop: Shop, name: str) -> list[tuple[str, str]]:
    """The decisions about a candidate, with their reasons, in the order in which they were made."""
    found = shop.query("select * from evaluation.spend__promotions order by judgement")
    own = found[found.model_version.str.startswith(name)]
    assert own.judgement.tolist() == list(range(1, len(own) + 1))
    return list(own[["decision", "reason"]].itertuples(index=False, name=None))


def compete(shop: Shop, challenger: dict[str, object], **settings: object) -> tuple[str, str]:
    """Train one more candidate; the decision about it and the reason."""
    build(shop, challenger, **settings)
    return judged(shop, str(challenger["name"]))[-1]


def override(shop: Shop, kind: str, version: str, reason: str = "complaints") -> None:
    with (shop.folder / "dbt_project/seeds/promotion_overrides.csv").open("a") as file:
        csv.writer(file, lineterminator="\n").writerow(["spend", version, kind, "2024-06-01 00:00:00", reason])


def champion(shop: Shop) -> str:
    return str(shop.query("select model_version from evaluation.spend__champion").model_version[0])


def test_no_better_than_the_champion(shop: Shop) -> None:
    leading = champion(shop)
    assert compete(shop, BETTER) == ("rejected", f"not better than {leading} on the test by more than noise")
    assert champion(shop) == leading


def test_one_that_comes_later_competes_with_all_of_the_same_rows(shop: Shop) -> None:
    leading = champion(shop)
    assert compete(shop, NEWCOMER) == ("rejected", f"{leading} has the better mae on validation")
    assert compete(shop, TWIN) == ("rejected", f"{leading} has the same mae on validation and was there before")
    looks = shop.query("select model_version from evaluation.spend__promotions where is_tested")
    assert looks.model_version.tolist() == [leading], "the test has judged nobody else"


def test_each_look_at_the_test_makes_the_next_one_harder(shop: Shop) -> None:
    build(shop, BETTER)
    found = shop.query("select * from evaluation.spend__promotions order by decided_at")
    assert found[found.is_tested].tests_before.tolist() == [0, 1]
    (second,) = found[found.tests_before == 1].itertuples()
    ratio = second.mean_difference / second.difference_error
    # the same evidence, by a rule that one look would pass and the second does not: √(z² + 2 ln 2) > ratio > z
    assert ratio**2 < 2 * math.log(2), "the example is not one"
    build(shop, BETTER, promotion={"z": ratio - 0.01 if ratio > 0.01 else 0.001})
    assert judged(shop, "better")[-1][0] == "rejected"


def test_features_that_are_not_proved_until_they_are(shop: Shop) -> None:
    # the same rows, so the same snapshot; but nothing in the SQL says that a visit is seen before the order
    path = shop.folder / "dbt_project/models/features/feat_order__visit.sql"
    proved = path.read_text()
    path.write_text(proved.replace(" and visits.seen_at < spine.as_of", ""))
    decision, reason = compete(shop, BETTER)
    assert decision == "rejected"
    assert reason.startswith("not proved point in time: feat_order__visit.channel, feat_order__visit.minutes")
    build(shop, BETTER)
    assert len(judged(shop, "better")) == 1, "nothing has changed"
    path.write_text(proved)
    build(shop, BETTER)
    assert judged(shop, "better") == [
        (decision, reason),
        ("rejected", f"not better than {champion(shop)} on the test by more than noise"),
    ]
    registered = shop.query("select model_version, point_in_time from training.spend__models")
    assert len(registered) == 3 and set(registered.point_in_time) == {"proved"}


def test_features_that_are_not_proved_can_be_ignored(shop: Shop) -> None:
    path = shop.folder / "dbt_project/models/features/feat_order__visit.sql"
    path.write_text(path.read_text().replace(" and visits.seen_at < spine.as_of", ""))
    assert compete(shop, BETTER)[1].startswith("not proved point in time")
    assert compete(shop, BETTER, promotion={"point_in_time": "ignored"})[1].startswith("not better than linear_")


def test_features_that_were_others_when_they_were_scored(shop: Shop) -> None:
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("update raw.visits set pages = pages + 1 where seen_at >= timestamp '2024-06-01 12:00:00'")
    shop.dbt("run", "--select", "feat_order__visit", "spend__parity")
    assert compete(shop, BETTER) == (
        "rejected",
        "1 features had other values when they were scored: see spend__parity",
    )
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("update raw.visits set pages = pages - 1 where seen_at >= timestamp '2024-06-01 12:00:00'")
    shop.dbt("run", "--select", "feat_order__visit", "spend__parity")
    assert compete(shop, BETTER)[1].startswith("not better than linear_")


def test_a_vetoed_champion_is_no_rival(shop: Shop) -> None:
    override(shop, "veto", champion(shop))
    decision, reason = compete(shop, NEWCOMER)
    gbm = champion(shop)
    assert gbm.startswith("gbm_") and judged(shop, "gbm")[-1] == ("promoted", "the first champion")
    assert (decision, reason) == ("rejected", f"{gbm} has the better mae on validation")


def test_who_is_in_charge_of_nothing_is_said_where_it_happens(shop: Shop) -> None:
    override(shop, "veto", champion(shop))
    build(shop, promotion={"point_in_time": "ignored"})  # gbm is promoted in its place
    override(shop, "veto", champion(shop), "no better")
    declare(shop.folder, "spend", {"candidates": SPEND["candidates"]})
    said = " ".join(shop.dbt("build", "--select", "promotion_overrides", "spend__promotions+1,tag:evaluation").split())
    assert "`spend` has no champion at 2024-06-02 00:00:00: `gbm_" in said
    assert "the seed `promotion_overrides` vetoes it. Pin another version there" in said
    override(shop, "pin", "linear_20240601")
    said = " ".join(shop.dbt("build", "--select", "promotion_overrides", "spend__champion").split())
    assert "pins `linear_20240601`, which is no trained version of it. Correct the pin" in said


def test_an_unknown_rule(shop: Shop) -> None:
    declare(shop.folder, "spend", {"promotion": {"slice_los": 0.1}})
    outcome = shop.run("dbt", "compile", "--select", "spend__promotions")
    assert outcome.returncode != 0
    assert "`meta.ml.promotion` has an unknown key `slice_los`. There are: by, z, calibration_error" in outcome.stdout
