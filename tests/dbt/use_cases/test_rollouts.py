"""A roll-out over replayed days: a challenger goes from 5 to 50 % and is promoted, a harmful treatment goes back.

What the experiments find is written here, by day: how it is found is tested where the figures are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from insitu.acting.hashing import PLACES, place, unit_id
from insitu.local_postgres import Database
from insitu.scaffold.new import new_use_case
from insitu.warehouse import Project
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import ORDER, PROFILE, SOURCES, baskets, declare
from tests.dbt_package import example_settings
from tests.sql_warehouses import OF_LONG_TESTS, DuckWarehouse, PostgresWarehouse

ACTING = (Path(__file__).parents[3] / "docs/acting.md").read_text()
DOCS = re.findall(r"```sql\n(.*?)```", ACTING[ACTING.index("\n## Roll-outs") :].split("\n## ")[1], re.DOTALL)
BEGIN, END = pd.Timestamp("2024-05-05"), pd.Timestamp("2024-05-17")
DAYS = [BEGIN + pd.Timedelta(days=days) for days in (0, 4, 8, 12, 13)]
HARMFUL_FROM = "2024-05-13"
PROFIT = {"name": "profit", "kind": "mean", "value": "realised_profit", "role": "primary"}
RETURNED = {"name": "returned", "kind": "proportion", "value": "label", "better": "lower", "role": "guardrail"}
NEWER: dict[str, Any] = {
    "name": "newer",
    "from": "2024-05-05",
    "until": "2024-05-17",
    "unit": ["customer_id", "shop_id", "as_of"],
    "variants": [{"name": "present"}, {"name": "next", "model": "challenger"}],
    "ramp": [
        {"after": "0 days", "shares": {"next": 0.05}},
        {"after": "4 days", "shares": {"next": 0.25}},
        {"after": "8 days", "shares": {"next": 0.5}},
    ],
    "min_units": 1,
    "metrics": [PROFIT],
}
PROMO: dict[str, Any] = {
    "name": "promo",
    "from": "2024-05-05",
    "unit": "customer_id",
    "eligible": "shop_id = 'north'",
    "variants": [{"name": "usual"}, {"name": "eager", "threshold": 0.0}, {"name": "never", "action": "none"}],
    "ramp": [
        {"after": "0 days", "shares": {"eager": 0.2, "never": 0.2}},
        {"after": "4 days", "shares": {"eager": 0.4, "never": 0.2}},
    ],
    "min_units": 1,
    "metrics": [PROFIT, RETURNED],
}
SETTINGS: dict[str, Any] = {
    "candidates": [
        {"name": "linear", "family": "logistic_regression"},
        {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 10}},
    ],
    "costs": {"true_positive": -4, "false_positive": -2, "false_negative": -10, "true_negative": 0},
    "promotion": {"by": "experiment", "slice_rows": 100_000},
    "scoring": {"every": "1 day", "window": "14 days"},
    "experiments": [NEWER, PROMO],
}
FOUND = f"""
with days as (
    select cast(moment as date) as day
    from generate_series(
        timestamp '2024-05-05', {{{{ insitu.timestamp_literal(insitu.newest_as_of()) }}}}, interval '1 day'
    ) as days (moment)
),

arms as (
    select experiment, variant, is_control, days.day, count(distinct unit_id) as n
    from {{{{ ref('order__exposures') }}}} as exposures
    inner join days on exposures.exposed_at < days.day
    group by experiment, variant, is_control, days.day
),

metrics as (
    select 'profit' as metric, 'primary' as role
    union all
    select 'returned', 'guardrail'
),

final as (
    select
        mine.experiment,
        mine.day,
        metrics.metric,
        metrics.role,
        mine.variant,
        '' as slice_column,
        '' as slice_value,
        control.n as n_units_control,
        mine.n as n_units,
        cast(0.125 as double precision) as effect,
        case
            when metrics.role = 'guardrail' and mine.variant = 'eager' and mine.day >= date '{HARMFUL_FROM}'
                then 'harmful'
            else 'unclear'
        end as verdict
    from arms as mine
    inner join arms as control
        on mine.experiment = control.experiment and mine.day = control.day and control.is_control = 1
    cross join metrics
    where mine.is_control = 0
)

