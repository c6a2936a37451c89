"""`python -m scoring run <use_case> --as-of …`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import yaml

from insitu.cli import run_command
from insitu.errors import ConfigurationError
from insitu.warehouse import Project
from insitu.warehouse.dbt import run_dbt
from scoring.batch import score


@click.group()
def scoring() -> None:
    """Apply registered models outside `dbt build`."""


@scoring.command()
@click.argument("use_case")
@click.option("--as-of", help='UTC time such as "2013-11-02" or "2013-11-02 06:00:00"; the project\'s by default.')
@click.option("--vars", "variables", default="{}", help="dbt variables (YAML) for the refresh, as `dbt --vars`.")
@click.option("--refresh/--no-refresh", default=True, show_default=True, help="Build the scoring set first.")
@click.option("--project-dir", type=click.Path(path_type=Path), default="dbt_project", show_default=True)
@click.option("--profiles-dir", type=click.Path(path_type=Path), default=".", show_default=True)
@click.option("--target", default=None, help="Target of the dbt profile; its default otherwise.")
def run(
    use_case: str,
    as_of: str | None,
    variables: str,
    refresh: bool,
    project_dir: Path,
    profiles_dir: Path,
    target: str | None,
) -> None:
    """Score the window that --as-of opens with the champion; the same batch twice adds nothing."""
    project = Project(project_dir, profiles_dir, target)
    project.use_case_config(use_case)
    moment = _moment(as_of) if as_of else None
    if refresh:
        given = _variables(variables) | ({"as_of": moment} if moment else {})
        run_dbt(project, "--quiet", "run", "--select", f"+{use_case}__scoring_set", variables=given)
    scored = score(project, use_case, moment)
    click.echo(f"{scored.use_case}: {scored.rows:,} new predictions for {scored.batch_as_of}")


def _variables(text: str) -> dict[str, Any]:
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"--vars is no YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"--vars is `{text}`; expected a mapping such as '{{raw_schema: landing}}'.")
    return given


def _moment(text: str) -> str:
    try:
        return str(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError as error:
        raise ConfigurationError(f'--as-of is `{text}`; expected a UTC time such as "2013-11-02 06:00:00".') from error


if __name__ == "__main__":
    sys.exit(run_command(scoring))
