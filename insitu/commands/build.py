"""`insitu build`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from insitu.commands.proof import check
from insitu.commands.report import report, with_output
from insitu.commands.status import status
from insitu.errors import InsituError
from insitu.warehouse import Project

if TYPE_CHECKING:
    from insitu.warehouse.dbt import InProcess


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("dbt_options", nargs=-1, type=click.UNPROCESSED)
@with_output
@click.pass_context
def build(context: click.Context, dbt_options: tuple[str, ...], output: Path) -> None:
    """Run `dbt build`, then check, report and status, in one process that reads the project once.

    Other options, such as --select or --full-refresh, are dbt's. Exit code as dbt's and as that of `insitu check`;
    what fails ends the command there. When a use case fails, the models over all use cases are still built, of what
    there is.
    """
    # dbt takes seconds to import: not for the other commands
    from insitu.warehouse.dbt import InProcess

    project: Project = context.obj
    dbt = InProcess(project)
    try:
        dbt.invoke("build", *dbt_options)
    except KeyboardInterrupt:
        click.echo("What is finished is kept. The same command again does the rest, `dbt retry` does not.", err=True)
        raise
    except InsituError:
        # dbt skips whatever comes after a failed node, also what the other use cases need.
        unscored = _unscored(dbt)
        overall = [name.split(".")[2] for name in dbt.skipped if name.startswith("model.insitu.")]
        if overall:
            click.echo("\nThe models over all use cases, of what is built:")
            with suppress(InsituError):  # the first failure is what the command ends with
                dbt.invoke("build", "--select", *overall)
        for line in unscored:
            click.echo(line, err=True)
        raise
    # Features are proved by the SQL of a full build; what a build does in full anyway is compiled by now.
    if otherwise := dbt.models_not_built_in_full():
        dbt.invoke("--quiet", "compile", "--full-refresh", "--select", *otherwise)
    dbt.close()
    context.obj = replace(project)  # which has not read the manifest yet that was just written
    context.invoke(check)
    context.invoke(report, output=output)
    context.invoke(status)


def _unscored(dbt: InProcess) -> list[str]:
    """A line for each use case whose predictions the last command left out: what stopped them, and what to do."""
    found = []
    for node in dbt.skipped:
        name = node.split(".")[-1]
        if node.startswith("model.") and name.endswith("__predictions"):
            causes = dbt.stopped_by(node)
            shown = ", ".join(f"`{cause}`" for cause in causes[:3])
            shown += f" and {len(causes) - 3} more" if len(causes) > 3 else ""
            use_case = name.removesuffix("__predictions")
            found.append(
                f"`{use_case}` was not scored: {shown} failed. The next run that gets through catches up. "
                "A test that is not to stop predictions has `severity: warn`: see docs/live.md."
            )
    return found
