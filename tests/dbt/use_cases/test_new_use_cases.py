"""What `insitu new` writes builds: over a table, on the spine of another; what is not written yet stops nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from insitu.scaffold.new import Answers, new_use_case
from insitu.warehouse import Project
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import ORDER

LEFT_OVER = "select schema_name || '.' || table_name as name from duckdb_tables() where contains(table_name, '__dbt_')"


@pytest.fixture
def copy(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """A copy that the test may change."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    return shop_at(tmp_path / "shop")


def project(shop: Shop) -> Project:
    return Project(shop.folder / "dbt_project", shop.folder, shop.kind)


def test_the_first_version_over_a_table_has_a_champion_and_is_proved(shop: Shop) -> None:
    decisions = shop.query("select decision, point_in_time, reason from evaluation.order__promotions")
    assert sorted(decisions.decision) == ["promoted", "rejected"]
    assert set(decisions.point_in_time) == {"proved"}
    test = shop.query(
        """select value from evaluation.order__metrics inner join evaluation.order__champion using (model_version)
        where split = 'test' and slice_column = 'all' and metric = 'auc'"""
    )
    assert float(test.value[0]) > 0.7, "who returned much returns much"
    latest = shop.query("select * from predictions.order__predictions_latest")
    baskets = shop.query("select customer_id, shop_id from raw.baskets where bought_at >= timestamp '2024-06-01'")
    assert len(latest) == len(baskets.drop_duplicates()) > 5
    assert not shop.query("select * from monitoring.mon_volume where use_case = 'order'").empty


def test_the_check_says_what_is_taken_on_trust(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    shop.dbt("compile", "--full-refresh")
    outcome = shop.run("insitu", "check", "--no-witness")
    assert outcome.returncode == 0, outcome.stdout
    assert "order__spine: A row of shop.baskets is there from its bought_at on" in outcome.stdout


def test_no_use_case_waits_for_another_or_for_what_lies_over_all(duckdb_shop: Shop) -> None:
    nodes = json.loads((duckdb_shop.folder / "dbt_project/target/manifest.json").read_text())["nodes"]
    for use_case in ("tier", "spend", "order"):
        pending = [key for key in nodes if key.split(".")[-1].startswith(f"{use_case}__") and key.startswith("model.")]
        found: set[str] = set()
        while pending:
            key = pending.pop()
            if key in nodes and key not in found:
                found.add(key)
                pending += nodes[key]["depends_on"].get("nodes", [])  # a seed has none
        shared = {"promotion_overrides", "feat_order__visit", "tier__spine"}  # the last two by the project's own choice
        names = {key.split(".")[-1] for key in found} - shared
        assert {name.partition("__")[0] for name in names} == {use_case}
        models = [node for node in nodes.values() if node["resource_type"] == "model"]
        assert {node["name"] for node in models if use_case in node["tags"]} - shared == names


def test_what_analysts_read_is_described_in_the_database(duckdb_shop: Shop) -> None:
    found = duckdb_shop.query(
        """select column_name, comment from duckdb_columns()
        where table_name = 'order__predictions_latest' and schema_name = 'predictions'"""
    ).set_index("column_name")
    assert found.comment.notna().all()
    assert found.comment["batch_id"] == "The batch that the prediction came with; see `ml_batches`."
    decided = duckdb_shop.query("select comment from duckdb_columns() where table_name = 'order__decisions'")
    assert decided.comment.str.contains("expected to bring").any()


def test_temporary_tables_of_python_models_are_dropped_those_of_a_killed_run_too(copy: Shop) -> None:
    with duckdb.connect(copy.environment["SHOP_DUCKDB"]) as connection:
        connection.execute('create table training."order__models__dbt_tmp20240101" as select 1 as killed')
        connection.execute('create table training."reorder__models__dbt_tmp" as select 1 as of_somebody_else')
    copy.dbt("run", "--select", "order__models", "order__heldout_predictions", "order__predictions")
    assert copy.query(LEFT_OVER).name.tolist() == ["training.reorder__models__dbt_tmp"]


def test_a_second_use_case_on_the_same_spine_is_built_by_its_tag(copy: Shop) -> None:
    written = {path.name: path for path in new_use_case(project(copy), Answers("again", ORDER.entity, "was_kept"))}
    folder = written["again__spine.sql"].parent
    (folder / "again__spine.sql").write_text("select * from {{ ref('order__spine') }}\n")
    (folder / "again__labels.sql").write_text(
        "select customer_id, shop_id, as_of, cast(not was_returned as integer) as was_kept, matured_at\n"
        "from {{ ref('order__labels') }}\n"
    )
    features = (folder.parent / "order/order__features.sql").read_text()
    (folder / "again__features.sql").write_text(features.replace("order__spine", "again__spine"))
    copy.dbt("build", "--select", "tag:again")
    found = copy.query("select decision, point_in_time from evaluation.again__promotions")
    assert "promoted" in set(found.decision) and set(found.point_in_time) == {"proved"}


def test_what_is_not_written_yet_stops_nobody_else(copy: Shop) -> None:
    new_use_case(project(copy), Answers("later", ["customer_id"], "has_left"))
    copy.dbt("parse")
    copy.dbt("build", "--select", "tag:order", "--exclude", "order__backtest")
    outcome = copy.run("dbt", "build", "--select", "later__spine", "later__labels")
    assert outcome.returncode == 1
    said = " ".join(outcome.stdout.split())
    assert "`later__spine` is not written yet. Say who is predicted for, and when: a query with the columns" in said
    assert "in models/use_cases/later/later__spine.sql" in said


def test_labels_that_take_longer_than_the_test(copy: Shop) -> None:
    given = ("--entity", "customer_id,shop_id", "--label", "was_kept", "--from", "shop.baskets", "--time", "bought_at")
    given += ("--matured-at", "known_at")
    refused = copy.run("insitu", "new", "short", *given, "--test", "2 days")
    assert refused.returncode == 2
    assert "Labels of `shop.baskets` take 2 days" in refused.stdout
    assert "Give --test '4 days' --gap '2 days'" in refused.stdout
    assert copy.run("insitu", "new", "short", *given, "--test", "4 days", "--gap", "2 days").returncode == 0
