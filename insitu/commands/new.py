"""`insitu new` and `insitu remove-use-case`."""

from __future__ import annotations

import sys
from typing import Any

import click

from insitu.errors import ConfigurationError
from insitu.scaffold.names import check_use_case
from insitu.scaffold.new import LINEAR_FAMILY, Answers, new_use_case
from insitu.scaffold.remove import files_of
from insitu.scaffold.remove import remove_use_case as take_out
from insitu.warehouse import Project
from insitu.warehouse.places import shown


@click.command()
@click.argument("use_case")
@click.option("--entity", multiple=True, help="Key column of what is predicted for; once for each column of a key.")
@click.option("--label", help="Column that is predicted, such as has_churned.")
@click.option("--task", type=click.Choice(sorted(LINEAR_FAMILY)), default="binary", show_default=True)
@click.option("--from", "source", help="Model or source.table with a row for each prediction and its outcome.")
@click.option("--time", help="Its column with the moment of the prediction.")
@click.option("--matured-at", help="Its column with the moment when the outcome was known.")
@click.option("--retrain-every", default="month", show_default=True, help="day, week, month, quarter or year.")
@click.option("--test", default="30 days", show_default=True, help="The last days, which test the models.")
@click.option("--gap", default="7 days", show_default=True, help="Days before them that nobody uses.")
@click.option("--validation", default="30 days", show_default=True, help="Days before the gap, which choose.")
@click.option("--every", default="1 day", show_default=True, help="How often predictions are due.")
@click.option("--backtest", is_flag=True, help="Write the opt-in backtest too.")
@click.option("--folder", help="Where the files go, from the project's folder.")
@click.pass_obj
def new(project: Project, /, use_case: str, entity: tuple[str, ...], label: str | None, **answers: Any) -> None:
    """Write the files of a new use case.

    With --from, --time and --matured-at they are a first version that builds; otherwise three of them are yours to
    write. What is missing is asked for on a terminal.
    """
    check_use_case(use_case)
    asks = not (entity and label)
    keys = [key.strip() for given in entity or (_asked("Key column(s) of what is predicted for", "--entity"),)
            for key in given.split(",")]  # fmt: skip
    label = label or _asked("Column that is predicted", "--label")
    if asks:
        answers["task"] = click.prompt("Task", type=click.Choice(sorted(LINEAR_FAMILY)), default=answers["task"])
        answers["source"] = answers["source"] or click.prompt(
            "Model or source.table with a row for each prediction and its outcome (empty: none)", default=""
        )
    if answers["source"] and _is_terminal():
        answers["time"] = answers["time"] or click.prompt("Its column with the moment of the prediction")
        answers["matured_at"] = answers["matured_at"] or click.prompt("Its column with the moment of the outcome")
    answers["source"] = answers["source"] or None
    for path in new_use_case(project, Answers(use_case=use_case, entity=keys, label=label, **answers)):
        click.echo(f"  {shown(path)}")
    settings = shown(project.directory / "dbt_project.yml")
    click.echo(f"  `{use_case}` is in the variable insitu_use_cases of {settings}\n")
    if answers["source"]:
        click.echo(f"A first version is written over `{answers['source']}`; better features are yours to add. Next:")
    else:
        click.echo(
            f"Write {use_case}__spine (who, when), {use_case}__labels (what came true, known when) and "
            f"{use_case}__features (which feature models). Then:"
        )
    click.echo(f"  {project.command(f'dbt build --select +{use_case}__champion')}      # train and judge")
    click.echo(f"  {project.command('dbt compile --full-refresh')}\n  insitu check")


@click.command("remove-use-case")
@click.argument("use_case")
@click.option("--force", is_flag=True, help="Delete what was changed since it was written too.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove_use_case(project: Project, /, use_case: str, force: bool, yes: bool) -> None:
    """Delete the files that `insitu new` wrote; tables stay, and the statements that would drop them are printed.

    A file that was changed since is deleted with --force only, one of the same name that it never wrote is not.
    """
    found = files_of(project, use_case)
    for path in found.written:
        click.echo(f"  {shown(path)}")
    for path in found.changed:
        click.echo(f"  {shown(path)}  (changed since it was written)")
    if not yes and (force or not found.changed):
        if not _is_terminal():
            raise ConfigurationError("These files would be deleted. Say --yes to delete them.")
        click.confirm("Delete these files?", abort=True)
    take_out(project, use_case, force)
    click.echo(f"`{use_case}` is no longer in the project, nor in its variable insitu_use_cases.")
    if found.own:
        click.echo("These are your own and stay; what they read of the use case is gone:")
        click.echo("\n".join(f"  {shown(path)}" for path in found.own))
    if found.drops:
        click.echo("Its tables are still in the warehouse. To drop them, with all that was predicted and decided:\n")
        click.echo("\n".join(found.drops))


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _asked(question: str, option: str) -> str:
    if not _is_terminal():
        raise ConfigurationError(f"{option} is missing: {question[0].lower()}{question[1:]}.")
    answer: str = click.prompt(question)
    return answer
