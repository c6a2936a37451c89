"""The command line: `insitu --help`."""

import sys

import click

from insitu import __version__
from insitu.commands.alerts import alerts
from insitu.commands.build import build
from insitu.commands.diff import diff
from insitu.commands.doctor import doctor
from insitu.commands.experiments import experiments
from insitu.commands.false_alarms import false_alarms
from insitu.commands.features import explain, features
from insitu.commands.install import init, remove, upgrade
from insitu.commands.new import new, remove_use_case
from insitu.commands.place import takes_place
from insitu.commands.proof import check, lineage, time_travel
from insitu.commands.replay import replay
from insitu.commands.report import report
from insitu.commands.score import score
from insitu.commands.status import status
from insitu.commands.training import backtest, model_card, reproduce
from insitu.errors import InsituError
from insitu.warehouse import Project
from insitu.warehouse.errors import explained


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    """In-warehouse machine learning with dbt: what dbt itself does not do.

    The options say which dbt project is meant, before the command's name or after it; the environment variables
    DBT_PROJECT_DIR, DBT_PROFILES_DIR, DBT_TARGET and DBT_PROFILE count as in dbt.
    """
    if context.obj is None:
        context.obj = Project.find()


COMMANDS: tuple[click.Command, ...] = (
    init,
    doctor,
    upgrade,
    remove,
    build,
    status,
    alerts,
    report,
    false_alarms,
    check,
    time_travel,
    lineage,
    features,
    explain,
    new,
    remove_use_case,
    experiments,
    reproduce,
    backtest,
    replay,
    diff,
    model_card,
    score,
)
for command in COMMANDS:
    cli.add_command(command)
takes_place(cli)


def run_command(command: click.Command) -> int:
    """Run a command; return its exit code, as dbt's: 0 ok, 1 a check failed, 2 usage or configuration."""
    try:
        command(standalone_mode=False)
    except InsituError as error:
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return 2
    except Exception as error:
        clear = explained(error)
        if clear is None:
            raise
        click.echo(f"Error: {clear}", err=True)
        return clear.exit_code
    return 0


def main() -> None:
    """Entry point of `insitu`."""
    sys.exit(run_command(cli))


if __name__ == "__main__":
    main()
