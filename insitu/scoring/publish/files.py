"""Files that replace others at one stroke, and are on the disk when they do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new file beside `target`, which takes its place at the end of the block; or is gone, if the block fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_overs(target)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        yield new
        flush(new)
        os.replace(new, target)
        flush(target.parent)
    finally:
        for each in (new, _wal(new)):
            each.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have a file or a folder written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_left_overs(target: Path) -> None:
    """Remove what a process that was killed left beside the target."""
    for left in target.parent.glob(f".{target.name}.*.new*"):
        process = left.name.removeprefix(f".{target.name}.").split(".")[0]
        if process.isdigit() and int(process) != os.getpid() and not _is_running(int(process)):
            left.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
