"""`insitu experiments`."""

from __future__ import annotations

import click

from insitu.scaffold.experiments import DECLARATION, new_experiments
from insitu.warehouse import Project
from insitu.warehouse.places import shown


@click.command()
@click.argument("use_case")
@click.pass_obj
def experiments(project: Project, /, use_case: str) -> None:
    """Write the models of a use case's experiments and roll-outs: assignments, exposures, results and steps."""
    written = new_experiments(project, use_case)
    if not written:
        click.echo(f"The models of experiments of `{use_case}` are all there.")
        return
    for path in written:
        click.echo(f"  {shown(path)}")
    click.echo(
        f"  `{use_case}` is in the variable insitu_experiments of {shown(project.directory / 'dbt_project.yml')}\n"
    )
    click.echo(
        f"Declare what is tried in `meta.ml` of `{use_case}__models` (docs/acting.md says all of it), such as:\n"
    )
    click.echo(DECLARATION)
    click.echo("Then:\n  insitu build")
