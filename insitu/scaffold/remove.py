"""Take a use case out of a project; what it wrote into the warehouse stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.quoting import qualified
from insitu.scaffold.settings_file import without_item
from insitu.warehouse import Project


@dataclass(frozen=True)
class UseCaseFiles:
    """What belongs to a use case: its files, and its relations as statements that would drop them."""

    files: list[Path]
    drops: list[str]


def files_of(project: Project, use_case: str) -> UseCaseFiles:
    """The files `<use_case>__*` and `_<use_case>.yml` of the model paths, and the relations behind them.

    Raises:
        ConfigurationError: there is no such use case.
    """
    found = [
        path
        for folder in project.settings.get("model-paths") or ["models"]
        for path in sorted((project.directory / folder).rglob("*"))
        if path.is_file() and (path.name.startswith(f"{use_case}__") or path.name == f"_{use_case}.yml")
    ]
    if not any(path.name == f"{use_case}__models.py" for path in found):
        raise ConfigurationError(
            f"There is no use case `{use_case}`: no file `{use_case}__models.py` in the project's model paths."
        )
    return UseCaseFiles(found, _drops(project, use_case))


def remove_use_case(project: Project, use_case: str) -> None:
    """Delete the files, the folders that are then empty, and the name in the project's variables."""
    path = project.directory / "dbt_project.yml"
    settings = path.read_text()
    for variable in ("insitu_backtests", "insitu_use_cases"):
        settings = without_item(settings, variable, use_case)
    for file in files_of(project, use_case).files:
        file.unlink()
        for folder in (file.parent, file.parent.parent):
            if folder != project.directory and not any(folder.iterdir()):
                folder.rmdir()
    path.write_text(settings)


def _drops(project: Project, use_case: str) -> list[str]:
    """Statements for the relations that dbt knows of, tables before the views that they may feed on."""
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
