"""Ctrl-C during a build: dbt ends, the warehouse is as it was, and finished candidates need not be fitted again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare

LINEAR = {"name": "linear", "family": "linear_regression"}
ENDLESS = {"name": "boosting", "family": "hist_gradient_boosting", "parameters": {"max_iter": 200_000}}
SHORT = {"name": "boosting", "family": "hist_gradient_boosting", "parameters": {"max_iter": 5}}
KEPT = "dbt_project/target/insitu_finished_candidates"
BUILD = ("run", "--select", "+spend__models", "--exclude", "resource_type:seed")


@pytest.fixture
def shop(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """The shop with a candidate that takes minutes, its registry not built yet."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        connection.execute("drop table training.spend__models")
    shutil.rmtree(shop.folder / KEPT)
    declare(shop.folder, "spend", {"candidates": [LINEAR, ENDLESS]})
    return shop


def test_ctrl_c_keeps_what_is_finished(shop: Shop) -> None:
    kept = shop.folder / KEPT
    where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", "duckdb"]
    build = subprocess.Popen(
        [sys.executable, "-m", "dbt.cli.main", *BUILD, *where],
        cwd=shop.folder,
        env={**os.environ, **shop.environment, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not list(kept.glob("*.arrow")) and build.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        build.send_signal(signal.SIGINT)
        output, _ = build.communicate(timeout=60)
    finally:
        build.kill()
    assert build.returncode not in (0, None), output
    assert len(list(kept.glob("*.arrow"))) == 1, output
    tables = shop.query("select table_name from information_schema.tables where table_schema = 'training'").table_name
    assert "spend__models" not in set(tables)

    interrupted_at = shop.query("select current_timestamp::timestamp as now").now[0]
    declare(shop.folder, "spend", {"candidates": [LINEAR, SHORT]})
    said = shop.dbt(*BUILD)
    assert "linear_regression" not in said, "it was not fitted again"
    models = shop.query("select candidate, status, created_at from training.spend__models").set_index("candidate")
    assert set(models.status) == {"trained"}
    assert models.created_at["linear"] < interrupted_at < models.created_at["boosting"]
    shop.dbt(*BUILD)
    assert not list(kept.iterdir()), "the warehouse has them by now"
