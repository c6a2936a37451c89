"""`insitu false-alarms`."""

import json

import click

from insitu.errors import InsituError
from insitu.quoting import literal
from insitu.status.collect import built_models
from insitu.warehouse import Project, connect

# A period counts once, however many features were beyond their limit: the alert is one.
COUNTED = """
select
    model_version,
    alert,
    count(*) as periods,
    sum(case when n_beyond > 0 then 1 else 0 end) as false_alarms,
    avg(case when n_beyond > 0 then 1.0 else 0.0 end) as share,
    max(chance) as stated,
    sum(n_unusual) as unusual_features
from {relation}
where use_case = {use_case}
group by model_version, alert
order by model_version, alert
"""
TITLES = ("alert", "stable periods", "false alarms", "share", "stated", "features above what is usual")


@click.command("false-alarms")
@click.argument("use_case")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def false_alarms(project: Project, use_case: str, as_json: bool) -> None:
    """Count how often the alerts on drift of a USE_CASE would be raised in periods in which nothing was wrong.

    The periods are those of the held-out rows of each model version that has scored; each is judged by limits from the
    others.
    """
    project.use_case_config(use_case)
    relation = project.relation("mon_false_alarms")
    build = project.command("dbt build --select +mon_false_alarms")
    with connect(project) as warehouse:
        if "mon_false_alarms" not in built_models(project, warehouse):
            raise InsituError(f"{relation} is not built yet: run `{build}`")
        counted = COUNTED.format(relation=relation, use_case=literal(use_case))
        rows = warehouse.query(counted).to_pylist()
    for row in rows:
        row |= {name: int(row[name]) for name in ("periods", "false_alarms", "unusual_features")}
        row["share"] = float(row["share"])
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        raise InsituError(
            f"{relation} has no stable period of {use_case}: no model version has scored a batch yet, or no period of "
            f"its held-out rows has as many as `min_rows`. Once there are, `{build}` judges them."
        )
    for version in dict.fromkeys(row["model_version"] for row in rows):
        click.echo(f"\n{click.style(version, bold=True)}")
        lines = [TITLES, *(_line(row) for row in rows if row["model_version"] == version)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            click.echo("  " + "  ".join([line[0].ljust(widths[0]), *cells]))


def _line(row: dict[str, int | float | str]) -> tuple[str, ...]:
    counts = (f"{row['periods']}", f"{row['false_alarms']}", f"{row['share']:.3f}", f"{row['stated']:.3f}")
    return (str(row["alert"]), *counts, f"{row['unusual_features']}")
