"""`insitu check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from insitu.errors import ConfigurationError
from insitu.proof import checking, report
from insitu.proof.columns import of_warehouse
from insitu.proof.manifest import ColumnReader
from insitu.warehouse import Project, connect


def _asking(project: Project) -> ColumnReader:
    """Column types from the warehouse, where it is there; the YAML's otherwise."""

    def read(relations: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, str | None]]:
        try:
            with connect(project) as warehouse:
                return of_warehouse(warehouse, relations)
        except ConfigurationError as error:
            click.echo(f"Column types from YAML only: {error}", err=True)
            return {}

    return read


@click.command()
@click.option("--select", "-s", multiple=True, help="Models to check; all declared ones by default.")
@click.option("--output", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--output-file", type=click.Path(path_type=Path), default=None, help="Write there instead of the screen.")
@click.option("--warehouse/--no-warehouse", default=True, help="Ask the warehouse for column types.")
@click.option("--witness/--no-witness", default=True, help="Search for rows that show each leak.")
@click.pass_obj
def check(
    project: Project, select: tuple[str, ...], output: str, output_file: Path | None, warehouse: bool, witness: bool
) -> None:
    """Prove that features see nothing later than their as-of time.

    Reads what `dbt compile --full-refresh` left in the target folder. Exit code 0: all proved; 1: not; 2: misuse.
    """
    outcome = checking.check(
        project.directory / "target",
        columns=_asking(project) if warehouse else None,
        select=list(select),
        witnesses=witness,
    )
    render = {"text": report.text, "json": report.as_json, "sarif": report.sarif}[output]
    rendered = render(outcome.project, outcome.results, outcome.problems)
    if output_file is None:
        click.echo(rendered)
    else:
        output_file.write_text(rendered + "\n")
    if not outcome.ok:
        sys.exit(1)
