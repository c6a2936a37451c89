"""`insitu score run`, killed in each of its steps: nothing is there by halves, and the next run does the rest."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pytest

from insitu.scoring.parts import Parts
from insitu.warehouse.duckdb import DuckDBTransaction
from insitu.warehouse.postgres.warehouse import PostgresTransaction
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import tables
from tests.e2e import process

LATER = "2024-06-02 12:00:00"  # by then half of a day's results are known
RUN = ("insitu", "score", "run", "spend", "--as-of", LATER)
WRITTEN = (
    *("predictions.spend__predictions", "predictions.spend__batches", "predictions.spend__scored_features"),
    *("actions.spend__decisions", "actions.spend__outcomes", "predictions.spend__predictions_latest"),
)


@pytest.fixture(params=["duckdb", "postgres"])
def unscored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """The built shop, of which nothing is scored; on PostgreSQL all is put back afterwards."""
    if request.param == "duckdb":
        shutil.copytree(request.getfixturevalue("duckdb_shop").folder, tmp_path / "shop")
        shop = shop_at(tmp_path / "shop")
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            for relation in WRITTEN:
                connection.execute(f"delete from {relation}")
        yield shop
        return
    shop = request.getfixturevalue("postgres_shop")
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    login = {name: shop.environment[key] for name, key in names.items() if shop.environment.get(key)}
    with psycopg.connect(**login, autocommit=True) as connection:
        for number, relation in enumerate(WRITTEN):
            connection.execute(f"create table public.kept_{number} as select * from {relation}")
            connection.execute(f"delete from {relation}")
        yield shop
        for number, relation in enumerate(WRITTEN):
            connection.execute(f"delete from {relation}")
            connection.execute(f"insert into {relation} select * from public.kept_{number}")
            connection.execute(f"drop table public.kept_{number}")


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_append(relation: str) -> Callable[[], None]:
    """Die where rows have been appended to a relation."""

    def patch() -> None:
        for kind in (DuckDBTransaction, PostgresTransaction):
            append = kind.append

            def dying(self: Any, into: str, rows: Any, append: Any = append) -> int:
                written = int(append(self, into, rows))
                if into.replace('"', "") == relation:
                    die()
                return written

            kind.append = dying  # type: ignore[method-assign]

    return patch


def before_outcomes() -> None:
    """Die where decisions and the latest predictions are made anew, and outcomes are not."""
    Parts.of = die  # type: ignore[method-assign]


def run_dying(step: str, command: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    STEPS[step]()
    process._run(command, folder, environment, output)


STEPS: dict[str, Callable[[], None]] = {
    "predictions are written": at_append("predictions.spend__predictions"),
    "they are written with their ledger and features": at_append("predictions.spend__scored_features"),
    "all is written but outcomes": before_outcomes,
}


def killed(shop: Shop, step: str, folder: Path) -> None:
    where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", shop.kind]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **shop.environment}
    output = folder / "output"
    output.touch()
    command = [RUN[0], *where, *RUN[1:]]
    dying = process._context.Process(target=run_dying, args=(step, command, str(shop.folder), environment, str(output)))
    dying.start()
    dying.join()
    assert dying.exitcode == -signal.SIGKILL, (step, output.read_text())


def rows(shop: Shop, relation: str) -> int:
    return int(shop.query(f"select count(*) as n from {relation}")["n"].item())


def test_a_run_that_is_killed_in_any_step_is_finished_by_the_next(unscored: Shop, tmp_path: Path) -> None:
    shop = unscored
    for step in STEPS:
        killed(shop, step, tmp_path)
        assert [rows(shop, relation) for relation in WRITTEN] == [0] * len(WRITTEN), step
    outcome = shop.run(*RUN)
    assert outcome.returncode == 0, outcome.stdout
    n = rows(shop, WRITTEN[0])
    assert f"spend: {n} new predictions for {LATER}" in outcome.stdout
    assert [rows(shop, relation) for relation in WRITTEN[1:4]] == [1, n, n]
    orders = tables()["orders"]
    valid = set(orders[orders["ordered_at"] > pd.Timestamp(LATER) - pd.Timedelta("1D")]["order_id"])
    latest = shop.query("select order_id from predictions.spend__predictions_latest")["order_id"]
    assert set(latest) == valid and len(latest) == len(valid) > 3
    results = tables()["results"]
    known = results[results["known_at"] <= LATER].set_index("order_id")["spend"]
    decided = shop.query("select order_id from actions.spend__decisions")["order_id"]
    told = shop.query("select order_id, label from actions.spend__outcomes order by 1").set_index("order_id")["label"]
    expected = known[known.index.isin(decided)].rename("label").sort_index()
    assert len(expected) > 3
    pd.testing.assert_series_equal(told, expected, check_dtype=False)


def test_a_file_that_another_process_holds_is_said_in_one_sentence(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    before = rows(shop, WRITTEN[0])
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]):
        outcome = shop.run(*RUN)
    assert outcome.returncode == 2, outcome.stdout
    assert outcome.stdout.count("held by another process") == 1, outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert rows(shop, WRITTEN[0]) == before
