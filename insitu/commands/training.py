"""`insitu reproduce`, `insitu backtest`, `insitu model-card`."""

from __future__ import annotations

from pathlib import Path

import click

from insitu.errors import InsituError
from insitu.registry.lookup import find, snapshot_rows
from insitu.warehouse import Project, connect


@click.command()
@click.argument("version")
@click.option("--search", is_flag=True, help="Repeat the search too, instead of taking the parameters it found.")
@click.pass_obj
def reproduce(project: Project, version: str, search: bool) -> None:
    """Retrain a model VERSION from its stored snapshot and compare the predictions bit for bit."""
    from insitu.training.reproduce import reproduce as repeat

    with connect(project) as warehouse:
        use_case, row = find(project, warehouse, version)
        rows = snapshot_rows(project, warehouse, use_case, row["snapshot_id"])
    found = repeat(row, rows, search, progress=click.echo)
    if not found.identical:
        raise InsituError(str(found))
    click.echo(str(found))


@click.command()
@click.argument("use_case")
@click.argument("candidate", required=False)
@click.option("--dates", type=int, help="How many past dates to train at; default: as declared, else 4.")
@click.option("--every", help="Time between them, such as '28 days'.")
@click.option("--step", help="Length of a scored period, such as '7 days'.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Also write the rows as Parquet.")
@click.pass_obj
def backtest(
    project: Project,
    use_case: str,
    candidate: str | None,
    dates: int | None,
    every: str | None,
    step: str | None,
    output: Path | None,
) -> None:
    """Refit a CANDIDATE of a USE_CASE at past dates: its metric over time and by the age of the model.

    Nothing is written to the warehouse; that is what `dbt build --select <use_case>__backtest+ --vars
    '{insitu_backtest: true}'` does.
    """
    from insitu.config import Backtest, block, parse
    from insitu.training.backtest import backtest as run

    config = project.use_case_config(use_case)
    parse(config, use_case)
    given = {"candidate": candidate, "dates": dates, "every": every, "step": step}
    chosen = {**config.get("backtest", {}), **{key: value for key, value in given.items() if value is not None}}
    settings = block(Backtest, chosen, "backtest")
    with connect(project) as warehouse:
        training_set = project.relation(f"{use_case}__training_set")
        snapshot = warehouse.query(f"select * from {training_set}")
    if snapshot.num_rows == 0:
        raise InsituError(f"`{use_case}__training_set` is empty; run `dbt build` first")
    table = run(config, use_case, snapshot, settings, progress=click.echo)
    if output:
        import pyarrow.parquet as pq

        pq.write_table(table, output)
    frame = table.to_pandas()
    if frame.empty:
        raise InsituError(f"`{use_case}`: no period of {settings.step} after {settings.dates} dates has enough rows")
    click.echo(
        f"\n{frame['candidate'].iloc[0]}: {frame['metric'].iloc[0]} by beginning of the scored period (rows) and date "
        "of training (columns)"
    )
    frame["from_as_of"], frame["trained_at"] = frame["from_as_of"].dt.date, frame["trained_at"].dt.date
    click.echo(frame.pivot_table(index="from_as_of", columns="trained_at", values="value").round(4).to_string())


@click.command("model-card")
@click.argument("version")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; standard output if not."
)
@click.pass_obj
def model_card(project: Project, version: str, output: Path | None) -> None:
    """Write the Markdown model card of a model VERSION."""
    from insitu.report.model_card import render

    with connect(project) as warehouse:
        use_case, row = find(project, warehouse, version)
        metrics = warehouse.query(
            f"select * from {project.relation(f'{use_case}__metrics')} where model_version = ?", [version]
        ).to_pylist()
    card = render(row, metrics, project.use_case_config(use_case))
    if output is None:
        click.echo(card)
        return
    output.write_text(card, encoding="utf-8")
    click.echo(f"Model card   {output}")
