"""Changes to a project that are shown before they are made."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from insitu.install.package import contents
from insitu.warehouse.places import shown


class Change(Protocol):
    """One change."""

    def diff(self, whole: bool = False) -> Iterator[str]:
        """Lines that show it; with `whole` each line of each file."""

    def apply(self) -> None:
        """Make it."""


@dataclass(frozen=True)
class Text:
    """A file gets another text; None: it is not there."""

    path: Path
    before: str | None
    after: str | None

    def diff(self, whole: bool = False) -> Iterator[str]:
        """See `Change.diff`."""
        yield from _unified(self.path, self.before, self.after)

    def apply(self) -> None:
        """See `Change.apply`."""
        if self.after is None:
            self.path.unlink()
            return
        _write(self.path, self.after.encode())


@dataclass(frozen=True)
class Folder:
    """A folder of ours gets other contents; None: it goes, and with it the folder above if nothing else is in it."""

    path: Path
    after: Mapping[str, bytes] | None
    record: str

    def diff(self, whole: bool = False) -> Iterator[str]:
        """See `Change.diff`."""
        before = {} if self.path.is_symlink() else contents(self.path)
        after = {path: text for path, text in (self.after or {}).items() if path != self.record}
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        if self.after is None or not before:
            sign, files = ("-", before) if self.after is None else ("+", after)
            size = sum(map(len, files.values())) / 1024
            yield f"{sign} {shown(self.path)}/   {len(files)} files, {size:,.0f} KB"
        else:
            for path in changed:
                plus, minus = _counts(before.get(path, b""), after.get(path, b""))
                yield f"~ {shown(self.path / path)}   +{plus} -{minus}"
        if whole:
            for path in changed:
                texts = [None if path not in side else side[path].decode() for side in (before, after)]
                yield from _unified(self.path / path, *texts)

    def apply(self) -> None:
        """See `Change.apply`: written beside the old one, then put in its place."""
        above = self.path.parent
        if self.after is None:
            _remove(self.path)
            if not any(above.iterdir()):
                above.rmdir()
            return
        above.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".insitu-", dir=above) as temporary:
            new = Path(temporary) / "new"
            for path, content in self.after.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (new / path).write_bytes(content)
            if os.path.lexists(self.path):
                self.path.rename(Path(temporary) / "old")
            new.rename(self.path)


@dataclass(frozen=True)
class Link:
    """A link to a folder; None: it is not there."""

    path: Path
    target: Path | None

    def diff(self, whole: bool = False) -> Iterator[str]:
        """See `Change.diff`."""
        yield f"- {shown(self.path)}" if self.target is None else f"+ {shown(self.path)} -> {self.target}"

    def apply(self) -> None:
        """See `Change.apply`. Where there are no links the folder is copied, as dbt does."""
        if os.path.lexists(self.path):
            _remove(self.path)
        if self.target is None:
            if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.symlink_to(self.target, target_is_directory=True)
        except OSError:
            shutil.copytree(self.path.parent / self.target, self.path)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.insitu")
    temporary.write_bytes(content)
    if path.exists():
        shutil.copymode(path, temporary)
    temporary.replace(path)


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)


def _unified(path: Path, before: str | None, after: str | None) -> Iterator[str]:
    old, new = (shown(path) if text is not None else "/dev/null" for text in (before, after))
    yield from difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), old, new, lineterm="")


def _counts(before: bytes, after: bytes) -> tuple[int, int]:
    lines = list(difflib.ndiff(before.decode().splitlines(), after.decode().splitlines()))
    return sum(line.startswith("+ ") for line in lines), sum(line.startswith("- ") for line in lines)
