"""`insitu score`: `insitu score run <use_case> --as-of …`."""

import click

from insitu.moments import moment
from insitu.warehouse import Project, places
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
@click.option(
    "--refresh/--no-refresh",
    default=True,
    show_default=True,
    help="Build what is scored first, and what analysts read afterwards.",
)
@click.pass_obj
def run(project: Project | None, /, use_case: str, as_of: str | None, refresh: bool) -> None:
    """Score what fell due up to --as-of and nobody has scored, each row by the champion of its own time."""
    from insitu.scoring.batch import score_batch  # scikit-learn takes a second to import

    project = project or Project.find()
    given = dict(project.variables)
    if as_of is not None:
        given["insitu_as_of"] = str(moment(as_of, "--as-of"))
    elif "insitu_as_of" in given:
        given["insitu_as_of"] = str(moment(str(given["insitu_as_of"]), "insitu_as_of in --vars"))
    project.use_case_config(use_case)
    if "insitu_as_of" in given and use_case in (own := _own_moments(project)):
        given["insitu_use_case_as_of"] = {**own, use_case: given["insitu_as_of"]}
    if refresh:
        wanted = [f"+{use_case}__scoring_set", f"{use_case}__due", f"{use_case}__champion"]
        run_dbt(project, "--quiet", "run", "--select", *wanted, variables=given)
    scored = score_batch(project, use_case, given.get("insitu_as_of"))
    if refresh and scored.rows:
        published = ("scored_features", "policies", "decisions", "predictions_latest")
        run_dbt(project, "--quiet", "run", "--select", *(f"{use_case}__{name}" for name in published), variables=given)
    moment_scored = scored.batch_as_of or "now: nothing fell due in the window"
    click.echo(f"{scored.use_case}: {scored.rows:,} new predictions for {moment_scored}")


def _own_moments(project: Project) -> dict[str, str]:
    """The use cases that have an `as_of` of their own."""
    if not (project.directory / places.PROJECT_FILE).is_file():
        return {}
    return dict(project.variable("insitu_use_case_as_of", {}, package=str(project.settings.get("name"))))
