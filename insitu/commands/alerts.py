"""`insitu alerts`."""

from __future__ import annotations

import json
import sys

import click

from insitu.alerts.episodes import MODEL, Group, from_rows, grouped, relation_of
from insitu.commands.batches import chosen
from insitu.quoting import literal
from insitu.warehouse import Project, connect

PATIENCE = 60.0  # seconds for which a notifier waits for another one
TONES = {"error": "red", "warn": "yellow"}


@click.command()
@click.argument("use_cases", nargs=-1)
@click.option("--all", "all_episodes", is_flag=True, help="Also what is muted or resolved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--notify", "tell", is_flag=True, help="Tell every INSITU_NOTIFY_<NAME> what it was not told yet.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warn", "never"]),
    default="error",
    show_default=True,
    help="The severity from which an open episode makes the exit code 1.",
)
@click.pass_obj
def alerts(
    project: Project, use_cases: tuple[str, ...], all_episodes: bool, as_json: bool, tell: bool, fail_on: str
) -> None:
    """List the open alert episodes of the use cases, what hangs together as one.

    Exit code 1: an episode of severity error is open that nobody has muted or acknowledged (--fail-on chooses), or a
    notification was not delivered.
    """
    names = chosen(project, use_cases)
    with connect(project, patience=PATIENCE if tell else 0) as warehouse:
        found = from_rows(
            warehouse.query(
                f"select * from {relation_of(project, warehouse, MODEL)} "
                f"where use_case in ({', '.join(map(literal, names)) or literal('')})"
            )
        )
    shown = [each for each in found if all_episodes or each.is_open]
    groups = grouped(shown)
    undelivered = _notify(project, names) if tell else False
    if as_json:
        click.echo(
            json.dumps(
                {
                    "groups": [
                        {
                            "use_case": group.use_case,
                            "cause": group.cause,
                            "severity": group.severity,
                            "headline": group.headline,
                            "episodes": [each.as_dict() for each in group.episodes],
                        }
                        for group in groups
                    ]
                },
                indent=2,
            )
        )
    else:
        for group in groups:
            _show(group)
        muted = sum(each.state == "muted" for each in found)
        if not groups:
            click.echo("No alert is open." + (f" Muted: {muted}; --all shows them." if muted else ""))
    fatal = {"error": ("error",), "warn": ("error", "warn"), "never": ()}[fail_on]
    if undelivered or any(each.severity in fatal and each.state in ("opened", "still_open") for each in found):
        sys.exit(1)


def _show(group: Group) -> None:
    severity = click.style(group.severity, fg=TONES[group.severity])
    click.echo(f"\n{severity}  {click.style(group.use_case, bold=True)}  {group.headline}")
    for each in group.episodes:
        until = f" until {each.handled_until}: {each.handled_reason}" if each.handled_until else ""
        ended = f" {each.resolved_at}" if each.resolved_at else ""
        owner = f"  {each.owner}" if each.owner else ""
        click.echo(f"  {each.state.replace('_', ' ')}{ended}{until}, since {each.opened_at}{owner}")
        click.echo(f"    {each.kind} of {each.subject}: {each.last_message}")
        click.echo(f"    {each.query};")


def _notify(project: Project, use_cases: list[str]) -> bool:
    """Tell what is new; whether something was not delivered."""
    from insitu.alerts.addresses import addresses
    from insitu.alerts.notify import notify
    from insitu.alerts.outbox import Outbox

    outcome = notify(Outbox(project, use_cases), addresses())
    click.echo(f"{outcome.sent} messages sent", err=True)
    for name, n in outcome.failed.items():
        click.echo(
            f"{n} messages to `{name}` were not delivered; the next `insitu alerts --notify` tries again", err=True
        )
    return bool(outcome.failed)
