"""`insitu diff`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from insitu.commands.batches import as_json
from insitu.warehouse import Project


@click.command()
@click.argument("use_case", required=False)
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of production's manifest.json, as dbt's --state.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Also write the Markdown to a file.")
@as_json
@click.pass_obj
def diff(project: Project, use_case: str | None, state: Path, output: Path | None, as_json: bool) -> None:
    """Say what a change does to a USE_CASE, or to all: this project as it was built last, beside production.

    Both are in one warehouse. Exit code 1: something is not proved any more, or the candidate is worse than the
    champion by more than noise.
    """
    from insitu.diff.diff import diff as compare  # scikit-learn takes a second to import
    from insitu.diff.diff import markdown

    found = compare(project, state, use_case)
    if output is not None:
        output.write_text(markdown(found), encoding="utf-8")
    click.echo(json.dumps([each.as_dict() for each in found], default=str) if as_json else markdown(found))
    if any(each.problems for each in found):
        sys.exit(1)
