"""`<use_case>__features_at`: the features of rows that are asked for are those that a build gives them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop


def asked(rows: list[dict[str, object]]) -> str:
    """Rows as the function takes them."""
    text = json.dumps(rows, default=str)
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("use_case", ["tier", "spend", "order"])
def test_rows_have_what_a_build_gives_them(published_shop: Shop, shop: Shop, use_case: str) -> None:
    key = ["customer_id", "shop_id"] if use_case == "order" else ["order_id"]
    order = ", ".join([*key, "as_of"])
    built = shop.query(f"select * from training.{use_case}__features order by {order}")
    keys = built[[*key, "as_of"]].to_dict("records")
    found = published_shop.query(f"select * from published.{use_case}__features_at({asked(keys)}) order by {order}")
    assert len(built) > 1000
    pd.testing.assert_frame_equal(found, built, check_dtype=False, rtol=1e-12, atol=0)


def test_a_moment_before_and_after(published_shop: Shop, shop: Shop) -> None:
    """Features of the same order at other moments: its visit is an hour before it."""
    at = shop.query("select order_id, as_of from training.spend__features where pages is not null limit 1").iloc[0]
    moments = [at.as_of - pd.Timedelta("1h"), at.as_of - pd.Timedelta("59min"), at.as_of + pd.Timedelta("9D")]
    rows = [{"order_id": int(at.order_id), "as_of": moment} for moment in moments]
    found = published_shop.query(f"select as_of, pages from published.spend__features_at({asked(rows)}) order by as_of")
    assert list(found["as_of"]) == moments
    assert list(found["pages"].isna()) == [True, False, False]


def test_nobody_may_be_asked_for(published_shop: Shop) -> None:
    assert published_shop.query("select * from published.spend__features_at('[]')").empty
    who = asked([{"order_id": -1, "as_of": "2024-03-01"}])
    assert len(published_shop.query(f"select * from published.tier__features_at({who})")) == 1  # it needs no more
