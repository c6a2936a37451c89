"""Finished candidates on disk until the warehouse has them: an interrupted run loses only what it was working on.

dbt writes a node's rows when the node ends. A build that is stopped in between (Ctrl-C, a killed process, a full disk)
finds its finished candidates here by their training key and does not train them again.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from insitu.training.schema import MODELS_SCHEMA


class Checkpoint:
    """A folder with one Arrow file per finished candidate; without a folder, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def load(self, key: str) -> dict[str, Any] | None:
        """The finished row of a training key, or None; a file that cannot be read counts as none."""
        path = self._path(key)
        if path is None or not path.exists():
            return None
        try:
            with pa.ipc.open_file(path) as reader:
                table = reader.read_all()
        except (pa.ArrowInvalid, OSError):
            return None
        if table.schema != MODELS_SCHEMA or table["training_key"].to_pylist() != [key]:
            return None
        row: dict[str, Any] = table.to_pylist()[0]
        return row

    def save(self, row: dict[str, Any]) -> None:
        """Keep a finished row: written beside, then renamed, so that a file is whole or absent."""
        path = self._path(row["training_key"])
        if path is None or row["status"] != "trained":
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        with pa.OSFile(str(half), "wb") as sink, pa.ipc.new_file(sink, MODELS_SCHEMA) as writer:
            writer.write_table(pa.Table.from_pylist([row], MODELS_SCHEMA))
        os.replace(half, path)

    def forget(self, keys: Collection[str]) -> None:
        """Remove rows that the warehouse has by now."""
        for key in keys:
            path = self._path(key)
            if path is not None:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path | None:
        return None if self.folder is None else self.folder / f"{key}.arrow"
