"""Whether a project has the relation that a use case is to be written over: a `ref` to nothing stops every command."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from insitu.errors import ConfigurationError
from insitu.warehouse import Project

# What dbt makes of a file in the folders of each setting.
FOLDERS = {
    "model-paths": ("models", (".sql", ".py")),
    "seed-paths": ("seeds", (".csv",)),
    "snapshot-paths": ("snapshots", (".sql",)),
}
REFERABLE = ("model", "seed", "snapshot")


def check_known(project: Project, source: str) -> None:
    """Raise ConfigurationError if dbt would find no model, seed or snapshot, or no table of a source, of that name."""
    is_table = "." in source
    known = set(_tables(project) if is_table else _models(project))
    if source in known:
        return
    what = "declares no source table" if is_table else "has no model, seed or snapshot"
    nearest = get_close_matches(source, known, 3)
    found = f"the nearest are {', '.join(f'`{name}`' for name in nearest)}" if nearest else f"there are {len(known)}"
    way_out = (
        "Declare it in YAML under `sources:`" if is_table else "Write it, or name a source's table as source.table"
    )
    raise ConfigurationError(f"--from is `{source}`, and the project {what} of that name ({found}). {way_out}.")


def _models(project: Project) -> Iterator[str]:
    for folder, (_, endings) in _folders(project):
        yield from (path.stem for path in folder.rglob("*") if path.suffix in endings)
    for section in _yaml_sections(project, "snapshots"):
        yield str(section.get("name"))
    yield from (node["name"] for node in _parsed(project, "nodes") if node["resource_type"] in REFERABLE)


def _tables(project: Project) -> Iterator[str]:
    for section in _yaml_sections(project, "sources"):
        for table in section.get("tables") or []:
            yield f"{section.get('name')}.{table.get('name')}"
    yield from (f"{node['source_name']}.{node['name']}" for node in _parsed(project, "sources"))


def _folders(project: Project) -> Iterator[tuple[Path, tuple[str, tuple[str, ...]]]]:
    for setting, made in FOLDERS.items():
        for name in project.settings.get(setting) or [made[0]]:
            yield project.directory / str(name), made


def _yaml_sections(project: Project, section: str) -> Iterator[dict[str, Any]]:
    """The entries under a key of the project's YAML; a file that cannot be read is dbt's to report."""
    for folder, _ in _folders(project):
        for path in [*folder.rglob("*.yml"), *folder.rglob("*.yaml")]:
            try:
                contents = yaml.safe_load(path.read_text())
            except (yaml.YAMLError, UnicodeDecodeError):
                continue
            entries = contents.get(section) if isinstance(contents, dict) else None
            yield from (entry for entry in entries or [] if isinstance(entry, dict))


def _parsed(project: Project, section: str) -> list[dict[str, Any]]:
    """What dbt saw last in packages; nothing where it has not run yet."""
    if not (project.target_path / "manifest.json").is_file():
        return []
    own = project.manifest.get("metadata", {}).get("project_name")
    return [node for node in project.manifest.get(section, {}).values() if node["package_name"] != own]
