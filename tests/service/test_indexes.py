"""Which indexes requests by key would want, as `insitu score publish --serve` says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from insitu.serving.by_key import ByKey
from insitu.serving.indexes import missing_indexes, said
from insitu.warehouse import connect
from tests.faults.demo import on_postgres


def looked_up(events: str, *keys: str) -> ByKey:
    told = {"events": events, "keys": dict.fromkeys(keys) | {key: key for key in keys}, "available_at": "seen at"}
    return ByKey((), {"part": f"with x as (\n    -- insitu.features {json.dumps(told)}\n    select 1)"}, "part", ())


@pytest.mark.parametrize(
    ("index", "is_missing"),
    [
        (None, True),
        ('(shop, customer, "seen at")', False),  # the keys in any order
        ('(customer, shop, "seen at", id)', False),
        ('(customer, shop, id, "seen at")', True),
        ('(customer, "seen at", shop)', True),
        ('(customer, shop, "seen at") where id > 3', True),
    ],
)
def test_an_index_on_keys_and_time(postgres_database: Any, index: str | None, is_missing: bool) -> None:
    project = on_postgres(postgres_database)
    columns = '(id bigint, customer bigint, shop text, "seen at" timestamp)'
    project.execute(f"create table public.visits {columns}", "create view public.seen as select * from public.visits")
    if index:
        project.execute(f"create index on public.visits {index}")
    # Twice the same, and a view, a table that is not there and a common table expression, which can have none.
    others = [looked_up(name, "customer") for name in ('"d"."public"."seen"', '"d"."public"."none"', "events")]
    asked = [looked_up('"d"."public"."visits"', "customer", "shop")] * 2
    with connect(project, read_only=False) as warehouse:  # type: ignore[arg-type]
        found = missing_indexes(warehouse, [*asked, *others])
    assert found == ({'"public"."visits"': [["customer", "shop", "seen at"]]} if is_missing else {})
    if is_missing:
        assert said(*next(iter(found.items()))).endswith(
            'an index would find its rows: ("customer", "shop", "seen at")'
        )
