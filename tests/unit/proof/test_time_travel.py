"""Time travel on DuckDB: leaks show, good features do not, and the user's file is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun import engines
from insitu.proof.rerun.time_travel import Travel, travel

from .projects import FEATURES, GOOD, LEAK, RELATIONS

WEAK = GOOD.replace("o.paid_at < v.as_of", "o.paid_at < v.as_of + interval '6 hours'")
START = datetime(2013, 3, 1)


def rows() -> dict[str, list[tuple[Any, ...]]]:
    visits = [(i, START + timedelta(hours=7 * i), i % 3) for i in range(120)]
    orders = [(i, i % 3, START + timedelta(hours=i, minutes=i % 50), float(i % 11)) for i in range(800)]
    return {"visits": visits, "orders": orders}


def nodes(sql: str) -> list[Node]:
    sources = [
        Node(f"shop.{name}", "source", relation=("db", "raw", name), columns=r["columns"], meta=r["point_in_time"])
        for name, r in RELATIONS.items()
    ]
    return [*sources, Node("feat_orders", "model", sql, ("db", "main", "feat_orders"), meta=FEATURES)]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "db.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for name, values in rows().items():
            columns = ", ".join(f"{c} {t}" for c, t in RELATIONS[name]["columns"].items())
            connection.execute(f"create table raw.{name} ({columns})")
            connection.executemany(f"insert into raw.{name} values ({', '.join('?' * len(values[0]))})", values)
    return path


def run(path: Path, sql: str, cuts: int = 20) -> Travel:
    project = Project(nodes(sql), "duckdb")
    engine = engines.DuckDB(str(path))
    try:
        return travel(project, project.nodes["feat_orders"], engine, "scratch", cuts, band="2 days")
    finally:
        engine.close()


def test_a_good_feature_passes(warehouse: Path) -> None:
    result = run(warehouse, GOOD)
    assert result.passed and result.cuts == 20 and result.rows > 100


@pytest.mark.parametrize("sql", [LEAK, WEAK], ids=["a tie at as-of", "six hours late"])
def test_a_leak_shows_at_most_cuts(warehouse: Path, sql: str) -> None:
    result = run(warehouse, sql)
    assert not result.passed
    assert len({at for at, _ in result.leaks}) >= result.cuts * 0.7
    assert {x.column for _, x in result.leaks} == {"orders"}
    assert "cuts change columns orders" in str(result)


def test_the_file_is_not_changed(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    run(warehouse, LEAK, cuts=2)
    assert warehouse.read_bytes() == before
