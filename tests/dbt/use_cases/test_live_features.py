"""A run of the scorer computes what is due from the sources, and gets what a full build would have had.

The models are of every kind that may lie between the two: the run has to tell those of which the rows that are due will
do from those that need all rows of a spine, and those that it reads through from those that dbt keeps.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from insitu.local_postgres import Database
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare, tables, write_project
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

BUILT, NOW, LATER = "2024-06-01 00:00:00", "2024-06-01 18:00:00", "2024-06-01 22:00:00"
TIMES = {"orders": "ordered_at", "visits": "seen_at", "results": "known_at"}
EVENT = {"kind": "event", "available_at": "seen_at", "unique": [["order_id"]]}
FEATURES = {"kind": "features", "as_of": "as_of", "key": ["order_id"]}

MODELS = {
    # read through: a view, and a table that two models read
    "stg_visits": ("select * from {{ source('shop', 'visits') }}", {"materialized": "view"}, EVENT),
    "stg_long_visits": ("select * from {{ ref('stg_visits') }} where minutes > 5", {"materialized": "table"}, EVENT),
    # inlined by dbt
    "stg_results": ("select * from {{ source('shop', 'results') }}", {"materialized": "ephemeral"}, None),
    # kept by dbt, from run to run
    "stg_seen": (
        """
        select order_id, seen_at, pages from {{ ref('stg_visits') }}
        {% if is_incremental() %}
        where seen_at > (select max(seen_at) from {{ this }})
        {% endif %}
        """,
        {"materialized": "incremental"},
        EVENT,
    ),
    # over a spine, of all that was asked: not features, but what came of it
    "asked_before": (
        """
        select spine.order_id, spine.as_of, stg_results.known_at, stg_results.spend
        from {{ ref('spend__spine') }} as spine
        inner join {{ ref('stg_results') }} as stg_results
            on spine.order_id = stg_results.order_id and stg_results.known_at > spine.as_of
        """,
        {"materialized": "table"},
        {"kind": "labels", "matured_at": "known_at", "unique": [["order_id"]]},
    ),
    # features of every row of the spine
    "feat_order__before": (
        """
        select
            spend__spine.order_id,
            spend__spine.as_of,
            count(asked_before.order_id) as results_before,
            avg(asked_before.spend) as spend_before
        from {{ ref('spend__spine') }}
        left join {{ ref('asked_before').include(database=false) }}
            on asked_before.known_at < spend__spine.as_of
            and asked_before.known_at >= spend__spine.as_of - interval '7 days'
        group by spend__spine.order_id, spend__spine.as_of
        """,
        {"materialized": "table"},
        FEATURES,
    ),
    # looks at other rows of the spine: it needs all of them
    "feat_order__busy": (
        """
        select spine.order_id, spine.as_of, count(earlier.order_id) as orders_before
        from {{ ref('spend__spine') }} as spine
        left join {{ ref('spend__spine') }} as earlier
            on earlier.as_of < spine.as_of and earlier.as_of >= spine.as_of - interval '3 days'
        group by spine.order_id, spine.as_of
        """,
        {"materialized": "table"},
        FEATURES,
    ),
    # the same, inlined by dbt into features that look at their own row alone
    "feat_order__crowd": (
        """
        select spine.order_id, spine.as_of, count(earlier.order_id) as crowd
        from {{ ref('spend__spine') }} as spine
        left join {{ ref('spend__spine') }} as earlier on earlier.as_of < spine.as_of
        group by spine.order_id, spine.as_of
        """,
        {"materialized": "ephemeral"},
        FEATURES,
    ),
    "feat_order__in_a_crowd": (
        """
        select spine.order_id, spine.as_of, crowd.crowd as orders_ever
        from {{ ref('spend__spine') }} as spine
        inner join {{ ref('feat_order__crowd') }} as crowd
            on spine.order_id = crowd.order_id and spine.as_of = crowd.as_of
        """,
        {"materialized": "table"},
        FEATURES,
    ),
    # over other features, of another spine
    "feat_order__pace": (
        """
        select visit.order_id, visit.as_of, visit.pages / nullif(visit.minutes, 0) as pace
        from {{ ref('feat_order__visit') }} visit
        inner join {{ ref('tier__spine') }} as spine on visit.order_id = spine.order_id and visit.as_of = spine.as_of
        """,
        {"materialized": "view"},
        FEATURES,
    ),
    # of which dbt keeps the rows it has
    "feat_order__traffic": (
        """{{ insitu.window_features(
            spine=ref('spend__spine'),
            spine_key=['order_id'],
            events=ref('stg_all_visits'),
            keys=['anybody'],
            windows=['6 hours', '3 days', 'all'],
            measures=[
                {'name': 'visits', 'agg': 'count'},
                {'name': 'minutes', 'expr': 'minutes', 'agg': ['avg', 'max', 'last'], 'order_by': 'order_id'},
            ],
            prefix='traffic',
        ) }}""",
        {"materialized": "incremental"},
        FEATURES,
    ),
    "stg_all_visits": (
        "select seen.*, long.minutes, 1 as anybody from {{ ref('stg_seen') }} as seen "
        "left join {{ ref('stg_long_visits') }} as long on seen.order_id = long.order_id",
        {"materialized": "table"},
        EVENT,
    ),
    "feat_order__latest": (
        """{{ insitu.latest_before(
            spine=ref('spend__spine'),
            spine_key=['order_id'],
            events=ref('stg_all_visits'),
            keys=['anybody'],
            columns=['pages'],
            max_age='2 days',
            order_by=['order_id'],
            prefix='latest',
        ) }}""",
        {"materialized": "table"},
        FEATURES,
    ),
}
JOINED = """{{{{ insitu.join_features(
    spine=ref('spend__spine'), key=['order_id', 'as_of'], features=[{features}],
) }}}}
"""
WITH_ANYBODY = "select order_id, as_of, 1 as anybody from ({spine}) as orders\n"
SQL = "select * from {relation} where as_of > '2024-06-01' order by order_id"


@dataclass(frozen=True)
class Site:
    """The project, what puts its sources to where they were at a moment, and what changes the warehouse."""

    shop: Shop
    load: Callable[[str], None]
    execute: Callable[[str], None]


def write(folder: Path) -> Path:
    write_project(folder)
    models = folder / "dbt_project/models"
    spine = models / "use_cases/spend/spend__spine.sql"
    spine.write_text(WITH_ANYBODY.format(spine=spine.read_text()))
    declared = []
    for name, (sql, config, point_in_time) in MODELS.items():
        (models / f"features/{name}.sql").write_text(sql)
        meta = {"meta": {"point_in_time": point_in_time}} if point_in_time else {}
        declared.append({"name": name, "config": {**config, **meta}})
    (models / "features/_more.yml").write_text(yaml.safe_dump({"models": declared}))
    features = [
        "feat_order__visit",
        *(name for name in MODELS if name.startswith("feat") and name != "feat_order__crowd"),
    ]
    joined = JOINED.format(features=", ".join(f"ref('{name}')" for name in features))
    (models / "use_cases/spend/spend__features.sql").write_text(joined)
    declare(folder, "spend", {"candidates": [{"name": "linear", "family": "linear_regression"}]})
    return folder


def outcomes(shop: Shop) -> pd.DataFrame:
    return shop.query("select * from actions.spend__outcomes order by batch_id, order_id")


def at(moment: str) -> tuple[str, str]:
    return "--vars", f"{{insitu_as_of: '{moment}'}}"


def known(at: str) -> dict[str, pd.DataFrame]:
    """The sources as they were: what had happened and was known."""
    given = tables()
    given["results"]["known_at"] -= pd.Timedelta("21h")  # three hours after an order
    return {name: rows[rows[TIMES[name]] <= at] for name, rows in given.items() if name in TIMES}


@pytest.fixture(params=["duckdb", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The project on each warehouse."""
    folder = write(tmp_path)
    if request.param == "duckdb":
        shop = shop_at(folder)

        def load(at: str) -> None:
            with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
                connection.execute("create schema if not exists raw")
                for name, rows in known(at).items():
                    connection.execute(f"drop table if exists raw.{name} cascade")
                    DuckWarehouse(connection).load(f"raw.{name}", rows)

        def execute(statement: str) -> None:
            with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
                connection.execute(statement)

        yield Site(shop, load, execute)
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")

        def load(at: str) -> None:
            for name, rows in known(at).items():
                if warehouse.query(f"select to_regclass('raw.{name}') is not null as there")["there"].item():
                    warehouse.execute(f"alter table raw.{name} rename to old_{name}")
                    warehouse.load(f"raw.{name}", rows)
                    warehouse.execute(
                        f"insert into raw.old_{name} select * from raw.{name} except select * from raw.old_{name}"
                    )
                    warehouse.execute(f"drop table raw.{name}")
                    warehouse.execute(f"alter table raw.old_{name} rename to {name}")
                else:
                    warehouse.load(f"raw.{name}", rows)

        yield Site(Shop("postgres", folder, database.environment, warehouse.query), load, warehouse.execute)


