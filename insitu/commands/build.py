"""`insitu build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from insitu.commands.proof import check
from insitu.commands.report import report
from insitu.commands.status import status
from insitu.warehouse import Project

PASSED_ON = {"ignore_unknown_options": True}


@click.command(context_settings=PASSED_ON)
@click.argument("dbt_options", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("warehouse/report.html"),
    show_default=True,
    help="The file of the report.",
)
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
    context.obj = Project.find(**_as_told(project))  # with the manifest that was just written
    for command, options in ((check, {}), (report, {"output": output}), (status, {})):
        context.invoke(command, **options)


def _as_told(project: Project) -> dict[str, Any]:
    return {
        "project_dir": project.directory,
        "profiles_dir": project.profiles_dir,
        "target": project.target,
        "profile": project.profile,
        "variables": project.variables,
    }
