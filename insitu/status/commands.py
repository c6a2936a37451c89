"""`insitu status`."""

import json

import click

from insitu.status.collect import UseCase, layers, use_case
from insitu.warehouse import Project, connect

SHOWN = {
    "auc": "AUC",
    "expected_calibration_error": "calibration error",
    "log_loss": "log loss",
    "profit": "profit a row",
    "profit_treat_all": "  treating all",
    "profit_treat_none": "  treating none",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "accuracy": "accuracy",
}


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
    click.echo(f"\n{click.style(case.use_case, bold=True)}   as of {case.as_of or 'never scored'}")
    if case.champion is None:
        click.echo("  champion      none: see the reasons in " + project.relation(f"{case.use_case}__promotions"))
    else:
        click.echo(f"  champion      {case.champion} ({case.champion_reason}; {case.versions} versions registered)")
        for metric, label in SHOWN.items():
            if metric in case.test_metrics:
                click.echo(f"    {label:<22}{case.test_metrics[metric]:>10.4f}   on the gapped test")
    click.echo(f"  predictions   {case.predictions:,}, the last batch for {case.latest_batch}")
    click.echo(f"  outcomes      {case.outcomes:,} known by now")
    click.echo(f"  open alerts   {len(case.open_alerts)}")
    for alert in case.open_alerts[:5]:
        click.echo(f"    {alert['severity']:<6}{alert['alert']}: {alert['message']}")
    latest = project.relation(f"{case.use_case}__predictions_latest")
    click.echo("  next query    " + click.style(f"select * from {latest} order by score desc limit 10;", fg="cyan"))
