"""Features of flights by key are those of the build, in tables that were made by the models' other strategies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

from tests.e2e.postgres import PostgresSite
from tests.e2e.site import Site

ROLES = (files("insitu.postgrespy") / "roles.sql").read_text()
BUILT = "select * from training.flight_delay__features order by md5(flight_id) limit {rows}"


def compare(site: Site, query: Callable[[str], pd.DataFrame], rows: int, at_once: int) -> None:
    built = site.query(BUILT.format(rows=rows))
    keys = [{"flight_id": row.flight_id, "as_of": row.as_of.isoformat()} for row in built.itertuples()]
    shares = [json.dumps(keys[start : start + at_once]) for start in range(0, rows, at_once)]
    found = pd.concat(query(f"select * from published.flight_delay__features_at('{share}')") for share in shares)
    one, other = (each.sort_values(["flight_id", "as_of"], ignore_index=True) for each in (found, built))
    assert len(other) == rows and len(other.columns) > 95
    for name in other.columns:
        if name not in ("flight_id", "as_of") and not isinstance(other[name].dropna().iloc[0], str):
            one[name], other[name] = one[name].astype(float), other[name].astype(float)
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-12, atol=1e-12)


def test_a_duckdb_copy(built: Site, tmp_path: Path) -> None:
    published = built.insitu("score", "publish", "--serve", "--to", str(tmp_path))
    assert published.returncode == 0, published.stdout

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(str(tmp_path / built.warehouse.name), read_only=True) as copy:
            return copy.sql(sql).df()

    compare(built, query, 3000, 1000)


def test_postgresql_by_the_role_of_scorers(postgres_next_day: PostgresSite) -> None:
    site = postgres_next_day
    site.execute(ROLES, "create role online login password 'insitu' in role insitu_scorer")
    try:
        published = site.insitu("score", "publish", "--serve")
        assert published.returncode == 0, published.stdout
        scorer = replace(site, database=replace(site.database, user="online"))
        compare(site, scorer.query, 90, 3)
        assert "flight_delay" in set(scorer.query("select use_case from published.serving").use_case)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scorer.query("select * from staging.stg_nycflights__departures")
    finally:
        site.execute("drop schema if exists published cascade")
        for role in ("online", "insitu_analyst", "insitu_scorer", "insitu_builder"):
            site.execute(f"drop owned by {role}", f"drop role {role}")