select * from final
"""
OVERRIDES = {
    "name": "experiment_overrides",
    "config": {
        "schema": "actions",
        "column_types": {
            "use_case": "varchar",
            "experiment": "varchar",
            "override": "varchar",
            "step": "integer",
            "effective_from": "timestamp",
            "reason": "varchar",
        },
    },
}


def write_project(folder: Path) -> Path:
    directory = folder / "dbt_project"
    settings = example_settings(directory)
    settings["vars"] |= {"insitu_as_of": str(BEGIN), "insitu_use_cases": [], "insitu_backtests": []}
    settings["models"]["insitu"] = {"actions": {"experiment_overrides": {"+enabled": False}}}
    settings |= {"on-run-start": []}
    (directory / "dbt_project.yml").write_text(yaml.safe_dump(settings, default_flow_style=None))
    (folder / "profiles.yml").write_text(yaml.safe_dump(PROFILE))
    tables = [table for table in SOURCES["sources"][0]["tables"] if table["name"] == "baskets"]  # type: ignore[index]
    sources = {"sources": [{"name": "shop", "schema": "raw", "tables": tables}]}
    (directory / "models/_sources.yml").write_text(yaml.safe_dump(sources))
    (directory / "seeds").mkdir()
    (directory / "seeds/_seeds.yml").write_text(yaml.safe_dump({"seeds": [OVERRIDES]}))
    say(folder)
    new_use_case(Project(directory, folder), ORDER)
    return folder


def say(folder: Path, *rows: list[str]) -> None:
    """What people say of the experiments."""
    with (folder / "dbt_project/seeds/experiment_overrides.csv").open("w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(OVERRIDES["config"]["column_types"])  # type: ignore[index]
        writer.writerows(rows)


def prepared(shop: Shop) -> Shop:
    """With the models of experiments, and what they find."""
    shop.dbt("parse")
    said = shop.run("insitu", "experiments", "order")
    assert said.returncode == 0, said.stdout
    (shop.folder / "dbt_project/models/use_cases/order/order__experiment_results.sql").write_text(FOUND)
    declare(shop.folder, "order", SETTINGS)
    return shop


def run(shop: Shop, now: pd.Timestamp, *select: str, command: str = "build") -> Any:
    return shop.run("dbt", command, *select, "--vars", f"{{insitu_as_of: '{now}'}}")


OWN = (
    "--select",
    "path:models/use_cases/order",
    "ml_runs",
    "ml_rollouts",
    "alert_rollout",
    "alert_null_units",
    "experiment_overrides",
)


def live(shop: Shop, now: pd.Timestamp) -> None:
    outcome = run(shop, now, *OWN, "promotion_overrides")
    assert outcome.returncode == 0, outcome.stdout


def lived(shop: Shop) -> Shop:
    """All days; on the third the scorer runs before the build."""
    for day in DAYS:
        if day == DAYS[2]:
            said = shop.run("insitu", "score", "run", "order", "--as-of", str(day - pd.Timedelta("1D")))
            assert said.returncode == 0, said.stdout
        live(shop, day)
    return shop


@pytest.fixture(scope="module", params=OF_LONG_TESTS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = write_project(tmp_path_factory.mktemp("rollouts"))
    rows = baskets(np.random.default_rng(5))
    if request.param == "duckdb":
        found = shop_at(folder)
        with duckdb.connect(found.environment["SHOP_DUCKDB"]) as connection:
            connection.execute("create schema raw")
            DuckWarehouse(connection).load("raw.baskets", rows)
        yield lived(prepared(found))
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")
        warehouse.load("raw.baskets", rows)
        yield lived(prepared(Shop("postgres", folder, database.environment, warehouse.query)))


def steps(shop: Shop, experiment: str) -> list[tuple[str, str, int]]:
    found = shop.query(
        f"select * from actions.order__rollout_steps where experiment = '{experiment}' order by decided_at"
    )
    days = [str(moment.date()) for moment in found.decided_at]
    return list(zip(days, found.decision, map(int, found.step), strict=True))


def test_each_step_is_a_row(shop: Shop) -> None:
    assert steps(shop, "newer") == [
        ("2024-05-05", "started", 0),
        ("2024-05-09", "advanced", 1),
        ("2024-05-13", "advanced", 2),
        ("2024-05-17", "completed", 2),
    ]
    assert steps(shop, "promo") == [
        ("2024-05-05", "started", 0),
        ("2024-05-09", "advanced", 1),
        ("2024-05-13", "rolled_back", 1),
    ]
    (said,) = shop.query("select message from monitoring.alert_rollout").message
    assert said.startswith("was rolled back: the guardrail `returned` of `eager` is harmful: 0.125 against the control")
    shares = shop.query(
        "select experiment, variant, state, share from actions.ml_rollouts order by experiment, variant"
    )
    promo = shares[shares.experiment == "promo"]
    assert dict(zip(promo.variant, promo.share, strict=True)) == {"usual": 1, "eager": 0, "never": 0}
    assert set(promo.state) == {"rolled_back"}


def assigned(shop: Shop, experiment: str) -> pd.DataFrame:
    own = f"select * from actions.order__assignments where experiment = '{experiment}'"
    return shop.query(f"{own} order by customer_id, shop_id, as_of")


def test_variants_are_those_of_the_hash_and_stay(shop: Shop) -> None:
    found = assigned(shop, "newer")
    assert len(found) > 150
    for row in found.itertuples():
        at = place("order.newer", unit_id([row.customer_id, row.shop_id, row.as_of.to_pydatetime()]) or "")
        days = sum(row.as_of > day for day in DAYS[:3])
        share = [0.05, 0.05, 0.25, 0.5][days]
        assert (row.variant == "next") == (at < round(share * PLACES)), row
    promo = assigned(shop, "promo")
    assert set(promo.shop_id) == {"north"}
    treated: dict[int, str] = {}
    for row in promo.sort_values("as_of").itertuples():
        if row.as_of > DAYS[2]:
            assert row.variant == "usual"
        elif row.customer_id in treated:
            assert row.variant == treated[row.customer_id]
        elif row.variant != "usual":
            treated[row.customer_id] = row.variant
    assert set(treated.values()) == {"eager", "never"}


def test_each_row_is_scored_and_decided_by_its_variant(shop: Shop) -> None:
    versions = shop.query(
        "select model_version, decision from evaluation.order__promotions where training_as_of < '2024-05-02'"
    )
    (champion,) = versions[versions.decision == "promoted"].model_version
    (challenger,) = set(
        shop.query("select challenger from actions.order__rollout_steps where experiment = 'newer'").challenger
    )
    assert challenger != champion
    decided = shop.query("select * from actions.order__decisions where is_in_charge = 1")
    own = decided[(decided.as_of >= BEGIN) & (decided.as_of < END)]
    both = own.merge(assigned(shop, "newer"), on=["customer_id", "shop_id", "as_of"], suffixes=("", "_newer"))
    assert len(both) == len(own)
    expected = both.variant_newer.map({"present": champion, "next": challenger})
    assert both.model_version.tolist() == expected.tolist()
    assert both.model_version.value_counts().min() > 20
    # after it had completed, and never before
    assert set(decided[decided.as_of > END].model_version) == {challenger}
    promo = decided[(decided.experiment == "promo") & (decided.as_of >= BEGIN)]
    eager, never = (promo[promo.variant == variant] for variant in ("eager", "never"))
    assert set(eager.action) == {"intervene"} and set(eager.threshold) == {0.0}
    assert set(never.action) == {"none"} and set(never.reason) == {"variant"}
    # a row that any variant treats is treated for certain but for those who never are
    first = promo[promo.as_of < DAYS[1]]
    usual = first[(first.variant == "usual")]
    sure = usual[usual.action == "intervene"]
    assert sure.propensity.tolist() == pytest.approx([0.8] * len(sure))
    left = usual[usual.action == "none"]
    assert left.propensity.tolist() == pytest.approx([0.8] * len(left))
    assert first[first.variant == "never"].propensity.between(0.199, 0.801).all()


def test_a_completed_rollout_promotes(shop: Shop) -> None:
    found = shop.query("select * from evaluation.order__promotions order by training_as_of, decided_at")
    last = found.iloc[-1]
    assert (last.decision, str(last.training_as_of)) == ("promoted", "2024-05-17 00:00:01")
    assert last.reason.startswith("its roll-out `newer` has completed: `profit` of `next` is unclear")
    assert (found.decision == "promoted").sum() == 2
    champion = shop.query("select model_version from evaluation.order__champion").model_version[0]
    assert champion == last.model_version != last.previous_champion


def test_exposures_are_the_rows_of_record(shop: Shop) -> None:
    exposed = shop.query("select * from actions.order__exposures")
    both = pd.concat([assigned(shop, "newer"), assigned(shop, "promo")])
    assert len(exposed) == len(both)
    assert not exposed.duplicated(["experiment", "customer_id", "shop_id", "as_of"]).any()
    assert (exposed.exposed_at == exposed.as_of).all()


def everything(shop: Shop) -> dict[str, pd.DataFrame]:
    names = ("order__rollout_steps", "order__exposures", "order__assignments", "order__decisions", "ml_rollouts")
    found = {name: shop.query(f"select * from actions.{name}") for name in names}
    return {name: rows.sort_values(list(rows.columns)).reset_index(drop=True) for name, rows in found.items()}


def test_a_past_day_gives_the_same_rows(shop: Shop) -> None:
    before = everything(shop)
    live(shop, DAYS[1])
    live(shop, DAYS[-1])
    after = everything(shop)
    for name, rows in before.items():
        pd.testing.assert_frame_equal(after[name], rows)


def test_what_changes_who_gets_what_is_refused(shop: Shop) -> None:
    try:
        for change, wrong in (("salt", "other"), ("unit", ["shop_id"]), ("from", "2024-05-06")):
            declare(shop.folder, "order", {"experiments": [NEWER, PROMO | {change: wrong}]})
            refused = run(shop, DAYS[-1], "--select", "order__due", command="run")
            said = " ".join(refused.stdout.split())
            assert refused.returncode == 1
            assert (
                "the experiment `promo` has run since 2024-05-05" in said
                and "as an experiment with a name of its own" in said
            )
        declare(shop.folder, "order", {"experiments": [NEWER, PROMO | {"name": "new", "unit": ["customer"]}]})
        refused = run(shop, DAYS[-1], "--select", "order__assignments", command="run")
        said = " ".join(refused.stdout.split())
        assert "`order__spine` has no column `customer`" in said and "`unit` of the experiment `new`" in said
        declare(shop.folder, "order", {"experiments": [NEWER, PROMO | {"until": "2024-06-01", "metrics": [PROFIT]}]})
        assert run(shop, DAYS[-1], "--select", "order__due", command="run").returncode == 0
    finally:
        declare(shop.folder, "order", {"experiments": [NEWER, PROMO]})


@pytest.mark.parametrize("statement", DOCS)
def test_sql_in_the_docs_runs(shop: Shop, statement: str) -> None:
    asked = statement.replace("flight_delay", "order").replace("early_crew", "promo")
    assert not shop.query(asked).empty


def test_a_person_has_a_word(shop: Shop) -> None:
    """Last: it goes on to a later day."""
    later = DAYS[-1] + pd.Timedelta("1D")
    try:
        say(shop.folder, ["order", "nothing", "stop", "", str(DAYS[-1]), "a slip"])
        refused = run(shop, later, "--select", "experiment_overrides", "order__rollout_steps")
        assert "names the experiment `nothing`; there are: newer, promo" in " ".join(refused.stdout.split())
        say(shop.folder, ["order", "promo", "pin", "0", str(DAYS[-1]), "the harm was a mistake in the label"])
        live(shop, later)
    finally:
        say(shop.folder)
    assert steps(shop, "promo")[-1] == ("2024-05-19", "pinned", 0)
    assert shop.query("select * from monitoring.alert_rollout").empty
    shares = shop.query("select variant, share from actions.ml_rollouts where experiment = 'promo'")
    assert dict(zip(shares.variant, shares.share, strict=True)) == pytest.approx(
        {"usual": 0.6, "eager": 0.2, "never": 0.2}
    )


def test_what_experiments_find_is_told_of_all(shop: Shop) -> None:
    found = shop.folder / "dbt_project/models/use_cases/order/order__experiment_results.sql"
    found.write_text("{{ insitu.experiment_results('order') }}")
    overall = ("ml_experiments", "ml_experiment_checks", "alert_sample_ratio", "alert_two_variants")
    try:
        outcome = run(shop, DAYS[-1], "--select", "order__experiment_units", "order__experiment_results", *overall)
    finally:
        found.write_text(FOUND)
    assert outcome.returncode == 0, outcome.stdout
    rows = shop.query("select experiment, metric, variant, n_units, verdict, day from actions.ml_experiments")
    assert set(zip(rows["experiment"], rows["metric"], rows["variant"], strict=True)) == {
        ("newer", "profit", "next"),
        *(("promo", metric, variant) for metric in ("profit", "returned") for variant in ("eager", "never")),
    }
    assert (rows["n_units"].astype(int) > 0).all()
    checks = shop.query("select experiment, day, variant from actions.ml_experiment_checks")
    assert len(checks) == len(checks.drop_duplicates()) and set(checks["experiment"]) == {"newer", "promo"}
