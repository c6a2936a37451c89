"""`insitu report`."""

from pathlib import Path

import click

from insitu.errors import ConfigurationError
from insitu.warehouse import Project, connect

with_output = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("warehouse/report.html"),
    show_default=True,
    help="The report's file.",
)


@click.command()
@with_output
@click.pass_obj
def report(project: Project, output: Path) -> None:
    """Write one self-contained HTML file about every use case: quality, decisions, drift, value, alerts."""
    # the charts' libraries take a second to import: not for `insitu status`
    from insitu.report.build import build, write

    with connect(project) as warehouse:
        content = build(project, warehouse)
    try:
        write(output, content)
    except OSError as error:
        raise ConfigurationError(
            f"The report cannot be written to `{output}`: {error}. Choose another --output."
        ) from error
    click.echo(f"Report   {output}   ({len(content.encode()) / 1024:,.0f} KB)")
