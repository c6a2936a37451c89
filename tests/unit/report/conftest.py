"""Warehouses in a file, as the report finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from insitu.report.build import build
from insitu.warehouse import Project, connect
from tests.unit.report import example
from tests.unit.report.reading import Document, read


@dataclass(frozen=True)
class Site:
    """A project, its warehouse file and the report about it."""

    project: Project
    warehouse: Path
    html: str

    @property
    def document(self) -> Document:
        return read(self.html)


def make(folder: Path, statements: Iterable[str]) -> Site:
    folder.mkdir(exist_ok=True)
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    project = example.project(folder, {"type": "duckdb", "path": str(path), "schema": "main", "threads": 1})
    with connect(project) as warehouse:
        return Site(project, path, build(project, warehouse))


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Everything filled."""
    return make(tmp_path_factory.mktemp("full"), [*example.create(), *example.fill()])


@pytest.fixture
def site(tmp_path: Path) -> Callable[[Iterable[str]], Site]:
    """Makes a site from statements."""
    return lambda statements: make(tmp_path, statements)
