"""A service over features of every type, and with names that SQL has other uses for."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from insitu.local_postgres import Database
from insitu.scoring.present import clock
from insitu.serving.delivery import Delivery
from insitu.serving.deployed import Deployments
from insitu.serving.http.counts import Counts
from insitu.serving.http.service import Said, Service
from insitu.serving.source import DuckDBSource, PostgresSource, Source
from insitu.serving.spool import Spool
from insitu.warehouse import Project
from insitu.warehouse.postgres.warehouse import address
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import FEATURES, declare, tables, write_project
from tests.dbt.use_cases.test_serve import champion, execute, features
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

KINDS = """
select
    spine.order_id,
    spine.as_of,
    cast(visits.pages as numeric(12, 3)) as worth,
    visits.seen_at as last_seen,
    cast(visits.seen_at as date) as day_seen,
    visits.pages > 3 as is_long,
    100 * visits.minutes as "rate_%s?",
    cast(visits.pages as varchar) as pages_code
from {{ ref('spend__spine') }} as spine
left join {{ source('shop', 'visits') }} as visits
    on spine.order_id = visits.order_id and visits.seen_at < spine.as_of
"""
DECLARED = "models: [{name: feat_order__kinds, config: {meta: {point_in_time: {kind: features, as_of: as_of}}}}]\n"
MODELS = ["+spend__predictions_latest", "+spend__scored_features"]


def write(folder: Path) -> Path:
    write_project(folder)
    models = folder / "dbt_project/models"
    (models / "features/feat_order__kinds.sql").write_text(KINDS)
    (models / "features/_kinds.yml").write_text(DECLARED)
    joined = FEATURES.replace("USE_CASE", "spend").replace("feat_order__visit", "feat_order__kinds")
    (models / "use_cases/spend/spend__features.sql").write_text(joined)
    meant = {"features": {"timestamps": ["last_seen", "day_seen"]}}
    declare(folder, "spend", {"candidates": [{"name": "linear", "family": "linear_regression"}], **meant})
    return folder


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def kinds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop with those features, built and published on each warehouse."""
    folder = write(tmp_path_factory.mktemp("kinds"))
    if request.param == "duckdb":
        shop = shop_at(folder)
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            connection.execute("create schema raw")
            for name, rows in tables().items():
                DuckWarehouse(connection).load(f"raw.{name}", rows)
        shop.dbt("seed")
        shop.dbt("run", "--select", *MODELS)
        yield shop
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")
        for name, rows in tables().items():
            warehouse.load(f"raw.{name}", rows)
        shop = Shop("postgres", folder, database.environment, warehouse.query)
        shop.dbt("seed")
        shop.dbt("run", "--select", *MODELS)
        yield shop


@pytest.fixture
def project(kinds: Shop, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name, value in kinds.environment.items():
        monkeypatch.setenv(name, value)
    return Project(kinds.folder / "dbt_project", kinds.folder, kinds.kind)


@pytest.fixture
def source(kinds: Shop, project: Project) -> Iterator[Source]:
    """What two have published at once, where two can."""
    folder = kinds.folder / "copy"
    where = ["--to", str(folder)] if kinds.kind == "duckdb" else []
    outcomes = []
    publishing = [
        threading.Thread(target=lambda: outcomes.append(kinds.run("insitu", "score", "publish", "--serve", *where)))
        for _ in range(1 if where else 2)
    ]
    for each in publishing:
        each.start()
    for each in publishing:
        each.join()
    assert [outcome.returncode for outcome in outcomes] == [0] * len(publishing), outcomes
    assert "`tier` is not built, so no service has it" in outcomes[0].stdout
    if where:
        found: Source = DuckDBSource(folder / "shop.duckdb", "published", 1)
    else:
        uri, at, setup = address(project.credentials)
        found = PostgresSource(uri, at, setup, 2, 10)
    yield found
    found.close()


def test_each_type_arrives_as_it_left(
    kinds: Shop, project: Project, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = features(kinds, "spend").head(60)
    expected = champion(kinds, "spend").predict(pa.Table.from_pandas(built, preserve_index=False))
    deployments = Deployments(source, "published", ["spend"], clock(project))
    spool = Spool(tmp_path / "spool", 100)
    service = Service(deployments, spool, Counts())
    body = json.dumps({"rows": built[["order_id", "as_of"]].to_dict("records")}, default=str).encode()

    async def ask() -> Said:
        return await service.by_key("spend", body)

    said = asyncio.run(ask())
    assert [each["score"] for each in said.scores] == pytest.approx(list(expected), abs=1e-9)
    delivery = Delivery(project, deployments, spool)
    with monkeypatch.context() as broken:  # the commit is made, and nobody hears of it
        broken.setattr(spool, "remove", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            delivery.once()
    assert spool.pending == 60 and delivery.once() == 60 and spool.pending == 0
    batches = kinds.query("select * from predictions.spend__batches where scoring_set_id = 'requests'")
    assert list(batches["n_rows"]) == [60]
    missing = int(built.drop(columns=["order_id", "as_of"]).isna().to_numpy().sum())
    assert batches["n_missing"].item() == missing > 0
    batch_id = batches["batch_id"].item()
    written = kinds.query(
        f"select * from predictions.spend__predictions where batch_id = '{batch_id}' order by order_id"
    )
    assert list(written["score"]) == [each["score"] for each in said.scores]
    kept = kinds.query(
        f"select * from predictions.spend__scored_features where batch_id = '{batch_id}' order by order_id"
    )
    pd.testing.assert_frame_equal(kept[list(built.columns)], built.reset_index(drop=True), check_dtype=False)


def test_the_scorer_computes_each_type_as_a_build_does(kinds: Shop) -> None:
    of_batch = (
        "select * from predictions.spend__scored_features where batch_id in (select batch_id from {}) order by order_id"
    )
    by_builds = of_batch.format("predictions.spend__batches where scoring_set_id <> 'requests' and n_rows > 0")
    built = kinds.query(by_builds)
    assert len(built) > 10
    for table in ("predictions.spend__scored_features", "predictions.spend__predictions", "predictions.spend__batches"):
        execute(kinds, f"delete from {table}")
    scored = kinds.run("insitu", "score", "run", "spend")
    assert scored.returncode == 0, scored.stdout
    found = kinds.query(by_builds)
    names = [name for name in built.columns if name != "batch_id"]
    pd.testing.assert_frame_equal(found[names], built[names], check_dtype=False)