def test_what_is_due_is_computed_as_a_full_build_would(site: Site) -> None:
    shop = site.shop
    site.load(BUILT)
    shop.dbt("seed")
    shop.dbt("run", "--select", "+spend__predictions_latest", "+spend__scored_features", "+spend__outcomes", *at(BUILT))
    built = shop.query("select count(*) as n from training.spend__features")["n"].item()
    site.load(NOW)
    shutil.rmtree(shop.folder / "dbt_project/target")  # another machine, with the project and the warehouse
    scored = shop.run("insitu", "score", "run", "spend", "--as-of", NOW)
    assert scored.returncode == 0, scored.stdout
    # Nothing was built that the scorer does not publish.
    assert shop.query("select count(*) as n from features.feat_order__before")["n"].item() == built
    orders = known(NOW)["orders"]
    due = sorted(orders.order_id[orders.ordered_at > BUILT])
    assert f"spend: {len(due)} new predictions for {NOW}" in scored.stdout and len(due) > 3
    for published in ("predictions.spend__predictions", "actions.spend__decisions"):
        rows = shop.query(f"select order_id from {published} where batch_as_of = '{NOW}' order by 1")
        assert list(rows["order_id"]) == due
    assert [path.name for path in (shop.folder / "dbt_project/target").iterdir()] == ["scoring"]
    # A run that was killed when its batch was committed: the next one says what it had no time to say.
    site.execute("drop table predictions.spend__predictions_latest")
    site.execute("drop table actions.spend__decisions cascade")
    again = shop.run("insitu", "score", "run", "spend", "--as-of", NOW)
    assert "spend: 0 new predictions" in again.stdout, again.stdout
    made = shop.query("select count(*) as n from predictions.spend__predictions")["n"].item()
    assert shop.query("select count(*) as n from actions.spend__decisions")["n"].item() == made
    assert shop.query("select count(*) as n from predictions.spend__predictions_latest")["n"].item() >= len(due)
    # What is known by now of earlier predictions, and of those that came late, is an outcome of this run.
    before = outcomes(shop)
    site.execute("create view raw.of_an_analyst as select order_id from actions.spend__decisions")
    site.load(LATER)
    shop.run("insitu", "score", "run", "spend", "--as-of", LATER)
    told = outcomes(shop)
    results = known(LATER)["results"].set_index("order_id")
    decided = shop.query("select order_id, as_of from actions.spend__decisions").set_index("order_id")
    matured = decided.join(results, how="inner").query("known_at > as_of")
    assert dict(zip(told["order_id"], told["label"], strict=True)) == pytest.approx(matured["spend"].to_dict())
    assert 0 < len(before) < len(told) < len(decided)
    assert set(shop.query("select * from raw.of_an_analyst")["order_id"]) == set(decided.index), "no table is replaced"

    shop.dbt("run", "--full-refresh", "--select", "+spend__features", *at(LATER))
    shop.dbt("run", "--select", "spend__labels", "spend__outcomes", *at(LATER))
    pd.testing.assert_frame_equal(told, outcomes(shop), rtol=1e-12, atol=0)
    whole = shop.query(SQL.format(relation="training.spend__features"))
    kept = shop.query(SQL.format(relation="predictions.spend__scored_features"))
    assert set(kept.columns) - set(whole.columns) == {"batch_id", "batch_as_of"}
    pd.testing.assert_frame_equal(kept[list(whole.columns)], whole, rtol=1e-12, atol=0)
    assert (
        whole["results_before"].min() > 20
        and whole["orders_before"].min() > 10
        and whole["orders_ever"].min() > 1000
        and whole["traffic__visits_all"].min() > 1000
    )
