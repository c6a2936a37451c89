"""`insitu score`: `insitu score run <use_case> --as-of …`."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml

from insitu.errors import ConfigurationError
from insitu.moments import moment
from insitu.warehouse import Project
from insitu.warehouse.dbt import run_dbt


@click.group()
def score() -> None:
    """Apply registered models outside `dbt build`."""


@score.command()
@click.argument("use_case")
@click.option(
    "--as-of",
    help='Time such as "2013-11-02" or "2013-11-02 06:00:00", UTC unless it has an offset; the project\'s by default.',
)
@click.option("--vars", "variables", default="{}", help="dbt variables (YAML) for the refresh, as `dbt --vars`.")
@click.option("--refresh/--no-refresh", default=True, show_default=True, help="Build the scoring set first.")
@click.option("--project-dir", "directory", type=click.Path(path_type=Path), help="As before the command.")
@click.option("--profiles-dir", type=click.Path(path_type=Path), help="As before the command.")
@click.option("--target", help="As before the command.")
@click.pass_obj
def run(
    project: Project | None,
    /,
    use_case: str,
    as_of: str | None,
    variables: str,
    refresh: bool,
    **place: Any,
) -> None:
    """Score the window that --as-of opens with the champion; the same batch twice adds nothing."""
    from insitu.scoring.batch import score_batch  # scikit-learn takes a second to import

    project = replace(project or Project(), **{name: value for name, value in place.items() if value is not None})
    project.use_case_config(use_case)
    given = _variables(variables) | ({"as_of": str(moment(as_of, "--as-of"))} if as_of is not None else {})
    if refresh:
        run_dbt(project, "--quiet", "run", "--select", f"+{use_case}__scoring_set", variables=given)
    scored = score_batch(project, use_case, given.get("as_of"))
    click.echo(f"{scored.use_case}: {scored.rows:,} new predictions for {scored.batch_as_of}")


def _variables(text: str) -> dict[str, Any]:
    """The variables for dbt; YAML's dates as text, since JSON has none."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"--vars is not YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"--vars is `{text}`; expected a mapping such as '{{raw_schema: landing}}'.")
    given = {str(name): str(value) if isinstance(value, date) else value for name, value in given.items()}
    return given | ({"as_of": str(moment(str(given["as_of"]), "as_of in --vars"))} if "as_of" in given else {})
