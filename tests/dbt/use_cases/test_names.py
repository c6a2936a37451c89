"""A use case whose columns have names that are SQL, in capitals, or not ASCII goes through the whole loop unharmed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from insitu.local_postgres import Database
from insitu.quoting import identifier
from insitu.scaffold.new import Answers, new_use_case
from insitu.warehouse import Project
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import AS_OF, PROFILE, ROOT, overrides
from tests.dbt_package import install
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

ENTITY = ["Order", "wer's"]
TIME, LABEL = "theMoment", "was it || 'late'?"
SLICE = "group"
FEATURES = ["x' || (select 'INJECTED') || '", "Select", "naïve 特徴", "a" * 63, "{{ 1 }} %s 100%", "a.b;--", SLICE]
PLAIN = {"customer": ENTITY[0], "shop": ENTITY[1], "as_of": TIME, "late": LABEL}

SPINE = f"""select {identifier(ENTITY[0])}, {identifier(ENTITY[1])}, {identifier(TIME)}
from {{{{ source('odd', 'raw') }}}}
where {identifier(TIME)} <= {{{{ insitu.timestamp_literal(insitu.as_of()) }}}}"""
LABELS = f"""select {identifier(ENTITY[0])}, {identifier(ENTITY[1])}, {identifier(TIME)}, {identifier(LABEL)},
    {identifier(TIME)} + interval '1 day' as matured_at
from {{{{ source('odd', 'raw') }}}}"""
FEATURE_SQL = f"""{{{{ insitu.join_features(ref('odd__spine'), {[*ENTITY, TIME]!r}, [source('odd', 'features')]) }}}}"""


def raw() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The spine with its labels, and its features."""
    random = np.random.default_rng(0)
    n = 1600
    keys = pd.DataFrame(
        {
            ENTITY[0]: np.arange(n),
            ENTITY[1]: np.array(["a|b", "c'd", "∅"])[np.arange(n) % 3],
            TIME: (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.linspace(0, 153, n), unit="D"))
            .floor("s")
            .to_numpy()
            .astype("datetime64[us]"),
        }
    )
    features = keys.copy()
    for name in FEATURES:
        features[name] = random.normal(size=n)
    features[SLICE] = np.array(["it's", 'say "no"', "|"])[random.integers(0, 3, n)]
    spine = keys.copy()
    spine[LABEL] = (features[FEATURES[0]] + 0.5 * random.normal(size=n) > 0).astype(int)
    return spine, features


def renamed(value: Any) -> Any:
    """The declaration with the odd names in place of the plain ones."""
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items() if key != "columns" or isinstance(item[0], str)}
    if isinstance(value, list):
        return [renamed(item) for item in value]
    return PLAIN.get(value, value) if isinstance(value, str) else value


def write(folder: Path) -> Path:
    directory = folder / "dbt_project"
    (directory / "models").mkdir(parents=True)
    (directory / "seeds").mkdir()
    install(directory)
    shutil.copytree(ROOT / "dbt_project/macros", directory / "macros")
    settings = yaml.safe_load((ROOT / "dbt_project/dbt_project.yml").read_text())
    settings["vars"] |= {"insitu_as_of": AS_OF, "insitu_use_cases": [], "insitu_backtests": []}
    (directory / "dbt_project.yml").write_text(yaml.safe_dump(settings | {"on-run-start": []}, default_flow_style=None))
    shutil.copy(ROOT / "dbt_project/seeds/promotion_overrides.csv", directory / "seeds")
    (directory / "seeds/_seeds.yml").write_text(yaml.safe_dump({"seeds": [overrides()]}))
    (folder / "profiles.yml").write_text(yaml.safe_dump(PROFILE))
    static = {"kind": "static", "reason": "Made up once and kept."}
    tables = [{"name": name, "config": {"meta": {"point_in_time": static}}} for name in ("raw", "features")]
    (directory / "models/_sources.yml").write_text(
        yaml.safe_dump({"sources": [{"name": "odd", "schema": "raw", "tables": tables}]})
    )
    new_use_case(Project(directory, folder), Answers("odd", ["customer", "shop"], "late"))
    own = directory / "models/use_cases/odd"
    declared = renamed(yaml.safe_load((own / "_odd.yml").read_text()))
    for model in declared["models"]:
        if ml := model.get("config", {}).get("meta", {}).get("ml"):
            ml |= {
                "as_of": TIME,
                "slices": [SLICE],
                "candidates": [{"name": "linear", "family": "logistic_regression"}],
            }
            ml |= {"actions": {"treat": "don't wait", "none": "it's fine"}}
    (own / "_odd.yml").write_text(yaml.safe_dump(declared))
    for name, text in {"spine": SPINE, "labels": LABELS, "features": FEATURE_SQL}.items():
        (own / f"odd__{name}.sql").write_text(text + "\n")
    return folder


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = write(tmp_path_factory.mktemp("odd"))
    spine, features = raw()
    if request.param == "duckdb":
        shop = shop_at(folder)
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            connection.execute("create schema raw")
            for name, rows in (("raw", spine), ("features", features)):
                DuckWarehouse(connection).load(f"raw.{name}", rows)
        shop.dbt("build")
        yield shop
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        warehouse.execute("create schema raw")
        for name, rows in (("raw", spine), ("features", features)):
            warehouse.load(f"raw.{name}", rows)
        shop = Shop("postgres", folder, database.environment, warehouse.query)
        shop.dbt("build")
        yield shop


def test_every_name_arrives_as_it_was(odd: Shop) -> None:
    assert set(odd.query("select * from training.odd__scoring_set").columns) == {
        "scoring_set_id", "batch_as_of", *ENTITY, TIME, *FEATURES
    }  # fmt: skip
    importance = odd.query("select distinct feature from evaluation.ml_feature_importance")
    assert set(importance.feature) == set(FEATURES)
    assert set(odd.query("select distinct feature from monitoring.mon_feature_drift").feature) == set(FEATURES)
    assert set(odd.query("select feature from predictions.odd__parity").feature) == {*FEATURES, "(row)"}
    slices = odd.query("select distinct slice_column, slice_value from evaluation.odd__metrics")
    assert {"it's", 'say "no"', "|"} == set(slices.slice_value[slices.slice_column == SLICE])


def test_what_was_learnt_is_what_the_data_say(odd: Shop) -> None:
    test = odd.query(
        "select value from evaluation.odd__metrics where split = 'test' and slice_column = 'all' and metric = 'auc'"
    )
    assert float(test.value[0]) > 0.9
    latest = odd.query("select * from predictions.odd__predictions_latest")
    spine, _ = raw()
    assert len(latest) == spine[TIME].between("2024-06-01", AS_OF, inclusive="right").sum() > 5
    assert set(latest.action) <= {"don't wait", "it's fine"}
    assert odd.query("select sum(n_different) as n from predictions.odd__parity").n[0] == 0


def test_their_point_in_time_is_proved(odd: Shop) -> None:
    """Also where names are quoted and in capitals, which PostgreSQL keeps and DuckDB does not tell apart."""
    found = odd.query("select point_in_time, point_in_time_message from training.odd__models")
    assert found.point_in_time.tolist() == ["proved"], found.point_in_time_message.tolist()
    assert odd.query("select reason from evaluation.odd__promotions").reason.str.contains("point in time").sum() == 0


def test_report_and_status_read_them_too(odd: Shop) -> None:
    for command in (["insitu", "report", "--output", "report.html"], ["insitu", "status"]):
        outcome = odd.run(*command)
        assert outcome.returncode == 0, outcome.stdout
