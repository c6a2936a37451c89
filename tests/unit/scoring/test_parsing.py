"""A configuration that depends on the moment is refused: the scorer does not parse the project for each of its runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from insitu.errors import ConfigurationError
from insitu.scoring import parsing

PLAIN = "select * from {{ ref('spine') }} where as_of <= {{ insitu.timestamp_literal(insitu.as_of()) }}"
DEPENDS = {
    "a variable in config()": ("{{ config(enabled=var('insitu_as_of') > '2024') }} select 1", {}),
    "the macro in config()": ("{{ config(alias='x_' ~ insitu.as_of().year) }} select 1", {}),
    "a clock in config()": ("{{ config(tags=[run_started_at | string]) }} select 1", {}),
    "YAML": (PLAIN, {"enabled": "{{ var('insitu_as_of') > '2024' }}"}),
    "a list in YAML": (PLAIN, {"meta": {"days": ["{{ var('insitu_use_case_as_of', {}) }}"]}}),
}
INDEPENDENT = {
    "SQL": (PLAIN, {}),
    "another variable": ("{{ config(enabled=var('insitu_load_sources')) }} " + PLAIN, {"schema": "{{ var('raw') }}"}),
    "columns of that name": (
        "{{ config(unique_key=['order_id', 'as_of'], as_of='as_of') }} select 1",
        {"meta": {"key": "{{ var('as_of') }}"}},
    ),
    "no template": (PLAIN, {"meta": {"point_in_time": {"as_of": "as_of", "kind": "features"}}}),
}


def manifest(template: str, settings: dict[str, Any]) -> Any:
    node = SimpleNamespace(
        name="late", raw_code=template, unrendered_config=settings, original_file_path="models/late.sql"
    )
    return SimpleNamespace(nodes={"model.shop.late": node})


@pytest.mark.parametrize("name", DEPENDS)
def test_it_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"`late` depends on the moment .*models/late\.sql"):
        parsing.check(manifest(*DEPENDS[name]), ["source.shop.raw", "model.shop.late"])


@pytest.mark.parametrize("name", INDEPENDENT)
def test_sql_may_depend_on_it(name: str) -> None:
    parsing.check(manifest(*INDEPENDENT[name]), ["model.shop.late"])
