"""A compiled dbt project as nodes: manifest.json, compiled SQL, and column types from catalog, YAML or warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insitu.errors import ConfigurationError
from insitu.proof.project import hooks
from insitu.proof.project.entries import declaration
from insitu.proof.project.nodes import Node
from insitu.proof.project.templates import Templates

ColumnReader = Callable[[list[tuple[str, ...]]], dict[tuple[str, ...], dict[str, str | None]]]
DIALECTS = {"duckdb": "duckdb", "postgres": "postgres", "postgrespy": "postgres"}


def load(target: Path) -> dict[str, Any]:
    """dbt's manifest in its target folder. Raises ConfigurationError if nothing is compiled there."""
    path = target / "manifest.json"
    if not path.is_file():
        raise ConfigurationError(f"There is no `{path}`. Run `dbt compile --full-refresh` first.")
    manifest: dict[str, Any] = json.loads(path.read_text())
    return manifest


def read(
    target: Path, manifest: dict[str, Any], columns: ColumnReader | None = None, templates: Templates | None = None
) -> tuple[list[Node], str]:
    """Nodes and SQL dialect of the project compiled into `target`.

    Args:
        target: dbt's target folder, after `dbt compile` (or run, or build).
        manifest: `load(target)`.
        columns: asks the warehouse for the columns of relations; which YAML need not list in full.
        templates: of the manifest, where somebody else reads them too.

    Raises:
        ConfigurationError: the adapter has no known dialect.
    """
    adapter = manifest["metadata"].get("adapter_type", "duckdb")
    if adapter not in DIALECTS:
        raise ConfigurationError(
            f"The point-in-time check knows the SQL of {', '.join(DIALECTS)}; this project is built by `{adapter}`."
        )
    catalog = _catalog(target / "catalog.json")
    entries = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed", "snapshot")]
    entries += manifest["sources"].values()
    templates = templates or Templates(manifest)
    nodes = [_node(entry, target, catalog.get(entry["unique_id"], {}), templates) for entry in entries]
    if columns is not None:
        unknown = [n for n in nodes if not (_typed(n) and n.listed)]
        found = columns([n.relation for n in unknown])
        for node in unknown:
            if node.relation in found:
                node.columns, node.listed = found[node.relation], True
    return nodes, DIALECTS[adapter]


def _typed(node: Node) -> bool:
    return bool(node.columns) and all(node.columns.values()) and node.kind != "model"


def _catalog(path: Path) -> dict[str, dict[str, str | None]]:
    if not path.is_file():
        return {}
    contents = json.loads(path.read_text())
    tables = {**contents.get("nodes", {}), **contents.get("sources", {})}
    return {k: {c["name"]: c["type"] for c in t["columns"].values()} for k, t in tables.items()}


def _node(entry: dict[str, Any], target: Path, known: dict[str, str | None], templates: Templates) -> Node:
    declared = {c["name"]: c.get("data_type") for c in entry.get("columns", {}).values()}
    kind = entry["resource_type"]
    is_sql = kind == "model" and entry.get("language", "sql") == "sql"
    identifier = entry.get("identifier") or entry.get("alias") or entry["name"]
    complete = kind != "model" or entry.get("config", {}).get("contract", {}).get("enforced")
    return Node(
        name=entry["name"] if kind != "source" else f"{entry['source_name']}.{entry['name']}",
        kind=kind,
        sql=_compiled(entry, target) if is_sql else None,
        relation=(entry.get("database") or "", entry.get("schema") or "", identifier),
        columns=known or (declared if complete else {}),
        listed=bool(known or is_sql or kind == "model"),
        meta=declaration(entry),
        path=entry.get("original_file_path", ""),
        raw=entry.get("raw_code", ""),
        hooks=hooks.of(entry),
        config=entry.get("config", {}),
        package=entry.get("package_name", ""),
        templates=templates,
    )


def _compiled(entry: dict[str, Any], target: Path) -> str | None:
    if entry.get("compiled_code"):
        return str(entry["compiled_code"])
    path = target / "compiled" / entry["package_name"] / entry["original_file_path"]
    return path.read_text() if path.is_file() else None
