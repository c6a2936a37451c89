"""`insitu new` writes all files of a use case or none; `insitu remove-use-case` leaves nothing of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from insitu.cli import cli
from insitu.commands import new as commands
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
    (directory / "transformations").mkdir()
    (directory / "transformations/_shop.yml").write_text(
        "sources: [{name: shop, tables: [{name: days}, {name: visits}]}]\nsnapshots: [{name: carts}]\n"
    )
    (directory / "transformations/books.sql").write_text("select 1")
    (directory / "seeds").mkdir()
    (directory / "seeds/holidays.csv").write_text("day")
    return Project(directory, tmp_path)


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def entries(project: Project, answers: Answers) -> dict[str, dict[str, Any]]:
    """What the use case's YAML says of each model."""
    path = project.directory / f"transformations/use_cases/{answers.use_case}/_{answers.use_case}.yml"
    return {model["name"].partition("__")[2]: model for model in yaml.safe_load(path.read_text())["models"]}


@pytest.mark.parametrize("answers", [CHURN, VISITS], ids=["to be written", "over a table"])
def test_writes_every_file_into_one_folder_and_lists_the_use_case(project: Project, answers: Answers) -> None:
    written = new_use_case(project, answers)
    assert {path.parent for path in written} == {project.directory / "transformations/use_cases" / answers.use_case}
    assert set(written) <= set(files_below(project.directory))
    settings = yaml.safe_load((project.directory / "dbt_project.yml").read_text())
    assert settings["vars"]["insitu_use_cases"] == ["first", answers.use_case]
    for path in written:
        left = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)*\b", path.read_text())) - {"JSON", "UTC"}
        assert not left, path


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_the_declaration_is_valid(project: Project, task: str) -> None:
    answers = Answers("spend", ["customer_id", "shop_id"], "outcome", task, backtest=True)
    new_use_case(project, answers)
    declared = parse(entries(project, answers)["models"]["config"]["meta"]["ml"], "spend")
    assert declared.task == task
    assert declared.key == ["customer_id", "shop_id", "as_of"]
    columns = [column["name"] for column in entries(project, answers)["predictions_latest"]["columns"]]
    assert ("predicted_class" in columns) is (task == "multiclass")


def test_the_schema_is_the_layers_or_that_of_the_projects_own_rules(project: Project) -> None:
    new_use_case(project, VISITS)
    assert not [name for name, entry in entries(project, VISITS).items() if "schema" in entry.get("config", {})]
    path = project.directory / "dbt_project.yml"
    path.write_text(path.read_text() + "  insitu_schemas: {training: ml, actions: ml_actions}\n")
    new_use_case(Project(project.directory, project.profiles_dir), CHURN)
    found = {name: entry.get("config", {}).get("schema") for name, entry in entries(project, CHURN).items()}
    own = {"models", "spine", "labels", "features"}
    assert {name for name, schema in found.items() if schema} == own, "what our macros do not configure themselves"
    assert {found[name] for name in own} == {"{{ var('insitu_schemas')['training'] }}"}


def test_the_rhythm_of_predictions_is_declared(project: Project) -> None:
    answers = Answers("quarterly", ["shop"], "loss", source="books", time="at", matured_at="known", every="1 quarter")
    written = {path.name: path.read_text() for path in new_use_case(project, answers)}
    assert "where at <= {{ insitu.timestamp_literal(insitu.newest_as_of()) }}" in written["quarterly__spine.sql"]
    assert entries(project, answers)["models"]["config"]["meta"]["ml"]["scoring"] == {"every": "1 quarter"}


def table(**more: str) -> Answers:
    return Answers("churn", ["customer_id"], "has_left", **{"source": "books", "time": "t", "matured_at": "m", **more})


