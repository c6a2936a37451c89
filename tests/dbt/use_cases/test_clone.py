"""`dbt clone` into schemas of one's own, on both warehouses: what is cloned is read, built on, and proved as it was."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import yaml

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import PROFILE

HASHES = "select snapshot_id, count(*) as n from {}training.{}__training_set group by snapshot_id"


def somebodys(shop: Shop, folder: Path) -> Shop:
    """The same project for another target, whose schemas begin with `ci`, and the state of the first one."""
    shutil.copytree(shop.folder, folder)
    shutil.copytree(folder / "dbt_project/target", folder / "state", ignore=shutil.ignore_patterns("compiled", "run"))
    profile = PROFILE["insitu"]["outputs"][shop.kind] | {"schema": "ci"}  # type: ignore[index]
    (folder / "profiles.yml").write_text(
        yaml.safe_dump({"insitu": {"target": shop.kind, "outputs": {shop.kind: profile}}})
    )
    if shop.kind == "postgres":
        return dataclasses.replace(shop, folder=folder)
    return shop_at(folder)


def test_a_clone_is_read_built_on_and_proved(shop: Shop, tmp_path: Path) -> None:
    ci = somebodys(shop, tmp_path / "ci")
    ci.dbt("clone", "--state", str(ci.folder / "state"))
    scored = ci.query("select count(*) as n from ci_predictions.spend__predictions").n[0]
    assert scored == shop.query("select count(*) as n from predictions.spend__predictions").n[0] > 0
    for use_case in ("spend", "order"):  # the one over other models, the other as `insitu new` writes it
        ci.dbt("build", "--select", f"{use_case}__features+1", f"{use_case}__models", "--exclude", "tag:monitoring")
        same = ci.query(HASHES.format("ci_", use_case)).equals(shop.query(HASHES.format("", use_case)))
        assert same, use_case
        found = ci.query(f"select point_in_time from ci_training.{use_case}__models where status = 'trained'")
        assert set(found.point_in_time) == {"proved"}
    ci.dbt("compile", "--full-refresh")
    assert ci.run("insitu", "check").returncode == 0
