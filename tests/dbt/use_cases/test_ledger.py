"""The ledger has a row for each batch, whoever wrote it, and what it says of the batch is so."""

from __future__ import annotations

from datetime import datetime
from hashlib import md5

import duckdb
import pandas as pd
import psycopg
import pytest

from tests.dbt.use_cases.conftest import Shop

CLASSES = {"spend": 1, "tier": 3, "order": 1}


@pytest.mark.parametrize("use_case", CLASSES)
def test_what_the_node_wrote(shop: Shop, use_case: str) -> None:
    ledger = shop.query(f"select * from predictions.{use_case}__batches order by batch_id")
    written = shop.query(
        f"""
        select batch_id, min(model_version) as model_version, min(batch_as_of) as batch_as_of, count(*) as n_written,
            min(score) as min_score, max(score) as max_score
        from predictions.{use_case}__predictions
        group by batch_id
        order by batch_id
        """
    )
    assert len(written) > 0
    pd.testing.assert_frame_equal(ledger[list(written.columns)], written, check_dtype=False)
    assert (ledger.n_rows * CLASSES[use_case] == ledger.n_written).all()
    assert set(ledger.status) == {"published"} and set(ledger.is_shadow) == {0}
    assert ledger.scoring_set_id.notna().all()
    models = shop.query(
        f"select model_version, artifact_sha256, deployed_artifact_sha256 from training.{use_case}__models"
    ).set_index("model_version")
    for row in ledger.itertuples():
        known = models.loc[row.model_version]
        assert row.artifact_sha256 == (known.deployed_artifact_sha256 or known.artifact_sha256)


def test_a_build_that_scores_nothing_adds_nothing(shop: Shop) -> None:
    before = shop.query("select * from predictions.spend__batches order by batch_id")
    shop.dbt("run", "--select", "spend__batches", "spend__predictions")
    pd.testing.assert_frame_equal(shop.query("select * from predictions.spend__batches order by batch_id"), before)


def test_a_build_for_which_nothing_is_due_adds_an_empty_batch_once(shop: Shop) -> None:
    kept = shop.query("select * from predictions.spend__batches order by batch_id")
    later = datetime(2025, 1, 1, 6)
    try:
        for _ in range(2):
            shop.dbt("run", "--select", "spend__predictions", "--vars", f"{{insitu_as_of: '{later}'}}")
        shop.dbt("run", "--select", "spend__predictions", "--empty", "--vars", "{insitu_as_of: '2025-01-02'}")
        (row,) = shop.query("select * from predictions.spend__batches where status = 'empty'").to_dict("records")
        assert row["batch_id"] == md5(b"spend had nothing due at 2025-01-01 06:00:00").hexdigest()[:16]
        assert row["batch_as_of"] == later and row["is_shadow"] == row["n_rows"] == row["n_written"] == 0
        assert pd.isna(row["model_version"]) and pd.isna(row["min_score"]) and row["inputs"] == "[]"
        assert abs((row["predicted_at"] - pd.Timestamp.now("UTC").tz_localize(None)).total_seconds()) < 600
    finally:
        execute(shop, "delete from predictions.spend__batches where status = 'empty'")
    pd.testing.assert_frame_equal(shop.query("select * from predictions.spend__batches order by batch_id"), kept)


def execute(shop: Shop, statement: str) -> None:
    if shop.kind == "duckdb":
        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            connection.execute(statement)
        return
    login = {name: shop.environment[f"PG{name.upper()}"] for name in ("host", "port", "user", "password")}
    with psycopg.connect(dbname=shop.environment["PGDATABASE"], **login) as server:  # type: ignore[arg-type]
        server.execute(statement)
