"""`insitu build`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from insitu.commands.proof import check
from insitu.commands.report import report, with_output
from insitu.commands.status import status
from insitu.errors import InsituError
from insitu.warehouse import Project


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
    except InsituError:
        # dbt skips whatever comes after a failed node, also what the other use cases need.
        overall = [name.split(".")[2] for name in dbt.skipped if name.startswith("model.insitu.")]
        if overall:
            click.echo("\nThe models over all use cases, of what is built:")
            with suppress(InsituError):  # the first failure is what the command ends with
                dbt.invoke("build", "--select", *overall)
        raise
    # Features are proved by the SQL of a full build.
    dbt.invoke("--quiet", "compile", "--full-refresh", "--select", "resource_type:model")
    dbt.close()
    context.obj = replace(project)  # which has not read the manifest yet that was just written
    context.invoke(check)
    context.invoke(report, output=output)
    context.invoke(status)
