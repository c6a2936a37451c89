"""The same project over the same source rows gives the same tables on DuckDB and on PostgreSQL, two days in a row.

One use case is built on both days, the other on the second.

Text, keys, counts, times, types and NULLs are equal; so are snapshots, models and predictions, bit by bit. What SQL
sums up in floating point may differ by 1e-9, relatively: the order of a sum is the server's.
"""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_postgresql import dbapi

from tests.e2e.postgres import PostgresSite
from tests.e2e.site import NEXT_DAY, Site

USE_CASES = ("flight_delay", "arrival_delay")
# What says when something ran, or how long it took. What a search tried is compared as `search_trials`.
# So is what names a run, or the SQL of a dialect and a database.
CLOCK = {"created_at", "predicted_at", "decided_at", "written_at", "fit_seconds", "seconds", "search_trace"}
CLOCK |= {"run_id", "started_at", "computed_by", "query"}
# JSON that SQL cut out of a longer text: each warehouse writes it in its own way, so its value is compared.
JSON = {"evaluation.ml_search_trials": ("parameters", "scores")}
RELATIONS = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_schema not in ('raw', 'pg_catalog', 'information_schema') order by 1
"""
# A handful of relations that hold no floating point sum: these are equal to the last bit.
EXACT = {
    f"{schema}.{use_case}__{name}"
    for use_case in USE_CASES
    for schema, name in (
        ("training", "models"),
        ("evaluation", "heldout_predictions"),
        ("predictions", "predictions"),
        ("training", "training_set"),
    )
}


def in_duckdb(site: Site, sql: str) -> pa.Table:
    with duckdb.connect(str(site.warehouse), read_only=True) as connection:
        return connection.sql(sql).to_arrow_table()


def in_postgres(site: PostgresSite, sql: str) -> pa.Table:
    with dbapi.connect(site.database.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetch_arrow_table()


def plain(table: pa.Table) -> pa.Table:
    """Without the clock, the drivers' metadata, and Arrow's two widths of text and bytes."""
    narrow = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}
    fields = [pa.field(f.name, narrow.get(f.type, f.type)) for f in table.schema if f.name not in CLOCK]
    return table.select([f.name for f in fields]).cast(pa.schema(fields))


def by_value(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """JSON columns in one spelling."""
    for name in names:
        values = table[name].to_pylist()
        texts = [v if v is None else json.dumps(json.loads(v), sort_keys=True) for v in values]
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    return table


def in_order(table: pa.Table) -> pa.Table:
    """Rows in an order that the warehouse has no part in; floating point numbers decide last."""
    names = sorted(table.column_names, key=lambda name: pa.types.is_floating(table.field(name).type))
    sortable = [name for name in names if not pa.types.is_binary(table.field(name).type)]
    return table.sort_by([(name, "ascending") for name in sortable])


def difference(ours: pa.ChunkedArray, theirs: pa.ChunkedArray, exact: bool) -> str:
    """What tells two columns apart; empty if nothing does."""
    if not ours.is_null().equals(theirs.is_null()):
        return "NULL in other rows"
    if exact or not pa.types.is_floating(ours.type):
        different = pc.fill_null(pc.not_equal(ours, theirs), False)
        if pa.types.is_floating(ours.type):  # NaN is not equal to itself
            different = pc.and_(different, pc.invert(pc.and_(pc.is_nan(ours), pc.is_nan(theirs)).fill_null(False)))
    else:
        x, y = ours.to_numpy(), theirs.to_numpy()
        different = pa.array(~np.isclose(x, y, rtol=1e-9, atol=0, equal_nan=True))
    n = pc.sum(different).as_py() or 0
    pairs = [
        (x.as_py(), y.as_py()) for x, y in zip(ours.filter(different)[:3], theirs.filter(different)[:3], strict=True)
    ]
    return f"{n} different, such as {pairs}" if n else ""


def differences(duckdb_site: Site, postgres_site: PostgresSite, relation: str) -> list[str]:
    sql = f"select * from {relation}"
    ours, theirs = plain(in_duckdb(duckdb_site, sql)), plain(in_postgres(postgres_site, sql))
    if ours.schema != theirs.schema or ours.num_rows != theirs.num_rows:
        fields = [
            (x.name, str(x.type), str(y.type)) for x, y in zip(ours.schema, theirs.schema, strict=False) if x != y
        ]
        return [f"{ours.num_rows} and {theirs.num_rows} rows; columns {fields}"]
    ours, theirs = (in_order(by_value(table, JSON.get(relation, ()))) for table in (ours, theirs))
    exact = relation in EXACT
    found = {name: difference(ours[name], theirs[name], exact) for name in ours.column_names}
    return [f"{name}: {text}" for name, text in found.items() if text]


def test_the_second_day_only_added(postgres_first: dict[str, int], postgres_next_day: PostgresSite) -> None:
    rows = postgres_next_day.rows()
    for kept in ("training.flight_delay__models", "training.flight_delay__snapshots"):
        assert rows[kept] == postgres_first[kept]
    for table in ("predictions.flight_delay__predictions", "predictions.flight_delay__scored_features"):
        assert rows[table] > postgres_first[table]
    days = postgres_next_day.query(
        "select batch_as_of, count(*) as n from predictions.flight_delay__predictions group by 1"
    )
    assert sorted(days["batch_as_of"]) == [pd.Timestamp("2013-11-02"), pd.Timestamp("2013-11-03")]
    assert rows["actions.flight_delay__outcomes"] > postgres_first["actions.flight_delay__outcomes"] > 0


def test_the_same_day_again_changes_nothing(postgres_next_day: PostgresSite) -> None:
    before = postgres_next_day.rows()
    kept = ("models", "snapshots", "heldout_predictions", "promotions", "predictions", "scored_features")
    selected = [f"flight_delay__{name}" for name in kept]
    outcome = postgres_next_day.dbt("run", "--select", *selected, as_of=NEXT_DAY)
    assert outcome.returncode == 0, outcome.stdout
    assert postgres_next_day.rows() == before
    left = postgres_next_day.query("select relname from pg_class where relname like '%\\_\\_dbt\\_%'")
    assert left.empty


def test_every_table_is_the_same(both_use_cases: Site, postgres_both_use_cases: PostgresSite) -> None:
    relations = in_duckdb(both_use_cases, RELATIONS).column(0).to_pylist()
    assert relations == in_postgres(postgres_both_use_cases, RELATIONS).column(0).to_pylist()
    assert set(relations) > EXACT and len(relations) > 80
    found = {r: d for r in relations if (d := differences(both_use_cases, postgres_both_use_cases, r))}
    assert not found
    both = in_duckdb(both_use_cases, "select distinct use_case from evaluation.ml_metrics").column(0).to_pylist()
    assert sorted(both) == sorted(USE_CASES)