REFUSED = {
    "is not a name": [
        *(
            Answers(name, ["customer_id"], "has_left")
            for name in ("Churn", "churn rate", "a__b", "1st", "a;drop", "a_")
        ),
        Answers("", ["customer_id"], "has_left"),
        Answers("churn", ["Customer"], "has_left"),
        Answers("churn", ["customer_id"], "has left"),
    ],
    "longer than the 63": [Answers("c" * 43, ["customer_id"], "has_left")],
    "cannot be called": [
        Answers("churn", ["customer_id"], "as_of"),
        Answers("churn", ["customer_id"], "split"),
        Answers("churn", ["batch_id"], "has_left"),
        Answers("churn", ["label"], "has_left"),
    ],
    "a word of SQL": [
        Answers("churn", ["user"], "has_left"),
        Answers("churn", ["customer_id"], "order"),
        table(time="When"),
    ],
    "No entity": [Answers("churn", [], "has_left")],
    "as the label and as the entity": [Answers("churn", ["customer_id"], "customer_id")],
    "names `customer_id` twice": [Answers("churn", ["customer_id", "customer_id"], "has_left")],
    "without the columns that say when": [Answers("churn", ["customer_id"], "has_left", source="orders")],
    "neither the name of a model nor": [table(source="a.b.c"), table(source="orders'); drop")],
    "has no model, seed or snapshot of that name .the nearest are `books`": [table(source="book")],
    "declares no source table of that name .the nearest are `shop.days`": [table(source="shop.day")],
    "has no model, seed or snapshot of that name .there are 3": [table(source="visits"), table(source="zzz")],
    "which is not the name of a column": [table(time="a, b")],
    "which is the entity or the label": [table(matured_at="has_left"), table(time="customer_id")],
    "leaves nothing to predict": [table(time="known", matured_at="known")],
    "--every: 'a while' is not a duration": [table(every="a while")],
    "retrain_every is 'fortnight'": [table(retrain_every="fortnight")],
    "lies in none of the project's model paths": [table(folder="elsewhere"), table(folder="../transformations")],
}


@pytest.mark.parametrize(("message", "answers"), [(m, a) for m, cases in REFUSED.items() for a in cases])
def test_refuses_in_words_and_writes_nothing(project: Project, message: str, answers: Answers) -> None:
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match=message):
        new_use_case(project, answers)
    assert files_below(project.directory.parent) == before


def test_the_longest_name_that_fits_is_taken(project: Project) -> None:
    new_use_case(project, Answers("c" * 42, ["customer_id"], "has_left"))


@pytest.mark.parametrize("source", ["books", "holidays", "carts", "shop.days"])
def test_what_dbt_reads_can_be_written_over(project: Project, source: str) -> None:
    assert new_use_case(project, table(source=source))


