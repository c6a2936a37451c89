"""`insitu explain` and `insitu features`."""

import json
from dataclasses import asdict

import click

from insitu.features.catalog import catalog
from insitu.features.explain import explain as explain_model
from insitu.warehouse import Project


@click.command()
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(project: Project, model: str, as_json: bool) -> None:
    """Show how each feature of MODEL is computed, and why."""
    found = explain_model(project, model)
    if as_json:
        click.echo(json.dumps([asdict(e) for e in found], indent=2))
        return
    if not found:
        click.echo(f"{model} is hand-written SQL: it is run as it stands.")
    for explanation in found:
        click.echo(f"\n{click.style(explanation.strategy, bold=True)}: {explanation.meaning}")
        click.echo(f"  by       {explanation.macro} over {explanation.events}")
        click.echo(f"  because  {explanation.reason}")
        click.echo(f"  for      {', '.join(explanation.columns)}")


@click.command()
@click.argument("models", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def features(project: Project, models: tuple[str, ...], as_json: bool) -> None:
    """List the features of all models, or of MODELS: column, source columns, window, meaning."""
    found = catalog(project, models)
    if as_json:
        click.echo(json.dumps([feature.as_dict() for feature in found], indent=2))
        return
    model = None
    for feature in found:
        if feature.model != model:
            model = feature.model
            click.echo("\n" + click.style(model, bold=True))
        click.echo(f"  {feature.name:<44} {feature.description}")
    click.echo(f"\n{len(found)} features in {len({f.model for f in found})} models")
