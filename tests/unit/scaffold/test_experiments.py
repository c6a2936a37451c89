"""`insitu experiments` writes models beside those of a use case, once, and `insitu remove-use-case` takes them back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.scaffold.experiments import DECLARATION, new_experiments
from insitu.scaffold.new import new_use_case
from insitu.scaffold.remove import files_of, remove_use_case
from insitu.warehouse import Project
from tests.unit.scaffold.test_new import VISITS, files_below, project
from tests.unit.training.example import ml

__all__ = ["project"]
NAMES = {"assignments", "exposures", "rollout_steps", "experiment_units", "experiment_results"}


@pytest.fixture
def visits(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a use case, as dbt would have parsed it."""
    new_use_case(project, VISITS)
    monkeypatch.setattr(Project, "use_case_config", lambda *_: ml() | {"entity": ["shop_id", "day"]})
    return project


def folder(project: Project) -> Path:
    return project.directory / "transformations/use_cases/visits"


def test_the_models_are_written_once_and_listed(visits: Project) -> None:
    written = new_experiments(visits, "visits")
    assert {path.parent for path in written} == {folder(visits)}
    expected = {f"visits__{name}.sql" for name in NAMES} | {"visits__experiments.yml"}
    assert {path.name for path in written} == expected
    assert (folder(visits) / "visits__exposures.sql").read_text() == "{{ insitu.exposures('visits') }}\n"
    described = yaml.safe_load((folder(visits) / "visits__experiments.yml").read_text())["models"]
    assert {model["name"] for model in described} == {f"visits__{name}" for name in NAMES}
    (unique,) = described[0]["data_tests"]
    columns = unique["insitu.unique_combination"]["arguments"]["columns"]
    assert columns == ["experiment", "shop_id", "day", "as_of"]
    settings = yaml.safe_load((visits.directory / "dbt_project.yml").read_text())
    assert settings["vars"]["insitu_experiments"] == ["visits"]
    before = files_below(visits.directory)
    assert new_experiments(visits, "visits") == []
    assert files_below(visits.directory) == before


def test_half_of_them_is_refused_and_nothing_is_written(visits: Project) -> None:
    (folder(visits) / "visits__exposures.sql").write_text("select 1")
    before = files_below(visits.directory)
    with pytest.raises(ConfigurationError, match=r"are there \(visits__exposures.sql\) and others are not"):
        new_experiments(visits, "visits")
    with pytest.raises(ConfigurationError, match="There is no use case `carts` with decisions"):
        new_experiments(visits, "carts")
    assert files_below(visits.directory) == before


def test_they_go_with_the_use_case(visits: Project) -> None:
    new_experiments(visits, "visits")
    assert files_of(visits, "visits").changed == files_of(visits, "visits").own == []
    remove_use_case(visits, "visits")
    assert not folder(visits).exists()
    settings = yaml.safe_load((visits.directory / "dbt_project.yml").read_text())
    assert "insitu_experiments" not in settings["vars"]


def test_the_declaration_that_it_shows_is_valid() -> None:
    (found,) = parse(ml(**yaml.safe_load(DECLARATION)), "visits").experiments
    assert found.control == "usual"
