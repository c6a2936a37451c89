"""`insitu build`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from insitu.commands.proof import check
from insitu.commands.report import report, with_output
from insitu.commands.status import status
from insitu.warehouse import Project


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("dbt_options", nargs=-1, type=click.UNPROCESSED)
@with_output
@click.pass_context
def build(context: click.Context, dbt_options: tuple[str, ...], output: Path) -> None:
    """Run `dbt build`, then check, report and status, in one process that reads the project once.

    Other options, such as --select or --full-refresh, are dbt's. Exit code as dbt's and as that of `insitu check`;
    what fails ends the command there.
    """
    # dbt takes seconds to import: not for the other commands
    from insitu.warehouse.dbt import InProcess

    project: Project = context.obj
    dbt = InProcess(project)
    dbt.invoke("build", *dbt_options)
    # Features are proved by the SQL of a full build.
    dbt.invoke("--quiet", "compile", "--full-refresh", "--select", "resource_type:model")
    dbt.close()
    context.obj = replace(project)  # which has not read the manifest yet that was just written
    context.invoke(check)
    context.invoke(report, output=output)
    context.invoke(status)
