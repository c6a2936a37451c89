"""Names of relations are replaced however they are spelled, and nothing else is."""

from __future__ import annotations

import pytest

from insitu.scoring.instead import place, read_instead

INSTEAD = {place("db", "shop", "orders"): "live_1", place("", "shop", "orders"): "live_1"}
CASES = {
    'select * from "db"."shop"."orders" as o': "select * from live_1 as o",
    'select * from "shop"."orders" o, shop.Orders': "select * from live_1 o, live_1 as Orders",
    'select orders.id from "shop"."orders" where true': 'select orders.id from live_1 as "orders" where true',
    'select "shop"."orders"."id" from "shop"."orders"': 'select "orders"."id" from live_1 as "orders"',
    "select 'shop.orders' /* shop.orders */ from shop.orders_old -- shop.orders": None,
    'select \'"shop"."orders"\' as x, 1.5e3, a.b.c from other.orders': None,
    'select * from "lake"."shop"."orders" as o': None,  # of another database
    "with orders as (select * from shop.orders) select * from orders": (
        "with orders as (select * from live_1 as orders) select * from orders"
    ),
    "select * from a left join shop.orders using (id)": "select * from a left join live_1 as orders using (id)",
}


@pytest.mark.parametrize("sql", CASES)
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_only_names_of_relations(sql: str, dialect: str) -> None:
    assert read_instead(sql, INSTEAD, dialect) == (CASES[sql] or sql)
