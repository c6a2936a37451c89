"""The library's dbt package as it is installed, and the copy of it that a project keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from insitu import __version__
from insitu.errors import ConfigurationError

NAME = "insitu"
SUFFIXES = (".sql", ".yml", ".csv", ".md")
RECORD = "vendored.json"


def source() -> Path:
    """The folder of the dbt package inside the installed library."""
    return Path(str(files("insitu") / "dbt"))


def contents(folder: Path) -> dict[str, bytes]:
    """The package's files in a folder, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.suffix in SUFFIXES and path.is_file() and not {"target", "dbt_packages", "logs"} & {*below.parts[:-1]}:
            found[below.as_posix()] = path.read_bytes()
    return found


def digest(content: bytes) -> str:
    """A hash that does not depend on how the version control writes the ends of lines."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def library() -> dict[str, bytes]:
    """What a project keeps: the package's files, and the record of what they were."""
    package = contents(source())
    record = {"version": __version__, "files": {path: digest(content) for path, content in package.items()}}
    return package | {RECORD: (json.dumps(record, indent=2) + "\n").encode()}


@dataclass(frozen=True)
class Copy:
    """A folder with the dbt package in a project."""

    folder: Path

    @property
    def is_link(self) -> bool:
        """It is the installed package itself, or leads to it."""
        return self.folder.is_symlink() or self.folder.resolve() == source().resolve()

    @cached_property
    def record(self) -> dict[str, str] | None:
        """Hashes of the files as they were vendored; None for a folder that `insitu init` did not write."""
        recorded = self._read().get("files")
        return dict(recorded) if isinstance(recorded, dict) else None

    @property
    def version(self) -> str:
        """Version of the library it was taken from."""
        return __version__ if self.is_link else str(self._read().get("version", "unknown"))

    @cached_property
    def edits(self) -> list[str]:
        """What was done to it by hand: `changed macros/x.sql` …"""
        if self.is_link or self.record is None:
            return []
        there = {path: digest(content) for path, content in contents(self.folder).items()}
        paths = sorted(there.keys() | self.record.keys())
        return [
            f"{_what(self.record, there, path)} {path}" for path in paths if there.get(path) != self.record.get(path)
        ]

    @property
    def is_current(self) -> bool:
        """Its record is that of the installed library."""
        return self.is_link or self.record == {path: digest(text) for path, text in contents(source()).items()}

    def _read(self) -> dict[str, object]:
        path = self.folder / RECORD
        if not path.is_file():
            return {}
        try:
            read = json.loads(path.read_text())
        except ValueError as error:
            raise ConfigurationError(
                f"`{path}` is no JSON: {error}. Restore it, or write the package anew: `insitu upgrade --force`."
            ) from error
        return read if isinstance(read, dict) else {}


def _what(before: dict[str, str], after: dict[str, str], path: str) -> str:
    return "added" if path not in before else "removed" if path not in after else "changed"
