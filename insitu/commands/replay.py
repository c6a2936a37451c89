"""`insitu replay`."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import click

from insitu.commands.batches import as_json, said_beside
from insitu.durations import Duration
from insitu.durations import parse as parse_duration
from insitu.errors import ConfigurationError
from insitu.moments import moment
from insitu.replay.moments import DECLARED, POLICIES, TRIGGERS, Policy, steps
from insitu.warehouse import Project

SHORT = {"h": "hour", "d": "day", "w": "week"}


@click.command()
@click.argument("use_case")
@click.option("--from", "first", required=True, help='First moment, such as "2013-09-01".')
@click.option("--to", "last", required=True, help="Last moment.")
@click.option("--every", default="1d", show_default=True, help="Time between them, such as 1d, 6h or '1 week'.")
@click.option(
    "--retrain",
    "policies",
    multiple=True,
    type=click.Choice(POLICIES),
    help="When models are retrained; several are replayed one after the other and compared. By default as declared.",
)
@click.option("--trigger", "triggers", multiple=True, help="An alert by which `triggered` retrains; one or more.")
@click.option("--wait", default="28 days", show_default=True, help="How long `triggered` waits after a retraining.")
@click.option("--schema", default="replay", show_default=True, help="Stands before the names of the project's schemas.")
@click.option("--restart", is_flag=True, help="Drop what an earlier replay has left in these schemas, and begin anew.")
@click.option("--by-dbt", is_flag=True, help="Run every day by dbt, which takes longer.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as a page.")
@as_json
@click.pass_obj
def replay(
    project: Project,
    use_case: str,
    first: str,
    last: str,
    every: str,
    policies: tuple[str, ...],
    triggers: tuple[str, ...],
    wait: str,
    schema: str,
    restart: bool,
    by_dbt: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Live through past months in minutes, in schemas of its own.

    Each step does what a build of that moment does. A replay that was broken off goes on where it was.
    """
    from insitu.replay.days import Replay  # dbt takes seconds to import
    from insitu.replay.page import html
    from insitu.replay.report import text
    from insitu.report.build import write

    began = time.monotonic()
    moments = steps(moment(first, "--from"), moment(last, "--to"), _duration(every, "--every"))

    def tell(line: str) -> None:
        click.echo(f"{use_case}: {line}", err=True)
        sys.stderr.flush()

    with said_beside(True):  # what models say while they are trained
        played = Replay(project, use_case, moments, schema, tell, quick=not by_dbt)
    asked = [
        Policy(name, played.every, triggers or TRIGGERS, _duration(wait, "--wait"))
        for name in dict.fromkeys(policies or (DECLARED,))
    ]
    with said_beside(True):
        played.run(asked, restart)
    tell(f"{time.monotonic() - began:.0f} s")
    found = played.found(asked)
    if output is not None:
        write(output, html(found, str(project.settings.get("name", project.directory.name))))
        tell(f"the report is {output}")
    if as_json:
        click.echo(json.dumps(found.as_dict(), default=str))
        return
    click.echo(text(found))


def _duration(text: str, option: str) -> Duration:
    """As everywhere, and short: `1d`."""
    if short := re.fullmatch(r"([1-9]\d*)([hdw])", text.strip()):
        return Duration(int(short[1]), SHORT[short[2]])
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigurationError(f"{option}: {error}") from error
