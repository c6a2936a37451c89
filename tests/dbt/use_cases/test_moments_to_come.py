"""A run for a moment that has not come yet is what people read until then: whoever runs is told, and how to go back."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import AS_OF

WAY_BACK = "`dbt build --full-refresh` for the moment that is meant sets it back"


def said(text: str) -> str:
    return " ".join(text.split())


def test_a_mistaken_moment_is_said_until_it_is_set_back(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    run = ("run", "--select", "ml_runs")
    assert "not come yet" not in shop.dbt(*run)
    assert "not come yet" not in shop.run("insitu", "status").stdout

    mistaken = said(shop.dbt(*run, "--vars", "{insitu_as_of: '2262-06-02'}"))
    assert "`spend`: this run is for 2262-06-02 00:00:00, which has not come yet" in mistaken
    assert WAY_BACK in mistaken

    after = said(shop.dbt(*run))
    assert (
        f"`spend`: this run is for {AS_OF}, and there was one for 2262-06-02 00:00:00, which has not come yet" in after
    )
    assert "dbt build --full-refresh sets them back" in after
    for command in (("status",), ("score", "run", "spend", "--as-of", AS_OF)):
        told = said(shop.run("insitu", *command).stdout)
        assert "not come yet" in told and WAY_BACK in told, told

    shop.dbt(*run, "--full-refresh")
    assert "not come yet" not in shop.run("insitu", "status").stdout
