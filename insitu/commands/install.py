"""`insitu init`, `insitu upgrade`, `insitu remove`: the dbt package in a project, and out of it."""

from __future__ import annotations

import click

from insitu import __version__
from insitu.errors import ConfigurationError
from insitu.install import plans
from insitu.install.changes import Change
from insitu.install.git import is_ignored
from insitu.install.layout import Layout
from insitu.warehouse import Project
from insitu.warehouse.places import shown

YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
DIFF = click.option("--diff", is_flag=True, help="Show every line of every file.")


@click.command()
@click.option("--link", is_flag=True, help="Link the installed package instead of copying it: to develop the library.")
@YES
@DIFF
@click.pass_obj
def init(project: Project, link: bool, yes: bool, diff: bool) -> None:
    """Put the library's dbt package into this dbt project.

    A copy goes to packages/insitu, to be committed, and one entry to packages.yml (or to dependencies.yml, where the
    packages are listed there). What changes is shown first; nothing else is touched. Needs no network.
    """
    layout = Layout(project)
    changes = plans.init(layout, link)
    copy = layout.copy
    if not changes:
        click.echo(f"Nothing to do: insitu {copy.version} is in `{shown(copy.folder)}`.")
        if copy.version != __version__:
            click.echo(f"The library is {__version__}: run `insitu upgrade`.")
        return
    _make(changes, yes, diff)
    _say_what_is_next(layout)


@click.command()
@click.option("--force", is_flag=True, help="Overwrite what was changed by hand in the copy.")
@YES
@DIFF
@click.pass_obj
def upgrade(project: Project, force: bool, yes: bool, diff: bool) -> None:
    """Renew the project's copy of the dbt package from the installed library."""
    layout = Layout(project)
    before = layout.copy.version
    changes = plans.upgrade(layout, force)
    if not changes:
        click.echo(f"Nothing to do: `{shown(layout.copy.folder)}` is insitu {__version__}, as the library is.")
        return
    _make(changes, yes, diff)
    click.echo(f"insitu {before} -> {__version__}. Next: commit it, and `{project.command('dbt build')}`.")


@click.command()
@click.option("--force", is_flag=True, help="Although use cases or other files still need it.")
@YES
@DIFF
@click.pass_obj
def remove(project: Project, force: bool, yes: bool, diff: bool) -> None:
    """Take the dbt package out of this project: the reverse of `insitu init`.

    What was built stays in the warehouse.
    """
    changes = plans.remove(Layout(project), force)
    if not changes:
        click.echo("Nothing to do: the dbt package is not in this project.")
        return
    _make(changes, yes, diff)
    click.echo("The dbt package is out of the project. What was built is still in the warehouse.")


def _make(changes: list[Change], yes: bool, whole: bool) -> None:
    """Show the changes, ask, make them."""
    for change in changes:
        for line in change.diff(whole):
            click.secho(line, fg={"+": "green", "-": "red"}.get(line[:1]))
    if not yes:
        try:
            agreed = click.confirm("\nMake these changes?")
        except click.Abort as error:
            raise ConfigurationError("Nothing was changed: nobody answered. To go ahead unasked: --yes.") from error
        if not agreed:
            click.echo("Nothing was changed.")
            raise click.exceptions.Exit(1)
    for change in changes:
        change.apply()


def _say_what_is_next(layout: Layout) -> None:
    project, folder = layout.project, shown(layout.copy.folder)
    click.echo("\nDone. Next:")
    if layout.others_are_missing:
        click.echo(f"  {project.command('dbt deps')}   (the project's other packages are not installed)")
    if layout.copy.is_link:
        click.echo(f"  `{folder}` is a link into this Python environment: do not commit it")
    elif is_ignored(layout.copy.folder):
        click.echo(f"  take `{folder}` out of .gitignore: it belongs to the project")
    else:
        click.echo(f"  commit `{folder}` and `{shown(layout.list_file)}`")
    click.echo("  insitu doctor   (is the rest as it has to be?)")
    click.echo("  insitu new      (a use case: `insitu new --help`)")
