"""Whatever the feature macros write, on both warehouses, is proved; with a source that is known later, it is not."""

from __future__ import annotations

from typing import Any

import pytest

from insitu.proof import ModelResult, check_sql
from tests.dbt.features.conftest import (  # noqa: F401
    EVENTS,
    MODELS,
    PERIODS,
    READINGS,
    SPINE,
    Rendered,
    duckdb_rendered,
    duckdb_sparse_rendered,
    postgres_profile,
    postgres_rendered,
    rendered,
)

RELATIONS: dict[str, dict[str, Any]] = {
    "spine": {"columns": SPINE, "point_in_time": {"kind": "spine", "key": ["id"]}},
    "events": {"columns": EVENTS, "point_in_time": {"kind": "event", "available_at": "known_at"}},
    "readings": {
        "columns": READINGS,
        "point_in_time": {"kind": "event", "available_at": "known_at", "unique": [["known_at", "key"]]},
    },
    "periods": {
        "columns": PERIODS,
        "point_in_time": {"kind": "validity", "valid_from": "valid_from", "valid_to": "valid_to"},
    },
}


def check(rendered: Rendered, model: str, relations: dict[str, dict[str, Any]]) -> ModelResult:  # noqa: F811
    sql = rendered.sql[model].replace('"raw".', "")
    if rendered.kind == "postgres":
        import re

        sql = re.sub(r'"insitu_\w+"\."?(spine|events|periods|readings)', r'"\1', sql)
    return check_sql(sql, relations, dialect=rendered.kind)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_proved(rendered: Rendered, model: str) -> None:  # noqa: F811
    result = check(rendered, model, RELATIONS)
    assert not {f"{f.code} {c.column}: {f.message}" for c in result.columns for f in c.findings}


def test_a_later_source_is_refused(rendered: Rendered) -> None:  # noqa: F811
    late = {**RELATIONS["events"], "point_in_time": {"kind": "event", "available_at": "known_at", "lag": "2 hours"}}
    result = check(rendered, "everything_joined", {**RELATIONS, "events": late})
    refused = {c.column for c in result.columns if c.findings}
    assert {f.code for c in result.columns for f in c.findings} == {"004"}
    assert refused == {c.column for c in result.columns} - {"id", "k", "as_of"}
