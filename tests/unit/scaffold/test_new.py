"""`insitu new` writes all files of a use case or none; `insitu remove-use-case` leaves nothing of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.scaffold.new import Answers, new_use_case
from insitu.scaffold.remove import files_of, remove_use_case
from insitu.warehouse import Project

ROOT = Path(__file__).parents[3]
# What a person writes; everything else is as scaffolded.
OWN = {"__spine.sql", "__labels.sql", "__features.sql", "_arrival_delay.yml"}
CHURN = Answers("churn", ["customer_id"], "has_left")
VISITS = Answers(
    "visits", ["shop_id", "day"], "n_visits", "regression", source="shop.days", time="opened_at", matured_at="closed_at"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    directory = tmp_path / "dbt_project"
    directory.mkdir()
    settings = "name: shop\nmodel-paths: [transformations]\nvars:\n  insitu_use_cases: [first]\n"
    (directory / "dbt_project.yml").write_text(settings)
    return Project(directory, tmp_path)


def files_below(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def declaration(project: Project, answers: Answers) -> dict[str, object]:
    path = project.directory / f"transformations/use_cases/{answers.use_case}/_{answers.use_case}.yml"
    models = {model["name"]: model for model in yaml.safe_load(path.read_text())["models"]}
    declared: dict[str, object] = models[f"{answers.use_case}__models"]["config"]["meta"]["ml"]
    return declared


@pytest.mark.parametrize("answers", [CHURN, VISITS], ids=["to be written", "over a table"])
def test_writes_every_file_into_one_folder_and_lists_the_use_case(project: Project, answers: Answers) -> None:
    written = new_use_case(project, answers)
    assert {path.parent for path in written} == {project.directory / "transformations/use_cases" / answers.use_case}
    assert set(written) <= set(files_below(project.directory))
    settings = yaml.safe_load((project.directory / "dbt_project.yml").read_text())
    assert settings["vars"]["insitu_use_cases"] == ["first", answers.use_case]
    for path in written:
        text = path.read_text()
        assert not {"USE", "ENTITY", "LABEL", "FAMILY", "MATURED", "RELATION"} & set(text.replace("_", " ").split()), (
            path
        )


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_the_declaration_is_valid(project: Project, task: str) -> None:
    answers = Answers("spend", ["customer_id", "shop_id"], "outcome", task, backtest=True)
    new_use_case(project, answers)
    declared = parse(declaration(project, answers), "spend")
    assert declared.task == task
    assert declared.key == ["customer_id", "shop_id", "as_of"]


REFUSED = {
    "is not a name": [
        *(Answers(name, ["customer_id"], "has_left") for name in ("Churn", "churn rate", "a__b", "1st", "a;drop", "")),
        Answers("churn", ["Customer"], "has_left"),
        Answers("churn", ["customer_id"], "has left"),
    ],
    "longer than the 63": [Answers("c" * 43, ["customer_id"], "has_left")],
    "cannot be called": [
        Answers("churn", ["customer_id"], "as_of"),
        Answers("churn", ["customer_id"], "split"),
        Answers("churn", ["batch_id"], "has_left"),
    ],
    "as the label and as the entity": [Answers("churn", ["customer_id"], "customer_id")],
    "names `customer_id` twice": [Answers("churn", ["customer_id", "customer_id"], "has_left")],
    "without the columns that say when": [Answers("churn", ["customer_id"], "has_left", source="orders")],
}


@pytest.mark.parametrize(("message", "answers"), [(m, a) for m, cases in REFUSED.items() for a in cases])
def test_refuses_in_words_and_writes_nothing(project: Project, message: str, answers: Answers) -> None:
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match=message):
        new_use_case(project, answers)
    assert files_below(project.directory.parent) == before


def test_the_longest_name_that_fits_is_taken(project: Project) -> None:
    new_use_case(project, Answers("c" * 42, ["customer_id"], "has_left"))


def test_refuses_to_overwrite_and_writes_nothing(project: Project) -> None:
    mine = project.directory / "transformations/use_cases/churn/churn__labels.sql"
    mine.parent.mkdir(parents=True)
    mine.write_text("select 1")
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match="exists already"):
        new_use_case(project, CHURN)
    assert files_below(project.directory.parent) == before


def test_refuses_a_use_case_that_is_there_in_another_folder(project: Project) -> None:
    new_use_case(project, Answers("churn", ["customer_id"], "has_left", folder="transformations/marketing"))
    with pytest.raises(ConfigurationError, match="marketing/churn__models.py` exists already"):
        new_use_case(project, CHURN)


@pytest.mark.parametrize("answers", [CHURN, VISITS], ids=["to be written", "over a table"])
def test_removing_leaves_the_project_as_it_was(project: Project, answers: Answers) -> None:
    before = files_below(project.directory.parent)
    new_use_case(project, answers)
    assert len(files_of(project, answers.use_case).files) > 10
    remove_use_case(project, answers.use_case)
    assert files_below(project.directory.parent) == before
    assert not (project.directory / "transformations/use_cases").exists()


def test_removing_what_is_not_there(project: Project) -> None:
    with pytest.raises(ConfigurationError, match="There is no use case `churn`"):
        remove_use_case(project, "churn")


def test_the_second_use_case_of_the_repository_is_as_scaffolded(project: Project) -> None:
    answers = Answers("arrival_delay", ["flight_id"], "arrival_delay_minutes", "regression", backtest=True)
    for path in new_use_case(project, answers):
        if not any(path.name.endswith(own) for own in OWN):
            folder = "models_py" if path.suffix == ".py" else "dbt_project/models/use_cases"
            here = ROOT / folder / "arrival_delay" / path.name
            assert here.read_text() == path.read_text(), here
