"""`insitu build` is build, check, report and status, with what the separate commands would have found."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dbt.use_cases.conftest import Shop


@pytest.fixture
def copied(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """The built shop, to be changed."""
    folder = tmp_path / "shop"
    shutil.copytree(duckdb_shop.folder, folder, symlinks=True)
    return replace(duckdb_shop, folder=folder, environment={"SHOP_DUCKDB": str(folder / "shop.duckdb")})


def compiled(shop: Shop) -> dict[str, str]:
    folder = shop.folder / "dbt_project" / "target" / "compiled"
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("models/**/*.sql"))}


def test_build_does_what_the_four_commands_do(copied: Shop) -> None:
    separate = [
        copied.run("dbt", "build", "--select", "tier__spine+1"),
        copied.run("dbt", "compile", "--full-refresh"),
        copied.run("insitu", "check"),
        copied.run("insitu", "report", "--output", "one.html"),
        copied.run("insitu", "status"),
    ]
    assert [outcome.returncode for outcome in separate] == [0] * 5, separate
    expected = compiled(copied)
    shutil.rmtree(copied.folder / "dbt_project" / "target")
    together = copied.run("insitu", "build", "--select", "tier__spine+1", "--output", "two.html")
    assert together.returncode == 0, together.stdout
    assert "Completed successfully" in together.stdout
    for outcome in (separate[2], separate[4]):
        assert outcome.stdout.strip() in together.stdout
    assert (
        compiled(copied).items()
        >= {
            k: v for k, v in expected.items() if "data_tests" not in k and ".yml/" not in k and "ml_runs" not in k
        }.items()
    )
    assert (copied.folder / "two.html").stat().st_size == (copied.folder / "one.html").stat().st_size


def test_what_fails_ends_it_there(copied: Shop) -> None:
    spine = copied.folder / "dbt_project/models/use_cases/tier/tier__spine.sql"
    spine.write_text(spine.read_text().replace("from ", "from nowhere.", 1))
    outcome = copied.run("insitu", "build", "--select", "tier__spine")
    assert outcome.returncode == 1
    assert "tier__spine" in outcome.stdout
    assert "`dbt build --select tier__spine` failed; its message is above." in outcome.stdout
    assert "columns of" not in outcome.stdout


def test_an_option_that_dbt_does_not_have(copied: Shop) -> None:
    outcome = copied.run("insitu", "build", "--sleect", "tier__spine")
    assert outcome.returncode == 2
    assert re.search("No such option:? .?--sleect", outcome.stdout)
