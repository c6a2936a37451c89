"""`insitu score`: `insitu score run <use_case> --as-of …`."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from insitu import durations
from insitu.commands.batches import as_json, chosen, list_batches, publish, said_beside, tell_findings, verify
from insitu.commands.serve import serve
from insitu.errors import ConfigurationError
from insitu.moments import moment, utc_now
from insitu.scoring.options import Options
from insitu.scoring.present import declared, variables
from insitu.scoring.progress import Progress
from insitu.warehouse import Project

if TYPE_CHECKING:
    from insitu.scoring.batch import Scored


@click.group()
def score() -> None:
    """Apply registered models outside `dbt build`."""


for command in (list_batches, verify, publish, serve):
    score.add_command(command)


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
@click.option("--shadow", "shadows", multiple=True, help="A version that scores the same rows, never of record.")
@click.option("--model-version", "instead", help="Score by this version, in shadow, and not by those in charge.")
@click.option("--where", help="An SQL condition on the rows that are due.")
@click.option("--dry-run", is_flag=True, help="Say what would be scored by which model; write nothing.")
@as_json
@click.pass_obj
def run(
    project: Project | None, /, use_case: str, as_of: str | None, refresh: bool, as_json: bool, **asked: Any
) -> None:
    """Score what fell due up to --as-of and nobody has scored, each row by the champion of its own time."""
    from insitu.scoring.batch import score_built  # scikit-learn takes a second to import
    from insitu.scoring.run import parsed, score_now

    project = project or Project.find()
    progress = Progress(use_case, sys.stderr)
    options = Options(**asked, progress=progress)
    told, option = (as_of, "--as-of") if as_of else (project.variables.get("insitu_as_of"), "insitu_as_of in --vars")
    given = _read(str(told), option) if told is not None else None
    with said_beside(as_json):
        if refresh:
            moments = _moments(project, use_case, given)
            scored = score_now(parsed(project, moments), use_case, moments["insitu_as_of"], options)
        else:
            scored = score_built(project, use_case, given, options)
    progress.end()
    if as_json:
        click.echo(json.dumps(scored.as_dict(), default=str))
        return
    _tell(scored)


def _tell(scored: Scored) -> None:
    moment_scored = scored.batch_as_of or "now: nothing fell due in the window"
    what = "predictions would be made" if scored.is_dry else "new predictions"
    click.echo(f"{scored.use_case}: {scored.rows:,} {what} for {moment_scored}")
    if scored.is_dry or any(batch.is_shadow for batch in scored.batches):
        for batch in scored.batches:
            shadow = ", in shadow" if batch.is_shadow else ""
            click.echo(f"  {batch.rows_due:,} rows by {batch.model_version}{shadow}")


@score.command()
@click.argument("use_case")
@click.option("--from", "first", required=True, help='First moment, such as "2013-10-01".')
@click.option("--to", "last", required=True, help="Last moment.")
@click.option("--every", required=True, help="Time between them, such as '1 day'.")
@as_json
@click.pass_obj
def backfill(project: Project | None, /, use_case: str, first: str, last: str, every: str, as_json: bool) -> None:
    """Run for a row of past moments: what was due then is scored by the models in charge then.

    What has been scored is not scored again, so a backfill that was broken off is run again as it is.
    """
    from insitu.scoring.run import parsed, score_now

    project = project or Project.find()
    moments = _moments_between(moment(first, "--from"), moment(last, "--to"), every)
    progress = Progress(use_case, sys.stderr)
    found = []
    dbt = parsed(project, _moments(project, use_case, str(moments[0])))
    for each in moments:
        with said_beside(as_json):
            dbt = dbt.at(_moments(project, use_case, str(each)))
            scored = score_now(dbt, use_case, str(each), Options(progress=progress), publishes=each == moments[-1])
        progress.end()
        found.append(scored)
        if not as_json:
            _tell(scored)
    if as_json:
        click.echo(json.dumps([scored.as_dict() for scored in found], default=str))


def _moments_between(first: datetime, last: datetime, every: str) -> list[datetime]:
    """Raises ConfigurationError for a duration that is none, or an end before the beginning."""
    try:
        step = durations.parse(every)
    except ValueError as error:
        raise ConfigurationError(f"--every: {error}") from error
    if last < first:
        raise ConfigurationError(f"--to is {last}, before --from, {first}. Change them over.")
    found, number = [first], 1
    while (following := (step * number).after(first)) <= last:
        found.append(following)
        number += 1
    return found


@score.command("audit")
@click.argument("use_cases", nargs=-1)
@click.option("--rows", default=1000, show_default=True, help="Rows of each batch, chosen by chance; 0 for all.")
@click.pass_obj
def audit_predictions(project: Project | None, /, use_cases: tuple[str, ...], rows: int) -> None:
    """Compute predictions again from the registered models. Exit code 1: some are not what a model says."""
    from insitu.scoring.audit import audit  # scikit-learn takes a second to import

    project = project or Project.find()
    failed = False
    for use_case in chosen(project, use_cases):
        found = audit(project, use_case, rows or None)
        failed = failed or bool(found.findings)
        tell_findings(use_case, f"{found.batches:,} batches, {found.rows:,} rows computed again", found.findings)
    if failed:
        sys.exit(1)


def _moments(project: Project, use_case: str, given: str | None) -> dict[str, Any]:
    """The variables that say for which moment a run is: one given, else that of the use case, else the project's."""
    return variables(project, use_case, given or _read(declared(project, use_case), "The variable insitu_as_of"))


def _read(text: str, option: str) -> str:
    """A moment as it is written for dbt; `now` is this one, for all that the run does."""
    if text == "now":
        return utc_now().strftime("%Y-%m-%d %H:%M:%S")
    return str(moment(text, option))
