"""`insitu check`, `insitu time-travel`, `insitu lineage`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from insitu import durations
from insitu.errors import ConfigurationError
from insitu.proof.lineage import tracing
from insitu.proof.lineage.usage import models_using
from insitu.proof.project import checking, freshness, manifest, report, waivers
from insitu.proof.project.columns import of_warehouse
from insitu.proof.project.manifest import ColumnReader
from insitu.proof.project.project import Project as Proof
from insitu.proof.project.verdicts import ModelResult, Ties
from insitu.proof.rerun import engines
from insitu.proof.rerun.time_travel import travel
from insitu.warehouse import Project, connect


def _asking(project: Project) -> ColumnReader:
    """Column types from the warehouse, where it is there; the YAML's otherwise."""

    def read(relations: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, str | None]]:
        try:
            with connect(project) as warehouse:
                return of_warehouse(warehouse.query, relations)
        except ConfigurationError as error:
            click.echo(f"Column types from YAML only: {error}", err=True)
            return {}

    return read


@click.command()
@click.option("--select", "-s", multiple=True, help="Models to check; all declared ones by default.")
@click.option("--output", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--output-file", type=click.Path(path_type=Path), default=None, help="Write there instead of the screen.")
@click.option("--warehouse/--no-warehouse", default=True, help="Ask the warehouse for column types.")
@click.option("--witness/--no-witness", default=True, help="Search for rows that show each leak.")
@click.option(
    "--ties",
    type=click.Choice(["error", "warn"]),
    default=None,
    help="How grave it is that rows tie; by default an error in what is stored (training sets), else a warning.",
)
@click.pass_obj
def check(
    project: Project,
    select: tuple[str, ...],
    output: str,
    output_file: Path | None,
    warehouse: bool,
    witness: bool,
    ties: Ties | None,
) -> None:
    """Prove that features see nothing later than their as-of time.

    Reads what `dbt compile --full-refresh` left in the target folder. Also checks the configuration of the use cases
    (`meta.ml`), before anything is trained. Exit code 0: all proved; 1: not; 2: misuse.
    """
    _check_declarations(project)
    outcome = checking.check(
        project.target_path,
        columns=_asking(project) if warehouse else None,
        select=list(select),
        witnesses=_attach if witness else None,
        ties=ties,
    )
    render = {"text": report.text, "json": report.as_json, "sarif": report.sarif}[output]
    rendered = render(outcome.project, outcome.results, outcome.problems)
    if output_file is None:
        click.echo(rendered)
    else:
        output_file.write_text(rendered + "\n")
    if not outcome.ok:
        sys.exit(1)


def _attach(proof: Proof, results: list[ModelResult]) -> None:
    from insitu.proof.rerun.witness import attach  # only here is DuckDB needed, which takes a while to import

    attach(proof, results)


def _check_declarations(project: Project) -> None:
    """Every `meta.ml` of the manifest. Raises ConfigurationError."""
    declared = {
        name.removesuffix("__models"): node["config"]["meta"]["ml"]
        for name, node in project.models.items()
        if name.endswith("__models") and "ml" in node.get("config", {}).get("meta", {})
    }
    if declared:
        from insitu.training.declared import check as check_declared  # scikit-learn takes a second to import

        for use_case, config in declared.items():
            check_declared(config, use_case)


@click.command("time-travel")
@click.option("--select", "-s", multiple=True, help="Models to test; all declared features by default.")
@click.option("--cuts", default=50, show_default=True, help="Instants at which what is read is cut.")
@click.option("--band", default="1 day", show_default=True, help="How far before each instant rows are recomputed.")
@click.pass_obj
def time_travel(project: Project, select: tuple[str, ...], cuts: int, band: str) -> None:
    """Recompute features with the future cut off and poisoned; nothing up to the cut may change.

    Runs in a scratch schema that no one else sees and that is gone afterwards. Exit code 0: nothing changed; 1: a leak.
    """
    try:
        before = durations.parse(band).interval
    except ValueError as error:
        raise ConfigurationError(f"--band: {error}") from error
    target = project.target_path
    contents = manifest.load(target)
    nodes, dialect = manifest.read(target, contents, _asking(project))
    freshness.check(target, contents, list(select))
    proof = Proof(nodes, dialect)
    kinds = ("features", "training_set")
    chosen = [n for n in nodes if n.sql and (d := proof.declaration(n)) is not None and d.kind in kinds]
    if select:
        chosen = [proof.nodes[name] for name in select if name in proof.nodes]
        missing = [name for name in select if name not in proof.nodes]
        if missing:
            raise ConfigurationError(f"The project has no model `{missing[0]}`.")
    passed = waivers.evidence(target)
    failed = False
    for node in chosen:
        with engines.scratch(project) as (engine, schema):
            result = travel(proof, node, engine, schema, cuts, before)
        click.echo(str(result))
        failed = failed or not result.passed
        passed[node.name] = {"checksum": waivers.checksum(node), "passed": result.passed, "cuts": result.cuts}
        (target / waivers.EVIDENCE).write_text(json.dumps(passed, indent=2))
    if failed:
        sys.exit(1)


@click.command()
@click.argument("name")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--reverse", is_flag=True, help="NAME is relation.column: which features and models depend on it.")
@click.pass_obj
def lineage(project: Project, name: str, output: str, reverse: bool) -> None:
    """Say which source columns a feature's value and its row depend on, and which models use it.

    NAME is a feature (column or model.column); with --reverse a source column (relation.column), and what breaks when
    it changes is listed: the features of every model, and the registered models, champions first.
    """
    target = project.target_path
    contents = manifest.load(target)
    freshness.check(target, contents, None)
    proof = Proof(*manifest.read(target, contents, _asking(project)))
    found = tracing.affected(proof, name) if reverse else tracing.of_feature(proof, name)
    by_value = {x.column for x in found if x.value or not reverse}
    try:
        using = models_using(project, by_value or {x.column for x in found})
    except ConfigurationError as error:
        click.echo(f"Registered models are not listed: {error}", err=True)
        using = []
    if output == "json":
        features = [_as_dict(x) for x in found]
        click.echo(json.dumps({"features": features, "models": [asdict(u) for u in using]}, indent=2))
        return
    for line in _affected(name, found) if reverse else _depends(found):
        click.echo(line)
    verb = "used by" if not reverse else "breaks" if by_value else "other rows for"
    for use in using:
        click.echo(f"{verb}: {use}")


def _depends(found: list[tracing.Lineage]) -> Iterator[str]:
    for x in found:
        yield f"{x.model}.{x.column}"
        for title, reads in (("value", x.value), ("row", x.row - x.value)):
            yield from (f"  {title}: {relation}.{column}" for relation, column in sorted(reads))


def _affected(name: str, found: list[tracing.Lineage]) -> Iterator[str]:
    if not found:
        yield f"No declared feature depends on {name}."
    for model in dict.fromkeys(x.model for x in found):
        here = [x for x in found if x.model == model]
        values = ", ".join(x.column for x in here if x.value)
        yield (
            model
            + (f": {values}" if values else "")
            + (" (and which rows there are)" if any(x.row for x in here) else "")
        )


def _as_dict(x: tracing.Lineage) -> dict[str, object]:
    return {"model": x.model, "column": x.column, "value": sorted(map(list, x.value)), "row": sorted(map(list, x.row))}
