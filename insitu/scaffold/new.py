"""Write the files of a new use case from the templates beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.scaffold.names import check_columns, check_use_case
from insitu.scaffold.settings_file import with_item
from insitu.warehouse import Project

LINEAR_FAMILY = {
    "binary": "logistic_regression",
    "multiclass": "logistic_regression",
    "regression": "linear_regression",
}


@dataclass(frozen=True)
class Answers:
    """What `insitu new` was told.

    Attributes:
        use_case: its name.
        entity: key columns of what is predicted for.
        label: column that is predicted.
        task: binary, multiclass or regression.
        source: a model (`orders`) or source table (`shop.orders`) that has a row for each prediction, with the columns
            of the entity, the label, `time` and `matured_at`; None where the queries are still to be written.
        time: column with the moment of the prediction.
        matured_at: column with the moment when the label became known.
        retrain_every, test, gap, validation, window: see docs/training.md.
        backtest: whether to write the opt-in backtest too.
        folder: where the files go, from the project's folder; `use_cases/<use_case>` in its first model path if None.
    """

    use_case: str
    entity: list[str]
    label: str
    task: str = "binary"
    source: str | None = None
    time: str | None = None
    matured_at: str | None = None
    retrain_every: str = "month"
    test: str = "30 days"
    gap: str = "7 days"
    validation: str = "30 days"
    window: str = "1 day"
    backtest: bool = False
    folder: str | None = None


def new_use_case(project: Project, answers: Answers) -> list[Path]:
    """Write the files and add the use case to the variable `insitu_use_cases`; all of it or nothing.

    Returns:
        The written files.

    Raises:
        ConfigurationError: a name cannot be used, a file is there already, or dbt_project.yml cannot be edited.
    """
    check_use_case(answers.use_case)
    check_columns(answers.entity, answers.label)
    if answers.source and not (answers.time and answers.matured_at):
        raise ConfigurationError(
            f"`{answers.source}` was given without the columns that say when: name the moment of the prediction "
            "(--time) and the moment when the label became known (--matured-at)."
        )
    folder = project.directory / (answers.folder or f"{model_path(project)}/use_cases/{answers.use_case}")
    contents = {folder / name: text for name, text in _files(answers)}
    if there := _first_file_of(project, answers.use_case) or next((path for path in contents if path.exists()), None):
        raise ConfigurationError(f"`{there}` exists already. Choose another name, or remove the use case first.")
    path = project.directory / "dbt_project.yml"
    settings = with_item(path.read_text(), "insitu_use_cases", answers.use_case)
    if answers.backtest:
        settings = with_item(settings, "insitu_backtests", answers.use_case)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in contents.items():
        file.write_text(text)
    path.write_text(settings)
    return list(contents)


def model_path(project: Project) -> str:
    """The first folder of the project's models."""
    paths = project.settings.get("model-paths") or ["models"]
    return str(paths[0])


def _first_file_of(project: Project, use_case: str) -> Path | None:
    folders: list[str] = project.settings.get("model-paths") or ["models"]
    found = (path for folder in folders for path in (project.directory / folder).rglob(f"{use_case}__models.py"))
    return next(found, None)


def _files(answers: Answers) -> Iterator[tuple[str, str]]:
    """Names and contents."""
    words = _words(answers)
    folders = ["pipeline", "from_source" if answers.source else "own", *(["backtest"] if answers.backtest else [])]
    for folder in folders:
        for template in sorted((files("insitu.scaffold") / "templates" / folder).iterdir(), key=lambda file: file.name):
            if "USE_CASE" in template.name:
                yield _filled(template.name, words), _filled(template.read_text(), words)


def _words(answers: Answers) -> dict[str, str]:
    """What stands for each placeholder; a longer one is replaced before one that it contains."""
    templates = files("insitu.scaffold") / "templates"
    source = answers.source or ""
    relation = f"source('{source.split('.')[0]}', '{source.split('.')[1]}')" if "." in source else f"ref('{source}')"
    measure = "{'name': 'LABEL', 'expr': 'LABEL', 'agg': ['avg', 'last']}"
    if answers.task == "multiclass":
        measure = "{'name': 'LABEL', 'expr': 'LABEL', 'agg': 'last'}"
    trust = f', trust: "The rows of {source} are there from their {answers.time} on, and their label from %s on."'
    multiclass = answers.task == "multiclass"
    return {
        "BACKTEST": (templates / "backtest/backtest.yml").read_text() if answers.backtest else "",
        "FEATURE_MODEL": (templates / "from_source/models.yml").read_text() if source else "",
        "ENTITY_COLUMNS": "\n".join(
            f"      - {{name: {column}, description: What is predicted for.}}" for column in answers.entity
        ),
        "MEASURE": f"        {measure},",
        "TRUST_SPINE": trust % answers.matured_at if source else "",
        "TRUST_LABELS": trust % answers.matured_at if source else "",
        "ENTITY_LINES": "\n".join(f"        {column}," for column in answers.entity),
        "SPINE_LINES": "\n".join(f"        spine.{column}," for column in answers.entity),
        "SPINE_JOIN": " and ".join(f"spine.{column} = rows.{column}" for column in answers.entity),
        "KEY_QUOTED": ", ".join(f"'{column}'" for column in [*answers.entity, "as_of"]),
        "ENTITY_QUOTED": ", ".join(f"'{column}'" for column in answers.entity),
        "ENTITY_WORDS": " and ".join(answers.entity),
        "ENTITY_FIRST": answers.entity[0],
        "ENTITY": ", ".join(answers.entity),
        "RELATION_WORDS": source,
        "RELATION": f"{{{{ {relation} }}}}",
        "MATURED_AT": answers.matured_at or "",
        "TIME": answers.time or "",
        "USE_CASE": answers.use_case,
        "LINEAR_FAMILY": LINEAR_FAMILY[answers.task],
        "LABEL": answers.label,
        "TASK": answers.task,
        "CLASS_KEY": ", class" if multiclass else "",
        "AND_CLASS": " and class" if multiclass else "",
        "RETRAIN_EVERY": answers.retrain_every,
        "VALIDATION": answers.validation,
        "TEST": answers.test,
        "GAP": answers.gap,
        "WINDOW": answers.window,
    }


def _filled(text: str, words: dict[str, str]) -> str:
    for placeholder, value in words.items():
        text = text.replace(placeholder, value)
    return text
