"""`insitu doctor`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from insitu.install.doctor import FINDING, OK, Result, diagnose
from insitu.warehouse import Project

MARKS = {"ok": ("ok", "green"), "finding": ("!!", "red"), "skipped": ("--", "yellow")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(project: Project, as_json: bool) -> None:
    """Say what in this project, its package, profile and warehouse is not as it has to be, and what to do.

    Exit code 0: all is well; 1: something was found; 2: there is no dbt project.
    """
    results = diagnose(project)
    findings = [result for result in results if result.status == FINDING]
    if as_json:
        click.echo(json.dumps({"ok": not findings, "checks": [asdict(result) for result in results]}, indent=2))
    else:
        _show(results)
        click.echo(f"\n{len(findings)} findings" if len(findings) != 1 else "\n1 finding")
    if findings:
        sys.exit(1)


def _show(results: list[Result]) -> None:
    for result in results:
        mark, colour = MARKS[result.status]
        click.echo(f"{click.style(mark, fg=colour)}  {result.check:<14} {result.message}")
        if result.status != OK:
            click.echo(f"    {'':<14} next: {result.next_step}")
