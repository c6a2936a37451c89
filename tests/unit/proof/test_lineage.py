"""What a feature's value and its row depend on, and what depends on a source column."""

from __future__ import annotations

from pathlib import Path

import pytest

from insitu.errors import ConfigurationError
from insitu.proof.lineage import tracing as lineage
from insitu.proof.project import manifest
from insitu.proof.project.project import Project

from .projects import FEATURES, RELATIONS, write

MODELS = {
    "feat_orders": {
        "sql": """select v.visit_id, v.as_of, sum(o.amount) filter (where o.amount > 1) as spent
        from "db"."raw"."visits" v left join "db"."raw"."orders" o on o.customer = v.customer and o.paid_at < v.as_of
        group by v.visit_id, v.as_of""",
        "point_in_time": FEATURES,
    },
    "feat_new": {
        "sql": """select v.visit_id, v.as_of, v.customer * 2 as twice from "db"."raw"."visits" v
        where not exists (select 1 from "db"."raw"."orders" o where o.customer = v.customer and o.paid_at < v.as_of)""",
        "point_in_time": FEATURES,
    },
    "all_features": {
        "sql": """select v.visit_id, v.as_of, f.spent from "db"."raw"."visits" v
        left join "db"."main"."feat_orders" f on f.visit_id = v.visit_id and f.as_of = v.as_of""",
        "point_in_time": FEATURES,
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    target = write(tmp_path, RELATIONS, MODELS)
    return Project(*manifest.read(target, manifest.load(target)))


def test_value_and_row(project: Project) -> None:
    found = {x.model: x for x in lineage.of_feature(project, "spent")}
    assert set(found) == {"feat_orders", "all_features"}
    direct = found["feat_orders"]
    assert {c for r, c in direct.value if r == "shop.orders"} == {"amount", "customer", "paid_at"}
    assert not {r for r, _ in found["all_features"].row if r == "shop.orders"}  # one row a visit, whatever was ordered


def test_a_row_that_depends_on_orders(project: Project) -> None:
    (found,) = lineage.of_feature(project, "feat_new.twice")
    assert {r for r, _ in found.value} == {"shop.visits"}
    assert {c for r, c in found.row if r == "shop.orders"} == {"customer", "paid_at"}


def test_what_breaks(project: Project) -> None:
    by_value = {(x.model, x.column) for x in lineage.affected(project, "orders.amount") if x.value}
    assert by_value == {("feat_orders", "spent"), ("all_features", "spent")}
    by_row = {(x.model, x.column) for x in lineage.affected(project, "shop.orders.paid_at") if not x.value}
    assert by_row == {("feat_new", "twice")}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shop.orders.price", "`shop.orders` has no column `price`"),
        ("carts.amount", "no relation `carts`"),
        ("amount", "Write relation.column"),
    ],
)
def test_unknown_source_columns(project: Project, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        lineage.affected(project, name)


def test_unknown_feature(project: Project) -> None:
    with pytest.raises(ConfigurationError, match="No declared model has a column `earned`"):
        lineage.of_feature(project, "earned")
