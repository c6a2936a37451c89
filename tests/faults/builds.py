"""kill -9 of a `dbt build` that trains, judges, scores and decides; the same build, run again, has to end as one that
nobody killed.

The shop's use case `spend`, built once; then its candidates are declared anew, and nothing has been scored. Warehouse
and project are put back to there before each kill.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import duckdb
from psycopg import sql

from insitu.local_postgres import Database
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare, tables, write_project
from tests.e2e import process
from tests.faults.campaign import Outcome
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

BUILD = ("build", "--select", "+spend__predictions_latest", "+spend__scored_features")
CANDIDATES = [
    {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}},
    {"name": "linear", "family": "linear_regression", "parameters": {"alpha": 2.0}},
]
# All that a build leaves, but for clocks; counts tell rows that are there twice.
LEFT: dict[str, str] = {
    "relations": "select table_schema, table_name from information_schema.tables "
    "where table_schema not in ('information_schema', 'pg_catalog') order by 1, 2",
    "models": "select model_version, status, artifact_sha256 from training.spend__models order by 1",
    "snapshots": "select snapshot_id, count(*) from training.spend__snapshots group by 1 order by 1",
    "heldout": "select model_version, split, count(*), min(score), max(score) "
    "from evaluation.spend__heldout_predictions group by 1, 2 order by 1, 2",
    "promotions": "select model_version, judgement, decision from evaluation.spend__promotions order by 1, 2",
    "predictions": "select batch_id, order_id, model_version, score from predictions.spend__predictions order by 1, 2",
    "ledger": "select batch_id, n_rows, n_written, min_score, max_score, status "
    "from predictions.spend__batches order by 1",
    "logged": "select batch_id, count(*) from predictions.spend__scored_features group by 1 order by 1",
    "decisions": "select batch_id, order_id, is_in_charge from actions.spend__decisions order by 1, 2",
    "policies": "select decided_from, threshold from actions.spend__policies order by 1",
}
UNSCORED = ("delete from predictions.spend__predictions", "delete from predictions.spend__batches")


@dataclass
class Site:
    """A project over a warehouse that can be put back."""

    shop: Shop
    put_back: Callable[[], None]
    query: Callable[[str], list[tuple[Any, ...]]]
    kept: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def left(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.query(question) for name, question in LEFT.items()}

    def start(self) -> ForkServerProcess:
        """The build, not waited for."""
        where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", self.shop.kind]
        settings = {"OMP_NUM_THREADS": "1", "DBT_USE_COLORS": "false", "DBT_LOG_LEVEL_FILE": "none"}
        environment = {**os.environ, **settings, **self.shop.environment}
        return process.start(["dbt", *BUILD, *where], self.shop.folder, environment, str(self.log))

    @property
    def log(self) -> Path:
        return self.shop.folder / "build.log"

    def reset(self) -> None:
        self.put_back()
        shutil.rmtree(self.shop.folder / "dbt_project/target/insitu_finished_candidates", ignore_errors=True)
        self.log.write_text("")


def kills(site: Site, times: int, seed: int = 3) -> Outcome:
    """At any moment of the build, evenly; then it is run again, at once."""
    chance = random.Random(seed)
    outcome = Outcome("kill -9 of a training dbt build, run again", site.shop.kind)
    site.reset()
    began = time.monotonic()
    whole = site.start()
    whole.join()
    assert whole.exitcode == 0, site.log.read_text()
    lasted, expected = time.monotonic() - began, site.left()
    assert expected["predictions"] and len(expected["models"]) == 4, expected
    for number in range(times):
        site.reset()
        build = site.start()
        build.join(chance.uniform(0, lasted))
        outcome.hit += build.is_alive()
        with suppress(ProcessLookupError):
            build.kill()
        build.join()
        again = site.start()
        again.join()
        outcome.tried += 1
        found = site.left() if again.exitcode == 0 else {}
        if found != expected:
            different = [name for name in LEFT if found.get(name) != expected[name]]
            said = "" if found else site.log.read_text()[-1000:]
            outcome.violations.append(f"{number}: exit code {again.exitcode}, other {', '.join(different)} {said}")
    return outcome


def ready(shop: Shop, execute: Callable[[str], Any]) -> None:
    """Built once; then other candidates are declared, and nothing has been scored."""
    shop.dbt(*BUILD)
    for statement in UNSCORED:
        execute(statement)
    declare(shop.folder, "spend", {"candidates": CANDIDATES})


def on_duckdb(folder: Path) -> Site:
    """The shop in a folder."""
    shop = shop_at(write_project(folder))
    path = Path(shop.environment["SHOP_DUCKDB"])
    kept = folder / "kept.duckdb"

    def query(question: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(path), config={"threads": 1}) as connection:
            return connection.execute(question).fetchall()

    def put_back() -> None:
        Path(f"{path}.wal").unlink(missing_ok=True)
        shutil.copyfile(kept, path)

    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for name, rows in tables().items():
            DuckWarehouse(connection).load(f"raw.{name}", rows)
    ready(shop, query)
    query("checkpoint")
    shutil.copyfile(path, kept)
    return Site(shop, put_back, query)


@contextmanager
def on_postgres(server: Database, folder: Path) -> Iterator[Site]:
    """The shop in databases of its own: one that is kept, and its copy."""
    write_project(folder)
    with server.fresh_database("kept") as kept, server.fresh_database("shop") as database:

        def query(question: str) -> list[tuple[Any, ...]]:
            with database.connect() as connection:
                return connection.execute(question).fetchall()  # type: ignore[arg-type]

        def put_back() -> None:
            with server.connect() as connection:
                own, other = sql.Identifier(database.dbname), sql.Identifier(kept.dbname)
                connection.execute(sql.SQL("drop database {} with (force)").format(own))
                connection.execute(sql.SQL("create database {} template {}").format(own, other))

        with kept.connect() as connection:
            warehouse = PostgresWarehouse(connection)
            warehouse.execute("create schema raw")
            for name, rows in tables().items():
                warehouse.load(f"raw.{name}", rows)
        shop = Shop("postgres", folder, kept.environment, lambda question: None)  # type: ignore[arg-type, return-value]
        with kept.connect() as connection:
            ready(shop, connection.execute)  # type: ignore[arg-type]
        yield Site(replace(shop, environment=database.environment), put_back, query)
