"""`insitu check`, `insitu time-travel`, `insitu lineage`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from insitu.errors import ConfigurationError
from insitu.proof import checking, engines, manifest, report, waivers
from insitu.proof import lineage as tracing
from insitu.proof.columns import of_warehouse
from insitu.proof.manifest import ColumnReader
from insitu.proof.project import Project as Proof
from insitu.proof.time_travel import travel
from insitu.warehouse import Project, connect


def _asking(project: Project) -> ColumnReader:
    """Column types from the warehouse, where it is there; the YAML's otherwise."""

    def read(relations: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, str | None]]:
        try:
            with connect(project) as warehouse:
                return of_warehouse(warehouse, relations)
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
@click.pass_obj
def check(
    project: Project, select: tuple[str, ...], output: str, output_file: Path | None, warehouse: bool, witness: bool
) -> None:
    """Prove that features see nothing later than their as-of time.

    Reads what `dbt compile --full-refresh` left in the target folder. Exit code 0: all proved; 1: not; 2: misuse.
    """
    outcome = checking.check(
        project.target_path,
        columns=_asking(project) if warehouse else None,
        select=list(select),
        witnesses=witness,
    )
    render = {"text": report.text, "json": report.as_json, "sarif": report.sarif}[output]
    rendered = render(outcome.project, outcome.results, outcome.problems)
    if output_file is None:
        click.echo(rendered)
    else:
        output_file.write_text(rendered + "\n")
    if not outcome.ok:
        sys.exit(1)


@click.command("time-travel")
@click.option("--select", "-s", multiple=True, help="Models to test; all declared features by default.")
@click.option("--cuts", default=20, show_default=True, help="Instants at which what is read is cut.")
@click.option("--band", default="1 day", show_default=True, help="How far before each instant rows are recomputed.")
@click.pass_obj
def time_travel(project: Project, select: tuple[str, ...], cuts: int, band: str) -> None:
    """Recompute features with the future cut off and poisoned; nothing up to the cut may change.

    Runs in a scratch schema that no one else sees and that is gone afterwards. Exit code 0: nothing changed; 1: a leak.
    """
    target = project.target_path
    nodes, dialect = manifest.read(target, _asking(project))
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
            result = travel(proof, node, engine, schema, cuts, band)
        click.echo(str(result))
        failed = failed or not result.passed
        passed[node.name] = {"checksum": waivers.checksum(node), "passed": result.passed, "cuts": result.cuts}
        (target / waivers.EVIDENCE).write_text(json.dumps(passed, indent=2))
    if failed:
        sys.exit(1)


@click.command()
@click.argument("feature")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--reverse", is_flag=True, help="FEATURE is relation.column: list the features that depend on it.")
@click.pass_obj
def lineage(project: Project, feature: str, output: str, reverse: bool) -> None:
    """Say which source columns a FEATURE (column or model.column) depends on, and which models use it."""
    nodes, dialect = manifest.read(project.target_path, _asking(project))
    proof = Proof(nodes, dialect)
    if reverse:
        relation, _, column = feature.rpartition(".")
        found = tracing.affected(proof, relation, column)
    else:
        found = tracing.of_feature(proof, feature)
    if output == "json":
        click.echo(json.dumps([_as_dict(x) for x in found], indent=2))
        return
    for x in found:
        click.echo(f"{x.model}.{x.column}")
        for title, reads in (("value", x.value), ("row", x.row - x.value)):
            for relation, column in sorted(reads):
                click.echo(f"  {title}: {relation}.{column}")
    if not reverse:
        for line in _models_using(project, feature.rpartition(".")[2]):
            click.echo(f"  used by: {line}")


def _as_dict(x: tracing.Lineage) -> dict[str, object]:
    return {"model": x.model, "column": x.column, "value": sorted(map(list, x.value)), "row": sorted(map(list, x.row))}


def _models_using(project: Project, column: str) -> list[str]:
    """Registered models whose signature lists the feature; the champion is marked."""
    lines = []
    for use_case in project.use_cases:
        try:
            with connect(project) as warehouse:
                versions = warehouse.query(
                    f"select model_version, signature from {project.relation(f'{use_case}__models')}"
                ).to_pylist()
                champion = warehouse.query(
                    f"select model_version from {project.relation(f'{use_case}__champion')}"
                ).to_pylist()
        except Exception:
            continue  # not built yet
        leading = {str(row["model_version"]) for row in champion}
        for row in versions:
            if f'"{column}"' in str(row["signature"] or ""):
                mark = " (champion)" if str(row["model_version"]) in leading else ""
                lines.append(f"{row['model_version']}{mark}")
    return lines
