"""`insitu status`."""

import json

import click

from insitu import metrics
from insitu.status.collect import UseCase, layers, use_case
from insitu.warehouse import Project, connect
from insitu.warehouse.runs import SET_BACK

SHOWN = (
    "auc",
    "expected_calibration_error",
    "log_loss",
    "profit",
    "profit_treat_all",
    "profit_treat_none",
    "mae",
    "rmse",
    "accuracy",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(project: Project, as_json: bool) -> None:
    """Show what was built: rows per layer, champions and their test metrics, predictions, alerts."""
    with connect(project) as warehouse:
        rows = layers(project, warehouse)
        cases = [use_case(project, warehouse, name) for name in project.use_cases]
    if as_json:
        click.echo(json.dumps({"layers": rows, "use_cases": [case.as_dict() for case in cases]}, indent=2))
        return
    click.echo("\nRows     " + "  ".join(f"{layer} {n:,}" for layer, n in rows.items()))
    for case in cases:
        _show(project, case)


def _show(project: Project, case: UseCase) -> None:
    click.echo(f"\n{click.style(case.use_case, bold=True)}" + (f"   as of {case.as_of}" if case.as_of else ""))
    if not case.has_come:
        click.echo(f"  a run was for a moment that has not come yet, and that is what is read until then; {SET_BACK}")
    if not case.is_built:
        click.echo(f"  not built yet: run `{project.command('dbt build')}`")
        return
    if case.missing:
        click.echo(f"  not built yet {', '.join(case.missing)}: `{project.command('dbt build')}` does")
    if f"{case.use_case}__champion" not in case.missing:
        _show_champion(project, case)
    click.echo(
        f"  predictions   {case.predictions:,}" + (f", the last for {case.latest_batch}" if case.predictions else "")
    )
    click.echo(f"  outcomes      {case.outcomes:,} known by now")
    _show_alerts(project, case)
    if case.predictions and f"{case.use_case}__predictions_latest" in project.models:
        latest = project.relation(f"{case.use_case}__predictions_latest")
        click.echo("  next query    " + click.style(f"select * from {latest} order by score desc limit 10;", fg="cyan"))


def _show_champion(project: Project, case: UseCase) -> None:
    failed = f", {case.failed_versions} of them failed" if case.failed_versions else ""
    if case.champion is None:
        reasons = project.relation(f"{case.use_case}__promotions")
        click.echo(f"  champion      none of {case.versions} versions{failed}; {reasons} says why")
        return
    click.echo(f"  champion      {case.champion} ({case.champion_reason}; {case.versions} versions registered{failed})")
    estimate = ", before it was fitted again on everything" if case.test_is_estimate else ""
    for metric in SHOWN:
        if metric in case.test_metrics:
            label = metrics.in_sentence(metrics.of(metric).title)
            click.echo(f"    {label:<24}{case.test_metrics[metric]:>10.4f}   on the gapped test{estimate}")


def _show_alerts(project: Project, case: UseCase) -> None:
    if "alerts" in case.missing:
        click.echo("  open alerts   unknown: the table `alerts` is not there")
        return
    click.echo(
        f"  open alerts   {len(case.open_alerts)}" + (f", in {project.relation('alerts')}" if case.open_alerts else "")
    )
    shown = set()
    for alert in case.open_alerts:
        if alert["alert"] not in shown:
            shown.add(alert["alert"])
            more = case.alert_counts[alert["alert"]] - 1
            click.echo(f"    {alert['severity']:<6}{alert['message']}" + (f" (and {more} more)" if more else ""))