def test_so_can_what_packages_bring(project: Project) -> None:
    (project.directory / "target").mkdir()
    nodes = {
        name: {"name": name, "resource_type": "model", "package_name": package, "schema": "main", "alias": name}
        for name, package in {"facts": "finance", "gone": "shop"}.items()
    }
    manifest = {"metadata": {"project_name": "shop"}, "nodes": nodes, "sources": {}}
    (project.directory / "target/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigurationError, match="`gone`, and the project has no model"):
        new_use_case(project, table(source="gone"))
    assert new_use_case(project, table(source="facts"))


@pytest.mark.parametrize("name", ["churn__labels.sql", "churn__anything.py", "_churn.yml"])
def test_refuses_what_is_there_anywhere_and_writes_nothing(project: Project, name: str) -> None:
    mine = project.directory / "transformations/marketing" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("select 1")
    before = files_below(project.directory.parent)
    with pytest.raises(ConfigurationError, match=rf"marketing/{re.escape(name)}` exists already"):
        new_use_case(project, CHURN)
    assert files_below(project.directory.parent) == before


def test_a_folder_of_ones_own_choice(project: Project) -> None:
    written = new_use_case(project, Answers("churn", ["customer_id"], "has_left", folder="transformations/marketing"))
    assert {path.parent for path in written} == {project.directory / "transformations/marketing"}


@pytest.mark.parametrize(
    "answers", [CHURN, VISITS, Answers("spend", ["id"], "eur", "regression", test="2 weeks", backtest=True)]
)
def test_the_answers_can_be_read_from_the_command(answers: Answers) -> None:
    assert Answers.from_command(answers.command()) == answers


SETTINGS = {
    "listed": "name: shop\r\nmodel-paths: [transformations]\r\nvars:\r\n  insitu_use_cases: [first]  # ours\r\n",
    "dashes": "name: shop\nmodel-paths: [transformations]\nvars:\n  insitu_use_cases:\n    - first\n",
    "no variables": "name: shop\nmodel-paths: [transformations]\nmodels:\n  +materialized: table\n",
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("backtest", [False, True])
@pytest.mark.parametrize("answers", [CHURN, VISITS], ids=["to be written", "over a table"])
def test_removing_leaves_the_project_as_it_was(
    project: Project, answers: Answers, settings: str, backtest: bool
) -> None:
    (project.directory / "dbt_project.yml").write_bytes(SETTINGS[settings].encode())
    project = Project(project.directory, project.profiles_dir)
    before = files_below(project.directory.parent)
    written = new_use_case(project, replace(answers, backtest=backtest))
    found = files_of(project, answers.use_case)
    assert (set(found.written), found.changed, found.own) == (set(written), [], [])
    remove_use_case(project, answers.use_case)
    assert files_below(project.directory.parent) == before
    assert not (project.directory / "transformations/use_cases").exists()


def test_what_was_changed_is_deleted_by_force_only_and_what_is_ones_own_never(project: Project) -> None:
    before = files_below(project.directory)
    written = {path.name: path for path in new_use_case(project, CHURN)}
    written["churn__spine.sql"].write_text("select 1")
    own = written["churn__spine.sql"].parent / "churn__marts.sql"
    own.write_text("select 2")
    after = files_below(project.directory)
    found = files_of(project, "churn")
    assert (found.changed, found.own) == ([written["churn__spine.sql"]], [own])
    with pytest.raises(ConfigurationError, match=r"churn__spine\.sql`: changed since `insitu new` wrote it"):
        remove_use_case(project, "churn")
    assert files_below(project.directory) == after
    remove_use_case(project, "churn", force=True)
    assert files_below(project.directory) == {**before, own: b"select 2"}


def test_without_a_word_of_how_it_was_made_every_file_counts_as_changed(project: Project) -> None:
    written = {path.name: path for path in new_use_case(project, CHURN)}
    yml = written["_churn.yml"]
    yml.write_text(re.sub(r"^# Made by .*\n", "", yml.read_text()))
    found = files_of(project, "churn")
    assert (found.written, set(found.changed), found.own) == ([], set(written.values()), [])


def test_removing_what_is_not_there(project: Project) -> None:
    with pytest.raises(ConfigurationError, match="There is no use case `churn`"):
        remove_use_case(project, "churn")


def run(project: Project, *arguments: str, text: str | None = None) -> Result:
    where = ["--project-dir", str(project.directory)]
    return CliRunner().invoke(cli, [*arguments, *where], input=text)


def test_what_is_missing_is_asked_for_on_a_terminal(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_is_terminal", lambda: True)
    said = run(
        project, "new", "churn", text="customer_id, shop_id\nhas_left\nbinary\nshop.visits\nvisited_at\nknown_at\n"
    )
    assert said.exit_code == 0, said.output
    expected = Answers(
        "churn", ["customer_id", "shop_id"], "has_left", source="shop.visits", time="visited_at", matured_at="known_at"
    )
    yml = project.directory / "transformations/use_cases/churn/_churn.yml"
    assert f"# Made by `{expected.command()}`." in yml.read_text()
    assert "A first version is written over `shop.visits`" in said.output
    assert "--select +churn__champion" in said.output


def test_nothing_is_asked_where_nobody_answers(project: Project) -> None:
    said = run(project, "new", "churn", "--entity", "customer_id")
    assert "--label is missing" in str(said.exception)
    said = run(project, "new", "churn", "--entity", "customer_id", "--label", "has_left")
    assert said.exit_code == 0 and "Write churn__spine (who, when)" in said.output
    said = run(project, "remove-use-case", "churn")
    assert "Say --yes" in str(said.exception)
    said = run(project, "remove-use-case", "churn", "--yes")
    assert said.exit_code == 0 and "`churn` is no longer in the project" in said.output


def test_the_second_use_case_of_the_repository_is_as_scaffolded(project: Project) -> None:
    answers = Answers("arrival_delay", ["flight_id"], "arrival_delay_minutes", "regression", backtest=True)
    for path in new_use_case(project, answers):
        if not any(path.name.endswith(own) for own in OWN):
            folder = "models_py" if path.suffix == ".py" else "dbt_project/models/use_cases"
            here = ROOT / folder / "arrival_delay" / path.name
            assert here.read_text() == path.read_text(), here
