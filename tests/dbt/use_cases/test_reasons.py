"""Reasons beside the scores: on both warehouses, by node and scorer alike, down to what analysts read."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from insitu.registry.model import Model
from insitu.registry.reasons.explainer import unwrapped
from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare

COLUMNS = ["reason_1", "reason_1_contribution", "reason_2", "reason_2_contribution"]


def test_what_the_node_wrote(shop: Shop) -> None:
    """The two features that contributed most, as the registered model tells of the features that were logged."""
    rows = shop.query(
        f"select order_id, model_version, {', '.join(COLUMNS)} from predictions.spend__predictions order by order_id"
    )
    logged = shop.query("select * from predictions.spend__scored_features").set_index("order_id").loc[rows.order_id]
    (version,) = rows.model_version.unique()
    registered = shop.query(f"select * from training.spend__models where model_version = '{version}'")
    model = Model.from_row(registered.iloc[0].to_dict(), "deployed")
    features = model.signature.columns
    frame = model.signature.frame(pa.Table.from_pandas(logged[features], preserve_index=False))
    assert model.explainer is not None
    pipeline = unwrapped(model.estimator)
    expected = pd.DataFrame(model.explainer(pipeline["prepare"].transform(frame))[:, 0], columns=features)  # type: ignore[index]
    for row, (_, contributions) in zip(rows.itertuples(), expected.iterrows(), strict=True):
        ranked = contributions.reindex(contributions.abs().sort_values(ascending=False, kind="stable").index)
        assert [row.reason_1, row.reason_2] == list(ranked.index[:2])
        assert [row.reason_1_contribution, row.reason_2_contribution] == pytest.approx(list(ranked[:2]), abs=1e-9)


def test_down_to_what_analysts_read(shop: Shop) -> None:
    key = f"order_id, {', '.join(COLUMNS)}"
    latest = shop.query(f"select {key} from predictions.spend__predictions_latest order by order_id")
    decided = shop.query(f"select {key} from actions.spend__decisions where is_in_charge = 1 order by order_id")
    same = decided[decided.order_id.isin(latest.order_id)].reset_index(drop=True)
    assert len(latest) > 0
    pd.testing.assert_frame_equal(latest, same)
    comments = (
        "select column_name, comment from duckdb_columns() where table_name = 'spend__predictions'"
        if shop.kind == "duckdb"
        else "select attname as column_name, col_description(attrelid, attnum) as comment from pg_attribute "
        "where attrelid = 'predictions.spend__predictions'::regclass"
    )
    said = shop.query(comments).set_index("column_name").comment
    assert said["reason_1"].startswith("The feature that contributed most")
    assert said["reason_2_contribution"].startswith("How much it did")


def test_the_scorer_and_a_later_declaration(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    written = "select * exclude (batch_id, predicted_at) from predictions.spend__predictions order by order_id"
    by_node = shop.query(written)
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("delete from predictions.spend__predictions")
        connection.execute("delete from predictions.spend__batches")
    assert shop.run("insitu", "score", "run", "spend").returncode == 0
    pd.testing.assert_frame_equal(shop.query(written), by_node)

    # More are declared: the table is widened by a build, and the scorer says so before.
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("delete from predictions.spend__predictions where order_id % 2 = 0")
        connection.execute("delete from predictions.spend__batches")
    declare(shop.folder, "spend", {"scoring": {"every": "1 day", "reasons": 3}})
    refused = shop.run("insitu", "score", "run", "spend")
    assert (
        refused.returncode == 1 and "has no `reason_3`, `reason_3_contribution`. Run `insitu build`" in refused.stdout
    )

    # An ensemble among the candidates has none, and is refused before anything is fitted.
    blend = {"name": "blend", "family": "average", "members": ["gbm", "linear"]}
    simple = [{"name": "gbm", "family": "hist_gradient_boosting"}, {"name": "linear", "family": "linear_regression"}]
    declare(shop.folder, "spend", {"candidates": [*simple, blend]})
    stopped = shop.run("dbt", "run", "--select", "spend__models")
    assert stopped.returncode == 1
    assert "meta.ml.candidates[2]: average gives no reasons of its scores; these do: extra_trees" in stopped.stdout
