"""Reads files by their contents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from insitu.errors import ConfigurationError
from insitu.sources import Column, Declaration, read_files

Read = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def rows(
        content: str | bytes, types: dict[str, str], name: str = "data.csv", **words: Any
    ) -> list[tuple[Any, ...]]:
        """The rows of a file with this content, its columns declared so."""
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        declaration = Declaration.of({"path": str(tmp_path / name), **words})
        table = parquet.read_table(read_files(declaration, [Column(n, t) for n, t in types.items()]))
        return [tuple(row.values()) for row in table.to_pylist()]

    return rows


@pytest.fixture
def refusal(read: Read, tmp_path: Path) -> Callable[..., str]:
    def message(*arguments: Any, **words: Any) -> str:
        with pytest.raises(ConfigurationError) as refused:
            read(*arguments, **words)
        return str(refused.value).replace(f"{tmp_path}/", "")

    return message
