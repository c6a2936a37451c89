"""The two states that are compared: which relation each has, and which the branch takes from production."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insitu.errors import ConfigurationError
from insitu.quoting import qualified
from insitu.warehouse import Project
from insitu.warehouse.connection import Warehouse

THERE = "select table_catalog as d, table_schema as s, table_name as t from information_schema.tables"


@dataclass(frozen=True)
class State:
    """The relations of a manifest that are there, quoted, by the names of their models."""

    relations: Mapping[str, str]
    use_cases: Mapping[str, Mapping[str, Any]]  # `meta.ml`


def production(folder: Path, warehouse: Warehouse) -> State:
    """That of a folder with production's `manifest.json`, as dbt's `--state` takes it.

    Raises:
        ConfigurationError: there is none, or nothing that it names is in this warehouse.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise ConfigurationError(
            f"There is no `{path}`. Give --state the folder of production's manifest.json, as dbt's --state takes it."
        )
    state = _state(json.loads(path.read_text()), warehouse)
    if not state.relations:
        raise ConfigurationError(
            f"No relation that `{path}` names is in this warehouse: the branch has to be built in the same one, in "
            "schemas of its own."
        )
    return state


def branch(project: Project, warehouse: Warehouse) -> State:
    """That of the project, as dbt saw it last."""
    return _state(project.manifest, warehouse)


def over(manifest: Mapping[str, Any], branch: Mapping[str, Any]) -> dict[str, Any]:
    """The branch's manifest, with production's node for each model that the branch did not build: it reads that one."""
    nodes = {
        id_: node if node.get("compiled_code") or id_ not in manifest["nodes"] else manifest["nodes"][id_]
        for id_, node in branch["nodes"].items()
    }
    return {**branch, "nodes": nodes}


def _state(manifest: Mapping[str, Any], warehouse: Warehouse) -> State:
    there = {(row["d"], row["s"], row["t"]) for row in warehouse.query(THERE).to_pylist()}
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed", "snapshot")]
    relations = {
        node["name"]: qualified(node["database"], node["schema"], node["alias"])
        for node in nodes
        if (node["database"], node["schema"], node["alias"]) in there
    }
    use_cases = {
        node["name"].removesuffix("__models"): node["config"]["meta"]["ml"]
        for node in nodes
        if node["name"].endswith("__models") and "ml" in (node["config"].get("meta") or {})
    }
    return State(relations, use_cases)
