"""Write the models of a use case's experiments."""

from __future__ import annotations

from pathlib import Path

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.scaffold import settings_file
from insitu.scaffold.new import files_of_name
from insitu.scaffold.templates import render_experiments
from insitu.warehouse import Project

VARIABLE = "insitu_experiments"
DECLARATION = """\
experiments:
  - name: first
    from: 2030-01-01            # the first day whose rows take part
    variants: [{name: usual}, {name: early, threshold: 0.3}]
    ramp:
      - {after: 0 days, shares: {early: 0.05}}
      - {after: 7 days, shares: {early: 0.5}}
    metrics: [{name: profit, kind: mean, value: realised_profit, role: primary}]
"""


def new_experiments(project: Project, use_case: str) -> list[Path]:
    """Write the files beside those of the use case, and add it to the variable `insitu_experiments`; all or nothing.

    Returns:
        The written files; none where all of them are there.

    Raises:
        ConfigurationError: there is no such use case, some of the files are there and others are not, or
            dbt_project.yml cannot be edited.
    """
    folder = _folder(project, use_case)
    key = parse(project.use_case_config(use_case), use_case).key
    texts = {folder / name: text for name, text in render_experiments(use_case, key).items()}
    there = {path.name for path in files_of_name(project, use_case)} & {path.name for path in texts}
    if len(there) == len(texts):
        return []
    if there:
        raise ConfigurationError(
            f"Some models of experiments of `{use_case}` are there ({', '.join(sorted(there))}) and others are not. "
            "Remove them, or write the others by hand: docs/acting.md lists them."
        )
    path = project.directory / "dbt_project.yml"
    settings = settings_file.with_item(settings_file.read(path), VARIABLE, use_case)
    for file, text in texts.items():
        file.write_text(text)
    settings_file.write(path, settings)
    return list(texts)


def _folder(project: Project, use_case: str) -> Path:
    found = [path for path in files_of_name(project, use_case) if path.name == f"{use_case}__decisions.sql"]
    if not found:
        raise ConfigurationError(
            f"There is no use case `{use_case}` with decisions: no file `{use_case}__decisions.sql` in the project's "
            f"model paths. `insitu new {use_case}` writes one."
        )
    return found[0].parent
