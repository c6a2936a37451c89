"""What the wheel installs: `insitu`, and the adapter where dbt looks for it; nothing else at the top level."""

from __future__ import annotations

import subprocess
import tomllib
import zipfile
from pathlib import PurePosixPath

import pytest
import yaml

import insitu
from tests.wheel import REPOSITORY, build

MAPPED = {
    "insitu/postgrespy/adapter": "dbt/adapters/postgrespy",
    "insitu/postgrespy/include": "dbt/include/postgrespy",
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[PurePosixPath]:
    """The files in the wheel."""
    with zipfile.ZipFile(build(tmp_path_factory.mktemp("wheel"))) as archive:
        return [PurePosixPath(name) for name in archive.namelist()]


def test_top_level_names(names: list[PurePosixPath]) -> None:
    top = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert top == {"insitu", "dbt"}
    adapter = {name.parts[:3] for name in names if name.parts[0] == "dbt"}
    assert adapter == {("dbt", "adapters", "postgrespy"), ("dbt", "include", "postgrespy")}


def test_every_module_and_every_file_beside_it_is_there(names: list[PurePosixPath]) -> None:
    """Data files are easily forgotten in pyproject.toml."""
    there = {str(name) for name in names}
    tracked = subprocess.run(["git", "ls-files", "insitu"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split():
        if not (REPOSITORY / name).exists():
            continue
        for folder, installed in MAPPED.items():
            if name.startswith(f"{folder}/"):
                name = name.replace(folder, installed, 1)
        assert name in there, f"{name} is not in the wheel"


def test_the_dbt_package_is_whole_and_of_the_same_version(names: list[PurePosixPath]) -> None:
    folder = REPOSITORY / "insitu" / "dbt"
    files = {f"insitu/dbt/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}
    assert {str(name) for name in names if name.parts[:2] == ("insitu", "dbt")} == files
    settings = yaml.safe_load((folder / "dbt_project.yml").read_text())
    assert (settings["name"], settings["version"]) == ("insitu", insitu.__version__)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["version"] == insitu.__version__
