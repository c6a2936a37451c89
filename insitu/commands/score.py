"""`insitu score`: `insitu score run <use_case> --as-of …`."""

import sys

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


@score.command("audit")
@click.argument("use_cases", nargs=-1)
@click.option("--rows", default=1000, show_default=True, help="Rows of each batch, chosen by chance; 0 for all.")
@click.pass_obj
def audit_predictions(project: Project | None, /, use_cases: tuple[str, ...], rows: int) -> None:
    """Compute predictions again from the registered models. Exit code 1: some are not what a model says."""
    from insitu.scoring.audit import audit  # scikit-learn takes a second to import

    project = project or Project.find()
    for use_case in use_cases:
        project.use_case_config(use_case)
    failed = False
    for use_case in use_cases or project.use_cases:
        found = audit(project, use_case, rows or None)
        failed = failed or bool(found.findings)
        n_findings = f"{len(found.findings):,}" if found.findings else "no"
        click.echo(f"{use_case}: {found.batches:,} batches, {found.rows:,} rows computed again, {n_findings} findings")
        for finding in found.findings:
            click.echo(f"  {finding}")
    if failed:
        sys.exit(1)


def _own_moments(project: Project) -> dict[str, str]:
    """The use cases that have an `as_of` of their own."""
    if not (project.directory / places.PROJECT_FILE).is_file():
        return {}
    return dict(project.variable("insitu_use_case_as_of", {}, package=str(project.settings.get("name"))))
