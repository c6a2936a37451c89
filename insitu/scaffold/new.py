"""Write the files of a new use case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from insitu import durations
from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.scaffold import settings_file
from insitu.scaffold.answers import Answers
from insitu.scaffold.horizon import check_horizon
from insitu.scaffold.known import check_known
from insitu.scaffold.names import check_columns, check_source, check_use_case
from insitu.scaffold.templates import LINEAR_FAMILY, render
from insitu.warehouse import Project

__all__ = ["LINEAR_FAMILY", "Answers", "contents", "files_of_name", "model_paths", "new_use_case"]


def new_use_case(project: Project, answers: Answers) -> list[Path]:
    """Write the files and add the use case to the variable `insitu_use_cases`; all of it or nothing.

    Returns:
        The written files.

    Raises:
        ConfigurationError: a name or a setting cannot be used, the relation to write over is not in the project, labels
            take longer than the test is, a file is there already, or dbt_project.yml cannot be edited.
    """
    check(answers)
    if answers.source:
        check_known(project, answers.source)
    check_horizon(project, answers)
    default = f"{model_paths(project)[0]}/use_cases/{answers.use_case}"
    folder = project.directory / (answers.folder or default)
    texts = {folder / name: text for name, text in contents(project, answers).items()}
    if there := next(files_of_name(project, answers.use_case), None) or next((p for p in texts if p.exists()), None):
        raise ConfigurationError(f"`{there}` exists already. Choose another name, or remove the use case first.")
    if not _is_read(project, folder):
        raise ConfigurationError(
            f"dbt would not read `{answers.folder}`: it lies in none of the project's model paths "
            f"({', '.join(model_paths(project))}). Choose a folder in one of them."
        )
    path = project.directory / "dbt_project.yml"
    settings = settings_file.with_item(settings_file.read(path), "insitu_use_cases", answers.use_case)
    if answers.backtest:
        settings = settings_file.with_item(settings, "insitu_backtests", answers.use_case)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        file.write_text(text)
    settings_file.write(path, settings)
    return list(texts)


def check(answers: Answers) -> None:
    """Raise ConfigurationError if a use case cannot be made of the answers."""
    check_use_case(answers.use_case)
    check_columns(answers.entity, answers.label)
    if answers.source:
        check_source(answers.source, answers.time, answers.matured_at, [*answers.entity, answers.label])
    for option in ("test", "gap", "validation", "every"):
        try:
            durations.parse(getattr(answers, option))
        except ValueError as error:
            raise ConfigurationError(f"--{option}: {error}") from None
    declared = yaml.safe_load(render(answers, ())[f"_{answers.use_case}.yml"])["models"]
    parse(declared[0]["config"]["meta"]["ml"], answers.use_case)


def contents(project: Project, answers: Answers) -> dict[str, str]:
    """The text of each file of the use case in this project, by its name."""
    schemas = project.variable("insitu_schemas", {}, package=str(project.settings.get("name")))
    return render(answers, schemas if isinstance(schemas, Mapping) else {})


def model_paths(project: Project) -> list[str]:
    """The folders of the project's models."""
    return list(project.settings.get("model-paths") or ["models"])


def files_of_name(project: Project, use_case: str) -> Iterator[Path]:
    """The files `<use_case>__*` and `_<use_case>.yml` in the project's model paths."""
    for folder in model_paths(project):
        for path in sorted((project.directory / folder).rglob("*")):
            if path.is_file() and (path.name.startswith(f"{use_case}__") or path.name == f"_{use_case}.yml"):
                yield path


def _is_read(project: Project, folder: Path) -> bool:
    paths = [(project.directory / path).resolve() for path in model_paths(project)]
    return any(path == folder.resolve() or path in folder.resolve().parents for path in paths)
