"""`insitu score list`, `verify` and `publish`: the batches that are there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from insitu.errors import ConfigurationError
from insitu.quoting import literal
from insitu.warehouse import Project, connect

if TYPE_CHECKING:
    from insitu.serving.prepare import Prepared

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def said_beside(as_json: bool) -> Iterator[None]:
    """Where JSON is printed, what else is said goes to standard error."""
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        yield


def chosen(project: Project, use_cases: tuple[str, ...]) -> list[str]:
    """The use cases that are named, all if none is. Raises ConfigurationError for one that there is not."""
    for use_case in use_cases:
        project.use_case_config(use_case)
    return list(use_cases) or project.use_cases


def tell_findings(use_case: str, looked_at: str, findings: Sequence[object]) -> None:
    """A line of what was looked at, and one for each finding."""
    n_findings = f"{len(findings):,}" if findings else "no"
    click.echo(f"{use_case}: {looked_at}, {n_findings} findings")
    for finding in findings:
        click.echo(f"  {finding}")


@click.command("list")
@click.argument("use_cases", nargs=-1)
@click.option("--last", default=20, show_default=True, help="How many batches of each use case; 0 for all.")
@as_json
@click.pass_obj
def list_batches(project: Project | None, /, use_cases: tuple[str, ...], last: int, as_json: bool) -> None:
    """Show the ledger: the last batches of each use case, the newest first."""
    project = project or Project.find()
    found: list[dict[str, Any]] = []
    with connect(project) as warehouse:
        for use_case in chosen(project, use_cases):
            limit = f"limit {last}" if last else ""
            rows = warehouse.query(
                f"select {literal(use_case)} as use_case, * from {project.relation(f'{use_case}__batches')} "
                f"order by batch_as_of desc, predicted_at desc, batch_id {limit}"
            )
            found += rows.to_pylist()
    if as_json:
        click.echo(json.dumps([{**row, "inputs": json.loads(row["inputs"] or "null")} for row in found], default=str))
        return
    for row in found:
        odd = [
            f"{row[name]:,} {what}" for name, what in (("n_missing", "missing"), ("n_unseen", "unseen")) if row[name]
        ]
        more = [
            *(["in shadow"] if row["is_shadow"] else []),
            *([row["status"]] if row["status"] != "published" else []),
        ]
        click.echo(
            f"{row['use_case']}  {row['batch_id']}  {row['batch_as_of']}  {row['n_rows']:>12,} rows  "
            + "  ".join([*([row["model_version"]] if row["model_version"] else []), *odd, *more])
        )
    if not found:
        click.echo("No batch has been written yet.")


@click.command()
@click.argument("use_cases", nargs=-1)
@click.option("--repair", is_flag=True, help="Take out what was written twice, and have the ledger say what is there.")
@as_json
@click.pass_obj
def verify(project: Project | None, /, use_cases: tuple[str, ...], repair: bool, as_json: bool) -> None:
    """Hold predictions against ledger and registry. Exit code 1: something is wrong that was not repaired."""
    from insitu.scoring.verify import verify as verify_use_case

    project = project or Project.find()
    found = [verify_use_case(project, use_case, repair) for use_case in chosen(project, use_cases)]
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in found]))
    else:
        for each in found:
            tell_findings(each.use_case, f"{each.batches:,} batches", each.findings)
    if not all(each.is_sound for each in found):
        sys.exit(1)


@click.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of the copy or the files."
)
@click.option("--parquet", is_flag=True, help="Write Parquet files with a manifest, on either warehouse.")
@click.option("--schema", default="published", show_default=True, help="The schema of views and functions.")
@click.option("--serve", is_flag=True, help="And what `insitu score serve` needs: features by key, models.")
@as_json
@click.pass_obj
def publish(
    project: Project | None, /, folder: Path | None, parquet: bool, schema: str, serve: bool, as_json: bool
) -> None:
    """Give analysts what they read: of DuckDB a copy, of PostgreSQL views over published batches."""
    from insitu.scoring.publish import published_relations
    from insitu.scoring.publish.duckdb_copy import publish_copy
    from insitu.scoring.publish.parquet import publish_parquet
    from insitu.scoring.publish.views import publish_views
    from insitu.serving.indexes import missing_indexes, said
    from insitu.serving.publish import built, publish_functions, published, with_those_of_a_service
    from insitu.serving.publish import statements as make

    project = project or Project.find()
    is_duckdb = project.dialect == "duckdb"
    if folder is None and (parquet or is_duckdb):
        raise ConfigurationError(
            "Say where to: `insitu score publish --to <folder>`, another than the warehouse's own."
        )
    if folder is not None and not parquet and not is_duckdb:
        raise ConfigurationError(
            "On PostgreSQL, views are published (--schema); --to is the folder of files (--parquet)."
        )
    if parquet and serve:
        raise ConfigurationError("A service reads no files: publish them without --serve.")
    with said_beside(as_json):
        prepared = _prepared(project) if serve else []
    statements: list[str] = []
    unindexed: dict[str, list[list[str]]] = {}
    with connect(project, read_only=parquet or is_duckdb) as warehouse:
        relations = published_relations(project, warehouse)
        prepared, unbuilt = built(project, warehouse, prepared) if serve else ([], [])
        functions = [published(project, warehouse, schema, each) for each in prepared]
        if folder is not None and parquet:
            written = [str(publish_parquet(warehouse, folder, relations))]
        elif not is_duckdb:
            written = publish_views(project, warehouse, schema)
            if serve:
                publish_functions(warehouse, schema, functions)
                unindexed = missing_indexes(warehouse, (each.query for each in prepared if each.query))
        elif serve:
            relations = with_those_of_a_service(project, warehouse, relations, prepared)
            statements = make(schema, functions, "duckdb")
    if folder is not None and not parquet:
        written = [str(publish_copy(Path(project.credentials.path), folder, relations, statements))]
    if as_json:
        click.echo(json.dumps({"published": written, "relations": len(relations)}))
    else:
        click.echo(f"{len(relations)} relations: {', '.join(written)}" if folder else f"Views: {', '.join(written)}")
        for each in functions:
            click.echo(f"Function: {each.function.function}" if each.function else each.row["refusal"])
        for table, columns in unindexed.items():
            click.echo(said(table, columns))
        for use_case in unbuilt:
            wanted = f"+{use_case}__predictions_latest +{use_case}__scored_features"
            command = project.command(f"dbt build --select {wanted}")
            click.echo(f"`{use_case}` is not built, so no service has it: {command}")


def _prepared(project: Project) -> list[Prepared]:
    from insitu.scoring.run import parsed
    from insitu.serving.prepare import prepare

    dbt = parsed(project, {})
    return [prepare(dbt, use_case) for use_case in project.use_cases]
