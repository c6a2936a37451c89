"""Is what was compiled what the files say now? A proof of other SQL than that of the project proves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from insitu.errors import ConfigurationError
from insitu.proof.project.entries import declares, upstream

SHOWN = 5
_PATHS = {
    "model-paths": ["models"],
    "macro-paths": ["macros"],
    "snapshot-paths": ["snapshots"],
    "seed-paths": ["seeds"],
}
_PARSED = (".sql", ".py", ".yml", ".yaml")


def check(target: Path, manifest: dict[str, Any], select: list[str] | None = None) -> None:
    """Raise ConfigurationError when the manifest in `target` is not that of the files, or was compiled in part only.

    Args:
        target: dbt's target folder.
        manifest: dbt's manifest in it.
        select: names of models; all declared ones by default. What they read must be compiled, too.
    """
    changes = list(_changes(target, manifest))
    if changes:
        shown = ", ".join(changes[:SHOWN]) + (f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else "")
        raise ConfigurationError(
            f"What was compiled into `{target}` is not what the files say now: {shown}. "
            "Run `dbt compile --full-refresh`."
        )
    missing = sorted(_uncompiled(manifest["nodes"], select))
    if missing:
        several = f"{len(missing)} models are" if len(missing) > 1 else "A model is"
        shown = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
        raise ConfigurationError(
            f"{several} not compiled, so there is no SQL to prove: {shown}. Run `dbt compile --full-refresh`, and see "
            "that it succeeds."
        )


def _uncompiled(nodes: dict[str, Any], select: list[str] | None) -> Iterator[str]:
    """Declared or selected models, and all that they read, that have no compiled SQL."""
    models = {key: n for key, n in nodes.items() if n["resource_type"] == "model"}
    wanted = [key for key, n in models.items() if (n["name"] in select if select else declares(n))]
    for key in upstream(models, wanted):
        node = models[key]
        if node.get("language", "sql") == "sql" and not (node.get("compiled", True) and node.get("compiled_code")):
            yield node["name"]


def _changes(target: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Files that are not as they were when they were parsed, and how."""
    root = project_root(target)
    if root is None:
        return  # the project's files are somewhere else
    parsed = _parsed(target, manifest)
    name = manifest["metadata"].get("project_name")
    pieces = _pieces(manifest, name)
    known: set[str] = set()
    for project, base, relative, checksum in parsed:
        path = root / relative if project == name else base / relative
        if project == name:
            known.add(relative)
        elif not base.is_dir():
            continue
        if not path.is_file():
            yield f"`{relative}` is gone"
        elif not _is_as_parsed(path, checksum, pieces.get(relative, []) if project == name else []):
            yield f"`{relative}` was changed"
    if not parsed:
        yield from _changes_by_time(root, manifest)
        known = {n.get("original_file_path", "") for n in _all_nodes(manifest)}
    for path in _sources(root):
        relative = path.relative_to(root).as_posix()
        if relative not in known and (parsed or path.suffix in (".sql", ".py")) and path.read_text().strip():
            yield f"`{relative}` is new"


def project_root(target: Path) -> Path | None:
    """The folder of the project that was compiled into `target`; None when it is somewhere else."""
    return next((p for p in target.resolve().parents if (p / "dbt_project.yml").is_file()), None)


def _parsed(target: Path, manifest: dict[str, Any]) -> list[tuple[str, Path, str, str]]:
    """(project, its folder, file, checksum) of all files that dbt parsed; empty when it has not kept them."""
    path = target / "partial_parse.msgpack"
    if not path.is_file():
        return []
    import msgpack  # comes with dbt, which wrote the file

    kept = msgpack.unpackb(path.read_bytes(), strict_map_key=False)
    if kept["metadata"]["generated_at"] > manifest["metadata"].get("generated_at", ""):
        return []  # of a later parse than the manifest
    found, folders = [], {}
    for key, file in kept["files"].items():
        project, relative = key.split("://", 1)
        folders[project] = Path(file["path"]["project_root"])
        # The names of large seeds stand for their contents.
        checksum = file["checksum"]["checksum"] if file["checksum"]["name"] == "sha256" else ""
        found.append((project, folders[project], relative, checksum))
    for project, checksum in kept["state_check"]["project_hashes"].items():
        if project in folders:
            found.append((project, folders[project], "dbt_project.yml", checksum["checksum"]))
    return found


def _changes_by_time(root: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Without dbt's own record: models by their checksum, all else by its time."""
    name, generated_at = manifest["metadata"].get("project_name"), manifest["metadata"].get("generated_at")
    compared = set()
    for node in _all_nodes(manifest):
        path = root / node.get("original_file_path", "")
        checksum = node.get("checksum") or {}
        if node.get("package_name") != name or checksum.get("name") != "sha256" or not checksum.get("checksum"):
            continue
        compared.add(path)
        if not path.is_file():
            yield f"`{node['original_file_path']}` is gone"
        elif not _is_as_parsed(path, checksum["checksum"]):
            yield f"`{node['original_file_path']}` was changed"
    if generated_at:
        since = datetime.fromisoformat(generated_at.replace("Z", "+00:00")).timestamp()
        for path in [root / "dbt_project.yml", *_sources(root)]:
            if path not in compared and path.stat().st_mtime > since:
                yield f"`{path.relative_to(root).as_posix()}` is newer"


def _all_nodes(manifest: dict[str, Any]) -> Iterable[dict[str, Any]]:
    disabled = [n for nodes in manifest.get("disabled", {}).values() for n in nodes]
    return [*manifest["nodes"].values(), *disabled]


def _sources(root: Path) -> Iterator[Path]:
    """All files of the project that dbt would parse."""
    settings = yaml.safe_load((root / "dbt_project.yml").read_text()) or {}
    ignored = _ignored(root)
    for key, default in _PATHS.items():
        for folder in settings.get(key) or default:
            for path in sorted((root / str(folder)).rglob("*")):
                if path.suffix in _PARSED and path.is_file() and not ignored(path.relative_to(root).as_posix()):
                    yield path


def _ignored(root: Path) -> Any:
    """Does `.dbtignore` leave this path out?"""
    path = root / ".dbtignore"
    if not path.is_file():
        return lambda _: False
    import pathspec  # comes with dbt, which reads the file by it

    return pathspec.PathSpec.from_lines("gitwildmatch", path.read_text().splitlines()).match_file


def _pieces(manifest: dict[str, Any], name: str) -> dict[str, list[str]]:
    """The text of models and macros as dbt parsed it, by their files."""
    found: dict[str, list[str]] = {}
    for node in [*_all_nodes(manifest), *manifest.get("macros", {}).values()]:
        path = node.get("original_file_path", "")
        if node.get("package_name") == name and path.endswith((".sql", ".py")):
            found.setdefault(path, []).append((node.get("raw_code") or node.get("macro_sql") or "").strip())
    return found


def _is_as_parsed(path: Path, checksum: str, pieces: Sequence[str] = ()) -> bool:
    """Does the file have the checksum that dbt noted, if any, and hold the pieces that it parsed?

    dbt takes the checksum of dbt_project.yml as it is, of seeds and before 1.12 stripped, else of the words alone:
    white space, which may end a comment, shows in the pieces only.
    """
    text = path.read_bytes().decode()  # with its line ends, as dbt reads it
    ways: tuple[Callable[[str], str], ...] = (str.strip, lambda t: " ".join(t.split()), str)
    known = not checksum or any(hashlib.sha256(way(text).encode()).hexdigest() == checksum for way in ways)
    return known and all(piece in text for piece in pieces)
