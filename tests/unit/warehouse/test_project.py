"""Finding the dbt project, its profile and its use cases: as dbt does, and as dbt understands what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from insitu.cli import cli
from insitu.errors import ConfigurationError
from insitu.warehouse import Project

VARIABLES = ("DBT_PROJECT_DIR", "DBT_PROFILES_DIR", "DBT_TARGET", "DBT_PROFILE", "DBT_TARGET_PATH")


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of dbt's is set, home is empty, and commands run in an empty folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def write(folder: Path, text: str = "name: shop\nprofile: shop\n", profile: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text(text)
    if profile:
        write_profile(folder)
    return folder


def write_profile(folder: Path, **output: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {"dev": {"type": "duckdb", "path": "dev.duckdb"}, "ci": {"type": "duckdb", "path": "ci.duckdb"} | output}
    (folder / "profiles.yml").write_text(yaml.safe_dump({"shop": {"target": "dev", "outputs": outputs}}))


@pytest.mark.parametrize("below", ["", "models", "models/staging/deep"])
def test_the_nearest_project_above(nothing_told: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    write(nothing_told, profile=True)
    (nothing_told / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(nothing_told / below)
    project = Project.find()
    assert (project.directory, project.profiles_dir) == (nothing_told, nothing_told)
    # dbt looks for the profile in the current folder and in ~/.dbt only
    assert project.command("dbt build") == ("dbt build --profiles-dir " + str(nothing_told) if below else "dbt build")


def test_the_only_project_right_below(nothing_told: Path) -> None:
    write(nothing_told / "transform")
    write_profile(nothing_told)
    project = Project.find()
    assert (project.directory, project.profiles_dir) == (nothing_told / "transform", nothing_told)
    assert project.command("dbt build") == "dbt build --project-dir transform"


def test_no_project_and_several(nothing_told: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no `dbt_project.yml`, nor in a folder above.*--project-dir"):
        Project.find().settings  # noqa: B018
    write(nothing_told / "one")
    write(nothing_told / "two")
    with pytest.raises(ConfigurationError, match=r"several lie below \(one, two\)"):
        Project.find().settings  # noqa: B018


def test_the_environment_counts_and_the_options_count_more(
    nothing_told: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(nothing_told, profile=True)
    there = write(tmp_path / "there")
    write_profile(tmp_path / "profiles")
    monkeypatch.setenv("DBT_PROJECT_DIR", str(there))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profiles"))
    monkeypatch.setenv("DBT_TARGET", "ci")
    monkeypatch.setenv("DBT_TARGET_PATH", "elsewhere")
    project = Project.find()
    assert (project.directory, project.profiles_dir) == (there, tmp_path / "profiles")
    assert project.credentials.path == "ci.duckdb"
    assert project.target_path == there / "elsewhere"  # dbt: below the project
    told = Project.find(nothing_told, nothing_told, "dev")
    assert (told.directory, told.credentials.path) == (nothing_told, "dev.duckdb")


def test_home_as_dbt_has_it(nothing_told: Path, tmp_path: Path) -> None:
    write(nothing_told / "shop", profile=True)
    assert Project.find().profiles_dir == nothing_told / "shop"  # dbt would find none
    write_profile(tmp_path / "home/.dbt")
    assert Project.find().profiles_dir == tmp_path / "home/.dbt"


def test_the_profile_is_rendered_by_dbt(nothing_told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(nothing_told, "name: shop\nprofile: \"{{ env_var('WHICH') }}\"\n")
    write_profile(nothing_told, path="{{ var('developer') }}_{{ env_var('STAGE', 'test') }}.duckdb")
    monkeypatch.setenv("WHICH", "shop")
    assert Project.find(target="ci", variables={"developer": "ann"}).credentials.path == "ann_test.duckdb"


@pytest.mark.parametrize(
    "written",
    [
        "insitu_use_cases: [spend, churn]",
        "insitu_use_cases:\n    - spend\n    - churn",
        "shop: {insitu_use_cases: [spend, churn]}",
        "insitu: {insitu_use_cases: [spend, churn]}",
        "shop: {other: 1}\n  # insitu_use_cases: [none]\n  insitu_use_cases:   [ 'spend',\n    \"churn\" ]",
    ],
)
def test_use_cases_are_those_of_the_manifest_in_the_order_of_the_variable(nothing_told: Path, written: str) -> None:
    write(nothing_told, f"name: shop\nprofile: shop\nvars:\n  {written}\n", profile=True)
    manifest(nothing_told, "age", "churn", "spend", "tier")
    assert Project.find().use_cases == ["spend", "churn", "age", "tier"]
    assert Project.find(variables={"insitu_use_cases": ["tier"]}).use_cases == ["tier", "age", "churn", "spend"]


def test_a_use_case_without_models_is_named(nothing_told: Path) -> None:
    write(nothing_told, "name: shop\nprofile: shop\nvars: {insitu_use_cases: [churn, gone]}\n", profile=True)
    manifest(nothing_told, "churn")
    project = Project.find()
    assert (project.listed_use_cases, project.use_cases) == (["churn", "gone"], ["churn"])
    with pytest.raises(ConfigurationError, match=r"no use case `gone` \(there are: churn\).*insitu new gone"):
        project.use_case_config("gone")


def manifest(folder: Path, *use_cases: str) -> None:
    nodes = {
        f"model.shop.{name}__models": {
            "name": f"{name}__models",
            "resource_type": "model",
            "package_name": "shop",
            "config": {"meta": {"ml": {"entity": "id"}}},
        }
        for name in use_cases
    }
    nodes["model.shop.data__models"] = {"name": "data__models", "resource_type": "model", "config": {"meta": {}}}
    (folder / "target").mkdir()
    (folder / "target/manifest.json").write_text(json.dumps({"nodes": nodes}))


def test_options_before_and_after_the_command(nothing_told: Path, tmp_path: Path) -> None:
    there = write(tmp_path / "there", profile=True)
    manifest(there, "churn")
    for arguments in (["--project-dir", str(there), "status"], ["status", "--project-dir", str(there)]):
        outcome = CliRunner().invoke(cli, arguments)
        assert "There is no warehouse at `dev.duckdb`" in str(outcome.exception)
        outcome = CliRunner().invoke(cli, [*arguments, "--target", "ci"])
        assert "There is no warehouse at `ci.duckdb`" in str(outcome.exception)


def test_every_command_of_this_repository_works_from_its_root() -> None:
    root = Path(__file__).parents[3]
    script = (
        "from insitu.warehouse import Project; project = Project.find();"
        "print(project.directory.name, project.listed_use_cases, project.credentials.type)"
    )
    outcome = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert outcome.stdout.startswith("dbt_project ['flight_delay', 'arrival_delay'] ")
