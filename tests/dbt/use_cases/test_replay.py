"""A replay is what separate builds of its days are, relation by relation, wherever it was broken off."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare, tables, write_project
from tests.sql_warehouses import OF_LONG_TESTS, DuckWarehouse, PostgresWarehouse

DAYS = ("2024-05-31", "2024-06-01", "2024-06-02")  # models are trained for May, then for June
COSTS = {"true_positive": -2, "false_positive": -1, "false_negative": -4, "true_negative": 0}
OF_CLOCK = {
    *("created_at", "predicted_at", "decided_at", "written_at", "started_at", "run_id", "fit_seconds"),
    *("search_trace", "computed_by", "query"),  # seconds; a hash of SQL and SQL, in which schemas stand
}
RELATIONS = "select table_schema as s, table_name as t from information_schema.tables where table_schema not in ({})"
SYSTEM = "'information_schema', 'pg_catalog', 'raw', 'main', 'public'"


@dataclass
class Lived:
    """The shop, built on each day in its own schemas, and what was said when it was replayed."""

    shop: Shop
    said: str
    before: set[tuple[str, str]]  # relations

    def relations(self) -> set[tuple[str, str]]:
        return relations(self.shop)

    def rows(self, schema: str, table: str) -> pd.DataFrame:
        found = self.shop.query(f'select * from "{schema}"."{table}"')
        kept = found[[name for name in found.columns if name not in OF_CLOCK]]
        # Sums of many numbers differ in the last digits from run to run.
        rounded = kept.apply(lambda c: c.map(lambda v: f"{v:.9g}") if c.dtype == np.float64 else c.map(str))
        return rounded.sort_values(list(rounded.columns)).reset_index(drop=True)


def relations(shop: Shop) -> set[tuple[str, str]]:
    found = shop.query(RELATIONS.format(SYSTEM))
    return set(zip(found["s"], found["t"], strict=True))


def replayed(shop: Shop, *more: str) -> str:
    outcome = shop.run("insitu", "replay", "order", "--from", DAYS[0], "--to", DAYS[-1], *more)
    assert outcome.returncode == 0, outcome.stdout[-3000:]
    return outcome.stdout


@pytest.fixture(scope="module", params=OF_LONG_TESTS)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = write_project(tmp_path_factory.mktemp("replay") / "shop")
    declare(folder, "order", {"costs": COSTS})
    if request.param == "duckdb":
        shop = shop_at(folder)
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            connection.execute("create schema raw")
            DuckWarehouse(connection).load("raw.baskets", tables()["baskets"])
        yield live(shop)
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")
        warehouse.load("raw.baskets", tables()["baskets"])
        yield live(Shop("postgres", folder, database.environment, warehouse.query))


def live(shop: Shop) -> Lived:
    selected = ["promotion_overrides", "+order__predictions_latest", "+order__outcomes", "+order__parity"]
    for day in DAYS:
        told = f"{{insitu_as_of: '{day}', insitu_use_cases: [order], insitu_backtests: []}}"
        shop.dbt("build", "--exclude-resource-type", "test", "--select", *selected, "+package:insitu", "--vars", told)
    before = relations(shop)
    return Lived(shop, replayed(shop), before)


def test_a_replay_is_what_separate_builds_are(lived: Lived) -> None:
    differing = {}
    for schema, table in sorted(lived.before):
        ours, theirs = lived.rows(schema, table), lived.rows(f"replay_{schema}", table)
        if not ours.equals(theirs):
            differing[table] = (len(ours), len(theirs), ours.compare(theirs) if ours.shape == theirs.shape else None)
    assert not differing and len(lived.before) > 40, differing


def test_models_were_trained_twice_and_a_day_was_run_by_its_sql(lived: Lived) -> None:
    steps = lived.shop.query("select * from replay.steps order by as_of")
    assert list(steps["trained_for"].dt.strftime("%m-%d")) == ["05-01", "06-01", "06-01"]
    assert list(steps["run_by"]) == ["dbt", "dbt", "sql"]
    predicted = lived.shop.query("select count(distinct model_version) n from replay_predictions.order__predictions")
    assert predicted["n"].item() >= 1


def test_it_says_why_what_is_computed_once(lived: Lived) -> None:
    assert "a spine: grows by the day, compared: order__spine" in lived.said
    assert "proved point in time: order__feat_history, order__features" in lived.said
    assert "row by row of its spine: order__labels" in lived.said


def test_it_touches_nothing_of_the_project(lived: Lived) -> None:
    others = {(schema, table) for schema, table in lived.relations() if schema.split("_")[0] != "replay"}
    assert others == lived.before
    runs = lived.shop.query("select as_of from predictions.ml_runs order by 1")
    assert list(runs["as_of"].dt.strftime("%Y-%m-%d")) == list(DAYS)


def test_its_report_is_what_outcomes_say(lived: Lived) -> None:
    outcomes = lived.shop.query(
        "select sum(realised_profit) as money from actions.order__outcomes where is_in_charge = 1"
    )
    line = next(line for line in lived.said.splitlines() if line.startswith("all "))
    assert line.split()[-1] == f"{outcomes['money'].item():,.0f}"
    assert "2024-06-01" in lived.said and "Alerts, a sign for each step" in lived.said


def test_a_replay_that_is_killed_goes_on_where_it_was(lived: Lived) -> None:
    if lived.shop.kind == "postgres":
        pytest.skip("the same code; a kill is tried where a file could be left in between")
    shop = lived.shop
    where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", shop.kind]
    command = ["replay", "order", "--from", DAYS[0], "--to", DAYS[-1], "--schema", "killed"]
    process = subprocess.Popen(
        [sys.executable, "-m", "insitu.cli", *where, *command],
        cwd=shop.folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", **shop.environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "1 of 3" in line:
            break
    time.sleep(2.0)  # in the middle of the day after
    process.kill()
    process.communicate()
    said = replayed(shop, "--schema", "killed")
    assert "goes on after 2024-05-31 00:00:00" in said
    for schema, table in sorted(lived.before):
        assert lived.rows(f"killed_{schema}", table).equals(lived.rows(f"replay_{schema}", table)), table


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--from", "2024-05-30", "--to", DAYS[-1]], "another first day"),
        (["--from", DAYS[0], "--to", "2024-05-01"], "before --from"),
        (["--from", DAYS[0], "--to", DAYS[-1], "--every", "1 fortnight"], "--every: '1 fortnight' is not a duration"),
    ],
)
def test_what_cannot_be_meant_is_refused(lived: Lived, more: list[str], said: str) -> None:
    if lived.shop.kind == "postgres":
        pytest.skip("the same words")
    outcome = lived.shop.run("insitu", "replay", "order", *more)
    assert outcome.returncode == 2 and said in " ".join(outcome.stdout.split()), outcome.stdout[-1000:]
