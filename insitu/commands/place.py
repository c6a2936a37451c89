"""Which project a command is about: the same options for all commands, before the command's name or after it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml

from insitu.errors import ConfigurationError
from insitu.warehouse import Project

GIVEN = "insitu.commands.place"


def variables(text: str) -> dict[str, Any]:
    """`--vars` as dbt takes it; YAML's dates as text, since JSON has none."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"--vars is not YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"--vars is `{text}`; expected a mapping such as '{{raw_schema: landing}}'.")
    return {str(name): str(value) if isinstance(value, date) else value for name, value in given.items()}


def _given(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Take note of an option; what is said after the command's name counts."""
    if value is not None:
        given = context.meta.setdefault(GIVEN, {})
        given[parameter.name] = variables(value) if parameter.name == "variables" else value
        context.obj = Project.find(**given)


FOLDER = click.Path(path_type=Path, file_okay=False)
OPTIONS: dict[str, dict[str, Any]] = {
    "--project-dir": {"type": FOLDER, "help": "Folder of dbt_project.yml; by default this one or the nearest above."},
    "--profiles-dir": {"type": FOLDER, "help": "Folder of profiles.yml; by default as dbt finds it."},
    "--profile": {"help": "Profile; by default as dbt_project.yml says."},
    "--target": {"help": "Target of the profile; by default as the profile says."},
    "--vars": {"metavar": "YAML", "help": "dbt variables, as `dbt --vars`."},
}
NAMES = {"--vars": "variables"}


def takes_place(command: click.Command) -> click.Command:
    """Give a command, and the commands in it, the options."""
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        takes_place(subcommand)
    taken = {flag for parameter in command.params for flag in parameter.opts}
    for flag, settings in OPTIONS.items():
        if flag not in taken:
            names = [flag, NAMES.get(flag, flag.removeprefix("--").replace("-", "_"))]
            command.params.append(click.Option(names, callback=_given, expose_value=False, **settings))
    return command
