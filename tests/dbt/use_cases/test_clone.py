"""`dbt clone` into schemas of one's own, on both warehouses: what is cloned is read and built on as it was."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import yaml

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import PROFILE

HASHES = "select snapshot_id, count(*) as n from {}training.{}__training_set group by snapshot_id"


def somebodys(shop: Shop, folder: Path, schema: str) -> Shop:
    """The same project for another target, with schemas of its own, and the state of the first one."""
    shutil.copytree(shop.folder, folder)
    shutil.copytree(folder / "dbt_project/target", folder / "state", ignore=shutil.ignore_patterns("compiled", "run"))
    profile = PROFILE["insitu"]["outputs"][shop.kind] | {"schema": schema}  # type: ignore[index]
    (folder / "profiles.yml").write_text(
        yaml.safe_dump({"insitu": {"target": shop.kind, "outputs": {shop.kind: profile}}})
    )
    if shop.kind == "postgres":
        return dataclasses.replace(shop, folder=folder)
    return shop_at(folder)


def test_a_clone_is_read_and_built_on(shop: Shop, tmp_path: Path) -> None:
    ci = somebodys(shop, tmp_path / "ci", "ci")
    # dbt makes a view of what it cannot copy, and writes `None` into that of a Python model
    ci.dbt("clone", "--state", str(ci.folder / "state"), "--exclude", "file:*.py")
    kept = "select count(*) as n from {}training.spend__snapshots"
    assert ci.query(kept.format("ci_")).n[0] == shop.query(kept.format("")).n[0] > 0
    for use_case in ("spend", "order"):  # the one over other models, the other as `insitu new` writes it
        ci.dbt("build", "--select", *(f"{use_case}__{part}" for part in ("features", "training_set", "models")))
        same = ci.query(HASHES.format("ci_", use_case)).equals(shop.query(HASHES.format("", use_case)))
        assert same, use_case
