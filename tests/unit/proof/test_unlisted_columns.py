"""A source whose YAML does not list all columns: what a name or a * means then is not certain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from insitu.proof.project import checking

from .projects import FEATURES, RELATIONS, write

CUSTOMERS: dict[str, Any] = {
    "columns": {"customer": "bigint", "born": "date"},
    "point_in_time": {
        "kind": "mutable", "immutable": ["customer", "born"], "unique": [["customer"]],
        "rows_are_permanent": "customers are loaded before the first visit",
    },
}  # fmt: skip
FROM = {name: f'"db"."raw"."{name}"' for name in ("visits", "orders", "customers")}

# Where a column that YAML leaves out would change what the query reads.
UNCERTAIN = {
    "the outer query's as_of, or a column of orders": """
        select v.visit_id, v.as_of, (
            select count(*) from {orders} o where o.customer = v.customer and o.paid_at < as_of
        ) as n from {visits} v""",
    "an alias, or a column of orders": """
        select v.visit_id, v.as_of, o.n from {visits} v left join lateral (
            select o.amount as n, o.paid_at as seen from {orders} o
            where o.customer = v.customer and o.paid_at < v.as_of
            qualify row_number() over (order by o.paid_at desc, o.order_id) = 1 and seen < v.as_of
        ) o on true""",
    "a column of today's values": """
        select v.visit_id, v.as_of, c.* exclude (customer)
        from {visits} v left join {customers} c on c.customer = v.customer""",
    "columns by their position": """
        with u as (select * from {orders} union all select * from {orders})
        select v.visit_id, v.as_of, count(u.order_id) as n from {visits} v
        left join u on u.customer = v.customer and u.paid_at < v.as_of group by v.visit_id, v.as_of""",
    "columns named by their position": """
        select v.visit_id, v.as_of, count(o.id) as n from {visits} v
        left join {orders} o (id, c, at) on o.c = v.customer and o.at < v.as_of group by v.visit_id, v.as_of""",
}
CERTAIN = """
    with orders as (select * from {orders}), visits as (select * from {visits})
    select v.visit_id, v.as_of, count(o.order_id) as n, max(amount) as highest, min(c.born) as born from visits v
    left join orders o on o.customer = v.customer and paid_at < v.as_of
    left join {customers} c on c.customer = v.customer group by v.visit_id, v.as_of"""


def check(tmp_path: Path, sql: str, columns: Any = None) -> checking.Outcome:
    models = {"feat_orders": {"sql": sql.format(**FROM), "point_in_time": FEATURES}}
    return checking.check(write(tmp_path, {**RELATIONS, "customers": CUSTOMERS}, models), columns=columns)


def warehouse(relations: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, str | None]]:
    """A warehouse that has the columns of YAML and no others, but for today's address."""
    known = {**RELATIONS, "customers": CUSTOMERS}
    found = {r: dict(known[r[-1]]["columns"]) for r in relations if r[-1] in known}
    return {r: c | ({"address": "varchar"} if r[-1] == "customers" else {}) for r, c in found.items()}


@pytest.mark.parametrize("sql", UNCERTAIN.values(), ids=UNCERTAIN)
def test_what_a_name_means_is_not_certain(tmp_path: Path, sql: str) -> None:
    assert not check(tmp_path, sql).ok


@pytest.mark.parametrize("what", [w for w in UNCERTAIN if w != "a column of today's values"])
def test_the_warehouse_knows_all_columns(tmp_path: Path, what: str) -> None:
    outcome = check(tmp_path, UNCERTAIN[what], warehouse)
    assert outcome.ok, str(outcome)


def test_todays_address_is_refused_by_its_name(tmp_path: Path) -> None:
    outcome = check(tmp_path, UNCERTAIN["a column of today's values"], warehouse)
    refused = [c.column for r in outcome.results for c in r.columns if c.findings]
    assert refused == ["address"]


def test_names_that_are_listed_are_certain(tmp_path: Path) -> None:
    outcome = check(tmp_path, CERTAIN)
    assert outcome.ok, str(outcome)
    assert [c.column for c in outcome.results[0].columns] == ["visit_id", "as_of", "n", "highest", "born"]
