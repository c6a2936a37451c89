"""`insitu new`."""

import click

from insitu.scaffold.new import LINEAR_FAMILY, new_use_case
from insitu.warehouse import Project


@click.command()
@click.argument("use_case")
@click.option("--entity", required=True, help="Key column of what is predicted for, such as customer_id.")
@click.option("--label", required=True, help="Name of the label column, such as has_churned.")
@click.option("--task", type=click.Choice(sorted(LINEAR_FAMILY)), default="binary", show_default=True)
@click.pass_obj
def new(project: Project, use_case: str, entity: str, label: str, task: str) -> None:
    """Write the files of a new use case; what is yours to say is marked TODO."""
    for path in new_use_case(project, use_case, entity, label, task):
        click.echo(f"  {path}")
    click.echo(
        f"\nFill in the TODOs: {use_case}__spine (who, when), {use_case}__labels (what came true, known when) and "
        f"{use_case}__features (which feature models). Then:\n"
        f"  {project.command(f'dbt build --select +{use_case}__champion')}"
    )
