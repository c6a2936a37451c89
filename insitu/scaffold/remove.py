"""Take a use case out of a project; what it wrote into the warehouse stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.quoting import qualified
from insitu.scaffold import settings_file
from insitu.scaffold.answers import Answers
from insitu.scaffold.new import check, contents, files_of_name
from insitu.scaffold.templates import render_experiments
from insitu.warehouse import Project


@dataclass(frozen=True)
class UseCaseFiles:
    """What belongs to a use case.

    Attributes:
        written: files as `insitu new` wrote them.
        changed: files that it wrote and somebody changed since.
        own: files of the use case's name that somebody else wrote; they stay.
        drops: statements that would drop its relations.
    """

    written: list[Path]
    changed: list[Path]
    own: list[Path]
    drops: list[str]


def files_of(project: Project, use_case: str) -> UseCaseFiles:
    """The files of a use case in the model paths, and the relations behind them.

    Raises:
        ConfigurationError: there is no such use case.
    """
    found = list(files_of_name(project, use_case))
    if not any(path.name == f"{use_case}__models.py" for path in found):
        raise ConfigurationError(
            f"There is no use case `{use_case}`: no file `{use_case}__models.py` in the project's model paths."
        )
    texts = _as_written(project, use_case, found)
    written = [path for path in found if texts.get(path.name) == path.read_text()]
    names = texts or _contents(project, Answers(use_case, ["key"], "label", source="s", backtest=True))
    mine = {*names, *(f"{use_case}__{name}.sql" for name in ("spine", "labels", "features"))}
    changed = [path for path in found if path.name in mine and path not in written]
    return UseCaseFiles(written, changed, [path for path in found if path.name not in mine], _drops(project, use_case))


def remove_use_case(project: Project, use_case: str, force: bool = False) -> UseCaseFiles:
    """Delete the files, the folders that are then empty, and the name in the project's variables.

    Raises:
        ConfigurationError: there is no such use case, or, without `force`, a file was changed since it was written.
    """
    found = files_of(project, use_case)
    if found.changed and not force:
        raise ConfigurationError(
            f"{', '.join(f'`{path}`' for path in found.changed)}: changed since `insitu new` wrote "
            f"{'it' if len(found.changed) == 1 else 'them'}. Say --force to delete what was changed too."
        )
    path = project.directory / "dbt_project.yml"
    settings = settings_file.read(path)
    for variable in ("insitu_experiments", "insitu_backtests", "insitu_use_cases"):
        settings = settings_file.without_item(settings, variable, use_case)
    for file in [*found.written, *found.changed]:
        file.unlink()
        for folder in (file.parent, file.parent.parent):
            if folder.resolve() != project.directory.resolve() and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    settings_file.write(path, settings)
    return found


def _as_written(project: Project, use_case: str, found: list[Path]) -> dict[str, str]:
    """What `insitu new` writes when asked as the use case's YAML says; nothing if it does not say."""
    for path in found:
        said = re.search(r"^# Made by `(insitu new .*)`", path.read_text(), flags=re.MULTILINE)
        if said and path.suffix == ".yml":
            try:
                answers = Answers.from_command(said[1])
                check(answers)
            except (ValueError, ConfigurationError):
                return {}
            return _contents(project, answers) if answers.use_case == use_case else {}
    return {}


def _contents(project: Project, answers: Answers) -> dict[str, str]:
    """What `insitu new` and `insitu experiments` write."""
    return contents(project, answers) | render_experiments(answers.use_case, [*answers.entity, "as_of"])


def _drops(project: Project, use_case: str) -> list[str]:
    """Statements for the relations that dbt knows of, views before the tables that they may read."""
    try:
        nodes = [node for name, node in project.models.items() if name.startswith(f"{use_case}__")]
    except ConfigurationError:  # dbt never ran here: nothing was built
        return []
    kinds = {"view": "view"}
    return [
        f"drop {kinds.get(node['config']['materialized'], 'table')} if exists "
        f"{qualified(node['schema'], node['alias'])} cascade;"
        for node in sorted(nodes, key=lambda node: (node["config"]["materialized"] != "view", node["name"]))
    ]
