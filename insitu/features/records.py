"""The one-line JSON records that the feature macros leave in compiled SQL (`-- insitu.features {…}`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from insitu.errors import ConfigurationError
from insitu.warehouse import Project

MARK = "-- insitu.features "


def records(sql: str) -> list[dict[str, Any]]:
    """The records of a compiled model, one per call of a feature macro; [] for hand-written SQL."""
    lines = (line.strip() for line in sql.splitlines())
    return [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]


def compiled_sql(project: Project, node: Mapping[str, Any]) -> str:
    """The compiled SQL of a manifest node: from the manifest, else from the file that dbt wrote last.

    Raises:
        ConfigurationError: the model was not compiled yet.
    """
    if node.get("compiled_code"):
        return str(node["compiled_code"])
    target = project.target_path
    path = target / "compiled" / str(node["package_name"]) / str(node["original_file_path"])
    if not path.is_file():
        raise ConfigurationError(
            f"The model `{node['name']}` is not compiled. Run "
            f"`{project.command('dbt compile --select ' + node['name'])}` first."
        )
    return path.read_text()
