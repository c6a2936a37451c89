"""`insitu new` writes all files of a use case or none, and the repository's second use case is made of them."""

from pathlib import Path

import pytest
import yaml

from insitu.errors import ConfigurationError
from insitu.scaffold.new import new_use_case
from insitu.warehouse import Project

ROOT = Path(__file__).parents[3]
# What a person writes; everything else is as scaffolded.
OWN = {"__spine.sql", "__labels.sql", "__features.sql", "_arrival_delay.yml"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    directory = tmp_path / "dbt_project"
    directory.mkdir()
    (directory / "dbt_project.yml").write_text("name: shop\nvars:\n  insitu_use_cases: [first]\n")
    return Project(directory, tmp_path)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_writes_every_file_and_lists_the_use_case(project: Project) -> None:
    written = new_use_case(project, "churn", "customer_id", "has_left", "binary")
    assert set(written) <= files_below(project.directory.parent)
    assert yaml.safe_load((project.directory / "dbt_project.yml").read_text())["vars"]["insitu_use_cases"] == [
        "first",
        "churn",
    ]
    for path in written:
        text = path.read_text()
        assert not {"USE_CASE", "ENTITY", "LABEL", "LINEAR_FAMILY"} & set(text.replace("_", " ").split()), path
        if path.suffix == ".yml":
            yaml.safe_load(text)


def test_the_declaration_is_valid(project: Project) -> None:
    from insitu.config import parse

    for task, name in (("binary", "churn"), ("regression", "spend"), ("multiclass", "segment")):
        new_use_case(project, name, "customer_id", "outcome", task)
        declared = yaml.safe_load((project.directory.parent / f"models_py/{name}/_{name}.yml").read_text())
        assert parse(declared["models"][0]["config"]["meta"]["ml"], name).task == task


@pytest.mark.parametrize("name", ["Churn", "churn rate", "a__b", "1st", "churn;drop", ""])
def test_refuses_what_is_no_name(project: Project, name: str) -> None:
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match="is not a name"):
        new_use_case(project, name, "customer_id", "has_left", "binary")
    assert files_below(project.directory.parent) == before


def test_refuses_to_overwrite_and_writes_nothing(project: Project) -> None:
    mine = project.directory / "models/training/churn/churn__labels.sql"
    mine.parent.mkdir(parents=True)
    mine.write_text("select 1")
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match="exists already"):
        new_use_case(project, "churn", "customer_id", "has_left", "binary")
    assert files_below(project.directory.parent) == before
    assert mine.read_text() == "select 1"


def test_the_second_use_case_of_the_repository_is_as_scaffolded(project: Project) -> None:
    for path in new_use_case(project, "arrival_delay", "flight_id", "arrival_delay_minutes", "regression"):
        if not any(path.name.endswith(own) for own in OWN):
            here = ROOT / path.relative_to(project.directory.parent)
            assert here.read_text() == path.read_text(), here
