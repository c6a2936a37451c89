"""What a source that is a file must declare, and when it is loaded again."""

from __future__ import annotations

from typing import Any

import pytest
from dbt_common.exceptions import CompilationError

from tests.unit.metrics.render import render


def source(**types: str | None) -> dict[str, Any]:
    """A source that is a file, with columns of these types."""
    return {
        "source_name": "shop",
        "name": "orders",
        "original_file_path": "models/_sources.yml",
        "config": {"meta": {"file": {"path": "data/orders.csv"}}},
        "columns": {name: {"name": name, "data_type": type_} for name, type_ in types.items()},
    }


@pytest.mark.parametrize(
    ("types", "missing"),
    [({}, "declares no columns."), ({"id": "integer", "note": None}, "declares no type for column `note`.")],
)
def test_every_column_has_a_type(types: dict[str, str | None], missing: str) -> None:
    with pytest.raises(CompilationError) as refused:
        render("duckdb", "check_file_declaration", source=source(**types))
    assert f"Source `shop.orders` is a file and {missing}" in str(refused.value)
    assert "a `data_type` in models/_sources.yml" in str(refused.value)
    render("duckdb", "check_file_declaration", source=source(id="integer"))


def test_a_changed_file_and_a_changed_declaration_are_loaded_again() -> None:
    def comment(hash_: str = "abc", **types: str | None) -> Any:
        return render("duckdb", "file_comment", source=source(**types), hash=hash_)

    loaded = comment(id="integer")
    assert loaded.startswith("Loaded from data/orders.csv, SHA-256 abc, read ")
    assert loaded == comment(id="integer")
    assert len({loaded, comment("def", id="integer"), comment(id="bigint"), comment(id="integer", note="varchar")}) == 4


def test_a_changed_way_of_reading_is_loaded_again_into_the_same_columns() -> None:
    plain, semicolons, formatted = source(day="date"), source(day="date"), source(day="date")
    semicolons["config"]["meta"]["file"]["delimiter"] = ";"
    formatted["columns"]["day"]["config"] = {"meta": {"format": "%d/%m/%Y"}}
    comments = [render("duckdb", "file_comment", source=s, hash="abc") for s in (plain, semicolons, formatted)]
    assert len(set(comments)) == 3
    assert len({comment.split(", columns ")[1] for comment in comments}) == 1
