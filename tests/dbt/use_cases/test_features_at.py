"""`<use_case>__features_at`: the features of rows that are asked for are those that a build gives them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop


@pytest.fixture(scope="module")
def published(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop as a service sees it: on DuckDB, the copy."""
    if shop.kind == "postgres":
        outcome = shop.run("insitu", "score", "publish", "--serve")
        assert outcome.returncode == 0, outcome.stdout
        return shop
    folder = tmp_path_factory.mktemp("copy")
    outcome = shop.run("insitu", "score", "publish", "--serve", "--to", str(folder))
    assert outcome.returncode == 0, outcome.stdout
    copy = str(folder / Path(shop.environment["SHOP_DUCKDB"]).name)

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(copy, read_only=True) as connection:
            return connection.sql(sql).df()

    return Shop("duckdb", shop.folder, {"SHOP_DUCKDB": copy}, query)


def asked(rows: pd.DataFrame) -> str:
    """Rows as the function takes them."""
    text = json.dumps(rows.astype({"as_of": str}).to_dict("records"))
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("use_case", ["tier", "spend"])
def test_rows_have_what_a_build_gives_them(published: Shop, shop: Shop, use_case: str) -> None:
    built = shop.query(f"select * from training.{use_case}__features order by order_id")
    keys = built[["order_id", "as_of"]]
    sql = f"select * from published.{use_case}__features_at({asked(keys)}) order by order_id"
    assert len(built) > 1000
    pd.testing.assert_frame_equal(published.query(sql), built, check_dtype=False)
