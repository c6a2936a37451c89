"""What macros ask of a source, and say of it: what is read, what is loaded anew, and what is missing."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any

import pytest
from dbt_common.exceptions import CompilationError

from tests.unit.metrics.render import render


def source(columns: dict[str, dict[str, Any]], **file: Any) -> SimpleNamespace:
    """A source as dbt's graph has it."""
    known = {
        name: SimpleNamespace(name=name, data_type=None, meta={}, get=column.get) for name, column in columns.items()
    }
    for name, column in columns.items():
        vars(known[name]).update(column)
    meta = SimpleNamespace(file=file)
    return SimpleNamespace(
        source_name="shop", name="orders", columns=known, original_file_path="models/_sources.yml",
        config=SimpleNamespace(meta=meta),
    )  # fmt: skip


def test_what_the_reader_of_files_is_told() -> None:
    columns: dict[str, dict[str, Any]] = {
        "id": {"data_type": "bigint"},
        "day": {"data_type": "date", "config": {"meta": {"format": "%d/%m/%Y"}}},
        "at": {"data_type": "timestamp", "meta": {"format": "%d.%m.%Y %H:%M"}},
    }
    assert render("duckdb", "file_request", source=source(columns, path="orders.csv")) == {
        "source": "shop.orders",
        "declared_in": "models/_sources.yml",
        "file": {"path": "orders.csv"},
        "columns": [
            {"name": "id", "data_type": "bigint", "format": None},
            {"name": "day", "data_type": "date", "format": "%d/%m/%Y"},
            {"name": "at", "data_type": "timestamp", "format": "%d.%m.%Y %H:%M"},
        ],
    }


def test_what_is_loaded_anew() -> None:
    """The comment differs where file, way of reading, or columns differ; its end only where the columns do."""

    def comment(type_: str = "bigint", format_: str | None = None, hash_: str = "aa", **file: Any) -> str:
        columns = {"id": {"data_type": type_, "config": {"meta": {"format": format_}}}}
        made: str = render("duckdb", "file_comment", source=source(columns, path="o.csv", **file), hash=hash_)
        return made

    first = comment()
    assert first.startswith("Loaded from o.csv, SHA-256 aa, read ")
    assert first.endswith(f", columns {hashlib.md5(b'id bigint').hexdigest()[:8]}")
    filled_anew = [comment(format_="%d"), comment(hash_="bb"), comment(delimiter=";")]
    made_anew = [comment("integer")]
    assert len({first, *filled_anew, *made_anew}) == 5
    assert {text.split(", ")[-1] for text in filled_anew} == {first.split(", ")[-1]}
    assert made_anew[0].split(", ")[-1] != first.split(", ")[-1]


def test_a_file_says_all_of_its_columns() -> None:
    render("duckdb", "check_file_declaration", source=source({"id": {"data_type": "bigint"}}))
    for columns, said in (
        ({}, "declares no columns"),
        ({"id": {"data_type": "bigint"}, "a": {}, "b": {}}, "declares no type for column `a`, `b`"),
    ):
        with pytest.raises(CompilationError, match=said):
            render("duckdb", "check_file_declaration", source=source(columns))


def test_a_column_that_is_missing_is_named() -> None:
    declared = source({"id": {}, "day": {}, "at": {}})
    render("duckdb", "check_source_columns", source=declared, found=["at", "day", "id", "more"])
    with pytest.raises(CompilationError, match=r"has no column `day`, `at` \(it has: id, more\)"):
        render("duckdb", "check_source_columns", source=declared, found=["id", "more"])
