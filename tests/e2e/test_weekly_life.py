"""Weeks of a shop in which the ordinary happens: the run that is not at fault stays green, what is at fault is said.

`make live-test` lives them on both warehouses, `make test` on DuckDB.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.e2e import weekly
from tests.e2e.weekly import COSTS, DEARER, GONE, HOUSEHOLDS, ML, Weeks, active, baskets, lapsed, week, write_project
from tests.sql_warehouses import OF_LONG_TESTS, DuckWarehouse, PostgresWarehouse

PUBLISHED = {
    "spine": "select * from training.lapse__spine order by household_id, as_of",
    "champion": "select * from evaluation.lapse__champion",
    "latest": "select * from predictions.lapse__predictions_latest order by household_id",
    "outcomes": "select * from actions.lapse__outcomes order by batch_id, household_id, as_of",
    "volume": "select * from monitoring.mon_volume order by day, model_version",
    "alerts": "select * from monitoring.alerts order by alert, subject",
}


@contextmanager
def weeks_on(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Weeks]:
    shop = shop_at(write_project(folder))
    if kind == "duckdb":

        @contextmanager
        def duck() -> Iterator[DuckWarehouse]:
            with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
                yield DuckWarehouse(connection)

        yield Weeks(shop, duck, baskets())
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)

        @contextmanager
        def postgres() -> Iterator[PostgresWarehouse]:
            yield warehouse

        yield Weeks(Shop("postgres", folder, database.environment, warehouse.query), postgres, baskets())


class Life:
    """What was seen, week by week, under the name of what had happened."""

    def __init__(self, weeks: Weeks) -> None:
        self.weeks = weeks
        self.runs: dict[str, subprocess.CompletedProcess[str]] = {}
        self.seen: dict[str, dict[str, pd.DataFrame]] = {}

    def ran(self, name: str, outcome: subprocess.CompletedProcess[str], **more: str) -> None:
        self.runs[name] = outcome
        self.seen[name] = {what: self.weeks.query(sql) for what, sql in (PUBLISHED | more).items()}

    def said(self, name: str) -> str:
        return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", self.runs[name].stdout).split())

    def alerts(self, name: str) -> dict[str, str]:
        found = self.seen[name]["alerts"]
        return dict(zip(found["alert"] + " " + found["subject"], found["message"], strict=True))


COUNTED = {
    "models": "select model_version, training_as_of from training.lapse__models order by 1",
    "parity": "select batch_as_of, feature, n_rows, n_different, is_tolerated from predictions.lapse__parity",
    "decisions": "select * from actions.lapse__decisions order by batch_id, household_id, as_of",
    "predictions": "select household_id, as_of, model_version, batch_as_of from predictions.lapse__predictions",
}


@pytest.fixture(scope="module", params=OF_LONG_TESTS)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """All of it, once."""
    with weeks_on(request.param, tmp_path_factory.mktemp("weekly") / "shop", request) as weeks:
        live = Life(weeks)
        weeks.declare(**ML)
        with weeks.warehouse() as warehouse:
            warehouse.execute("create schema raw")
            persons = pd.DataFrame(
                {"household_id": range(HOUSEHOLDS), "persons": [1 + i % 4 for i in range(HOUSEHOLDS)]}
            )
            warehouse.load("raw.households", persons)
        live.ran("the first week", weeks.build(1))

        late, feed = one_basket(weeks.bought), of_a_day(weeks.bought, week(3) - pd.Timedelta("1D"))
        weeks.withheld = [late]
        live.ran("a quiet week", weeks.build(2), **COUNTED)

        weeks.withheld = feed
        live.ran("a late basket", weeks.build(3), **COUNTED)

        weeks.withheld = []  # and nobody ran in the fourth week
        live.ran("a missed run and a late feed", weeks.build(5), **COUNTED)
        live.ran("a partial run", weeks.run("dbt run", "--select", "alert_volume_change", now=week(5)))
        live.runs["its status"] = weeks.run("insitu status", now=week(5))

        of_feed = weeks.query(
            f"select distinct batch_id from predictions.lapse__parity where batch_as_of = '{week(3)}'"
        )
        weeks.declare(parity={"acknowledged": list(of_feed["batch_id"])}, costs=DEARER)
        own = weeks.shop.folder / "dbt_project/models/use_cases/lapse/lapse__feat_baskets.sql"
        own.write_text(weekly.BASKETS.replace("AGGREGATES", "['sum', 'max']"))
        live.ran("a feature and other costs", weeks.build(6), **COUNTED)

        twice(weeks)
        live.ran(
            "scored again", weeks.run("dbt build", "--select", "lapse__decisions+", "ml_predictions+", now=week(6))
        )
        weeks.execute("delete from predictions.lapse__predictions where batch_id like 'again%'")

        corrected = one_return(weeks.bought)
        weeks.bought = pd.concat([weeks.bought, corrected], ignore_index=True)
        weeks.deliver(week(7))
        live.runs["killed"] = killed(weeks, 7)
        live.runs["retried"] = weeks.run("dbt retry", now=week(7))
        live.ran("a kill and a corrected label", weeks.build(7), **COUNTED)

        live.ran("a past run", weeks.run("dbt build", now=week(3)), **COUNTED)

        weeks.edit_sources(lambda _, households: households["config"]["meta"]["point_in_time"].update(content="0" * 16))
        weeks.deliver(week(8))
        live.runs["other contents"] = weeks.run("insitu build", now=week(8))
        live.seen["other contents"] = {name: weeks.query(sql) for name, sql in COUNTED.items()}
        warn = [{"insitu.point_in_time_obligations": {"config": {"severity": "warn"}}}]
        weeks.edit_sources(lambda _, households: households.update(data_tests=warn))
        live.ran("contents that warn", weeks.build(8), **COUNTED)

        weeks.execute("alter table raw.baskets rename column amount to total")
        live.ran("a renamed column", weeks.run("dbt build", now=week(9)), **COUNTED)
        yield live


def one_basket(bought: pd.DataFrame) -> int:
    """A basket of the first week, of a household that bought in the weeks before too."""
    first = bought[(bought["bought_at"] >= week(1)) & (bought["bought_at"] < week(2))]
    return int(first[first["household_id"].isin(active(bought, week(1)))].index[0])


def of_a_day(bought: pd.DataFrame, day: pd.Timestamp) -> list[int]:
    return list(bought[(bought["bought_at"] >= day) & (bought["bought_at"] < day + pd.Timedelta("1D"))].index)


def one_return(bought: pd.DataFrame) -> pd.DataFrame:
    """A basket by which a household that had lapsed in the second week did come back."""
    household = min(lapsed(bought, week(2)))
    return pd.DataFrame({"household_id": [household], "bought_at": [week(2) + pd.Timedelta("3D")], "amount": [10.0]})


def twice(weeks: Weeks) -> None:
    """The batch of the sixth week once more, an hour later, as a scorer would that lost its memory."""
    columns = weeks.query("select * from predictions.lapse__predictions limit 0").columns
    other = {"batch_id": "'again' || batch_id", "predicted_at": "predicted_at + interval '1 hour'"}
    values = ", ".join(other.get(name, name) for name in columns)
    weeks.execute(
        f"insert into predictions.lapse__predictions ({', '.join(columns)}) "
        f"select {values} from predictions.lapse__predictions where batch_as_of = '{week(6)}'"
    )


def killed(weeks: Weeks, number: int) -> subprocess.CompletedProcess[str]:
    """A run that is killed when it is about to predict."""
    process = weeks.start(number)
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "START" in line and "lapse__predictions " in line:
            break
    process.kill()
    process.wait()
    return subprocess.CompletedProcess(process.args, process.returncode, "".join(lines))


# By the late feed some households are on the spine of the third week that were not when it was scored.
TWO_WEEKS = "rows were scored 336 hours after they fell due, where a run is due every 7 days"
GREEN = (
    *("the first week", "a quiet week", "a late basket", "a missed run and a late feed", "a partial run"),
    *("a feature and other costs", "scored again", "a kill and a corrected label", "a past run", "contents that warn"),
)


@pytest.mark.parametrize("name", GREEN)
def test_the_run_that_is_not_at_fault_stays_green(life: Life, name: str) -> None:
    assert life.runs[name].returncode == 0, life.runs[name].stdout[-3000:]


@pytest.mark.parametrize(("name", "number"), [("a quiet week", 2), ("a late basket", 3), ("contents that warn", 8)])
def test_the_week_is_scored_and_who_left_is_not(life: Life, name: str, number: int) -> None:
    known = life.weeks.bought.drop(of_a_day(life.weeks.bought, week(3) - pd.Timedelta("1D")) if number == 3 else [])
    latest = life.seen[name]["latest"]
    assert set(latest["as_of"]) == {week(number)}
    assert set(latest["household_id"]) == active(known, week(number))
    assert set(GONE) & set(latest["household_id"]) == (set() if number == 8 else set(GONE))


def test_outcomes_are_what_came_true(life: Life) -> None:
    outcomes = life.seen["contents that warn"]["outcomes"]
    bought = life.weeks.bought
    for number in (1, 2, 3, 4, 5, 6):
        of_week = outcomes[(outcomes["as_of"] == week(number)) & (outcomes["is_in_charge"] == 1)]
        assert len(of_week) > 100 and not of_week["household_id"].duplicated().any()
        assert set(of_week[of_week["label"] == 1]["household_id"]) == lapsed(bought, week(number)) & set(
            of_week["household_id"]
        )


def test_one_late_basket_is_a_difference_and_no_alert(life: Life) -> None:
    parity = life.seen["a late basket"]["parity"]
    differ = parity[(parity["n_different"] > 0) & (parity["batch_as_of"] == week(2))]
    assert set(differ["n_different"]) == {1} and differ["is_tolerated"].all()
    assert not [name for name in life.alerts("a late basket") if name.startswith("alert_parity")]


def test_nothing_is_trained_anew_before_its_month(life: Life) -> None:
    for name, n in {"a late basket": 1, "a missed run and a late feed": 2, "a kill and a corrected label": 3}.items():
        assert len(life.seen[name]["models"]) == n, (name, life.seen[name]["models"])


def test_a_missed_run_is_caught_up_and_raises_an_alert(life: Life) -> None:
    name = "a missed run and a late feed"
    predictions = life.seen[name]["predictions"]
    bought = life.weeks.bought
    for number in (4, 5):
        assert set(predictions[predictions["as_of"] == week(number)]["household_id"]) == active(bought, week(number))
    assert TWO_WEEKS in life.alerts(name)["alert_late_predictions batch"]


def test_a_late_feed_is_named(life: Life) -> None:
    alerts = life.alerts("a missed run and a late feed")
    message = alerts["alert_parity household__baskets_7d"]
    assert "rows had another value when they were scored" in message
    came = life.weeks.bought.loc[of_a_day(life.weeks.bought, week(3) - pd.Timedelta("1D")), "bought_at"].min()
    hours = math.ceil((week(5) - came) / pd.Timedelta("1h"))
    assert f"rows of `shop.baskets` arrived up to {hours} hours after they were available" in message, message
    assert f"a `lag` of {hours} hours covers that" in message
    assert not [name for name in life.alerts("a feature and other costs") if name.startswith("alert_parity")]


def test_a_partial_run_leaves_the_alerts(life: Life) -> None:
    pd.testing.assert_frame_equal(
        life.seen["a partial run"]["alerts"], life.seen["a missed run and a late feed"]["alerts"]
    )
    assert TWO_WEEKS in life.said("its status")


def test_a_new_feature_is_compared_where_it_was_scored(life: Life) -> None:
    parity = life.seen["a feature and other costs"]["parity"]
    new = parity[parity["feature"].str.contains("spent_max")]
    assert (new["batch_as_of"] == week(6)).all()


def test_past_decisions_stay_under_other_costs(life: Life) -> None:
    before = life.seen["a missed run and a late feed"]["decisions"]
    after = life.seen["a feature and other costs"]["decisions"]
    kept = after[after["batch_as_of"] < week(6)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[before.columns], before)
    assert after[after["batch_as_of"] == week(6)]["threshold"].astype(float).tolist() == pytest.approx(
        [threshold(DEARER)] * (after["batch_as_of"] == week(6)).sum()
    )
    assert before["threshold"].astype(float).tolist() == pytest.approx([threshold(COSTS)] * len(before))


def threshold(costs: dict[str, int]) -> float:
    """From which score on treating costs less: by hand."""
    act_wrongly = costs["true_negative"] - costs["false_positive"]
    act_rightly = costs["true_positive"] - costs["false_negative"]
    return act_wrongly / (act_wrongly + act_rightly)


def test_a_batch_that_came_twice_counts_once(life: Life) -> None:
    before, after = life.seen["a feature and other costs"], life.seen["scored again"]
    pd.testing.assert_frame_equal(after["latest"], before["latest"])
    pd.testing.assert_frame_equal(after["volume"][["day", "n_predictions"]], before["volume"][["day", "n_predictions"]])


def test_a_run_that_was_killed_is_run_again(life: Life) -> None:
    assert life.runs["killed"].returncode < 0
    assert "START python incremental model" in life.said("killed")
    assert "Nothing to do" in life.said("retried") or life.runs["retried"].returncode != 0
    predictions = life.seen["a kill and a corrected label"]["predictions"]
    of_week = predictions[predictions["as_of"] == week(7)]["household_id"]
    assert set(of_week) == active(life.weeks.bought, week(7)) and not of_week.duplicated().any()


def test_a_corrected_label_is_in_the_outcomes(life: Life) -> None:
    household = int(one_return(life.weeks.bought.iloc[:-1])["household_id"].item())
    for name, label in {"a feature and other costs": 1, "a kill and a corrected label": 0}.items():
        found = life.seen[name]["outcomes"]
        row = found[(found["household_id"] == household) & (found["as_of"] == week(2)) & (found["is_in_charge"] == 1)]
        assert row["label"].tolist() == [label], name


def test_a_past_run_takes_nothing_back(life: Life) -> None:
    assert f"`lapse`: this run is for {week(3)}, and there was one for {week(7)}" in life.said("a past run")
    before, after = life.seen["a kill and a corrected label"], life.seen["a past run"]
    for name in (*PUBLISHED, *COUNTED):
        one, other = (
            found.sort_values(list(found.columns[:3]), kind="stable").reset_index(drop=True)
            for found in (before[name], after[name])
        )
        pd.testing.assert_frame_equal(one, other, rtol=1e-9, obj=name)


def test_other_contents_of_a_static_table_stop_predictions_and_say_so(life: Life) -> None:
    outcome = life.runs["other contents"]
    assert outcome.returncode == 1
    said = life.said("other contents")
    assert "`lapse` was not scored: `insitu_source_point_in_time_obligations_shop_households_` failed." in said
    assert said.count("was not scored") == 1
    assert week(8) not in set(life.seen["other contents"]["predictions"]["as_of"])
    assert week(8) in set(life.seen["contents that warn"]["predictions"]["as_of"])


def test_a_renamed_column_is_one_line_and_changes_nothing(life: Life) -> None:
    assert life.runs["a renamed column"].returncode != 0
    assert "Source `shop.baskets` has no column `amount` (it has: household_id, bought_at, total, arrived_at)" in (
        life.said("a renamed column")
    )
    for name, found in life.seen["contents that warn"].items():
        pd.testing.assert_frame_equal(life.seen["a renamed column"][name], found, obj=name)
