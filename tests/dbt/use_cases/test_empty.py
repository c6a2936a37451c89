"""`dbt build --empty` of a use case trains and predicts nothing, and says so; what is kept stays."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.dbt.use_cases.conftest import Shop, shop_at

KEPT = {
    "training.order__snapshots",
    "training.order__models",
    "evaluation.order__heldout_predictions",
    "predictions.order__predictions",
    "predictions.order__scored_features",
}


def test_nothing_is_trained_or_predicted(duckdb_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    before = {name: shop.query(f"select count(*) as n from {name}").n[0] for name in KEPT}
    said = shop.dbt("build", "--empty", "--select", "tag:order")
    for line in ("no model of order is trained", "no held-out rows of order are", "nothing of order is predicted"):
        assert f"dbt runs with --empty: {line}" in said
    assert {name: shop.query(f"select count(*) as n from {name}").n[0] for name in KEPT} == before
    assert min(before.values()) > 0
    assert shop.query("select count(*) as n from training.order__training_set").n[0] == 0
