"""`insitu score`: `insitu score run <use_case> --as-of …`."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from insitu.moments import moment
from insitu.warehouse import Project


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
    help="Compute what is due from the sources; else score what the last build left.",
)
@click.pass_obj
def run(project: Project | None, /, use_case: str, as_of: str | None, refresh: bool) -> None:
    """Score what fell due up to --as-of and nobody has scored, each row by the champion of its own time."""
    from insitu.scoring.batch import score_built  # scikit-learn takes a second to import
    from insitu.scoring.run import score_now

    project = project or Project.find()
    told, option = (as_of, "--as-of") if as_of else (project.variables.get("insitu_as_of"), "insitu_as_of in --vars")
    given = _read(str(told), option) if told is not None else None
    if refresh:
        moments = _moments(project, use_case, given)
        scored = score_now(project, use_case, moments, moments["insitu_as_of"])
    else:
        scored = score_built(project, use_case, given)
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


def _moments(project: Project, use_case: str, given: str | None) -> dict[str, Any]:
    """The variables that say for which moment a run is: one given, else that of the use case, else the project's."""
    own = _variable(project, "insitu_use_case_as_of", {})
    written = own.get(use_case) or _variable(project, "insitu_as_of", "now")
    now = given or _read(str(written), "The variable insitu_as_of")
    return {"insitu_as_of": now} | ({"insitu_use_case_as_of": {**own, use_case: now}} if use_case in own else {})


def _variable(project: Project, name: str, default: Any) -> Any:
    """As the project's own models see it."""
    return project.variable(name, default, package=str(project.settings.get("name")))


def _read(text: str, option: str) -> str:
    """A moment as it is written for dbt; `now` is this one, for all that the run does."""
    if text == "now":
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(moment(text, option))
