"""Columns of any name, and ENUMs as keys and texts: every feature macro gives what it gives for plain ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from insitu.local_postgres import Database
from insitu.quoting import identifier
from tests.dbt.features.project import FeaturesProject
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse

# Plain name → a name that is SQL, a word of it, in another case, or as long as a name can be.
NAMES = {
    "id": "id\" of the 'row",
    "k": "limit",
    "s": "Group",
    "as_of": "as of -- when",
    "key": "x' || (select 'INJECTED') || '",
    "spot": "spot{{ 1 }}",
    "known_at": 'Known "At"',
    "x": "select",
    "c": "ünï — 码",
    "flag": "$query$ $insitu$ is it?",
    "grade": "a" * 63,
    "since": "Since",
    "until": "user",
    "seq": "1st",
}
TABLES = {
    "spine": "id integer, k integer, s varchar, as_of timestamp",
    "events": "key integer, spot varchar, known_at timestamp, x double precision, c integer, flag boolean, seq integer",
    "periods": "key integer, grade varchar, since timestamp, until timestamp",
}
ROWS = {
    "spine": """values (1, 1, 'a', timestamp '2024-01-03'), (2, 1, 'b', timestamp '2024-01-04'),
        (3, 2, 'a', timestamp '2024-01-04'), (4, null, 'b', timestamp '2024-01-04')""",
    "events": """select n % 3, case n % 4 when 0 then 'a' when 1 then 'it''s' else 'b' end,
        timestamp '2024-01-01' + n * interval '3 hours', n * 1.5, n % 5, n % 2 = 0, n % 7
        from generate_series(1, 30) as g (n)""",
    "periods": """values (1, 'low', timestamp '2024-01-01', timestamp '2024-01-03 12:00:00'),
        (1, 'high', timestamp '2024-01-03 12:00:00', null), (2, 'mid', timestamp '2024-01-01', null)""",
}
SIDES = "SPINE, EVENTS, {'k': 'key'}"
COMMON = "available_at='known_at', as_of='as_of', spine_key=['id'], prefix='f'"
MEASURES = """[
    {'name': 'order', 'expr': 'x', 'agg': ['count', 'sum', 'avg', 'stddev', 'min', 'max', 'first', 'last', 'mode',
        'count_distinct', 'time_since_last'], 'where': 'flag', 'order_by': ['seq', 'c']},
    {'name': 'group', 'expr': 'c', 'agg': ['sum', 'stddev', 'max', 'last', 'count_distinct', 'mode']},
    {'name': 'all', 'agg': ['count', 'rate_per_day'], 'windows': ['1 day']},
    {'name': 'select', 'expr': 'x', 'agg': 'decayed_sum', 'half_life': '6 hours', 'windows': ['1 day']}]"""
CODES = {"key": "(0, 1, 2)", "s": "('a', 'b')", "spot": "('a', 'b', 'it''s')", "grade": "('low', 'mid', 'high')"}
LONG = (
    "a_measure_whose_name_goes_on_and_on_until",
    "a_measure_whose_name_goes_on_and_on_beyond",
)
LONG_MEASURES = str(
    [{"name": name, "expr": "c", "agg": agg} for name, agg in zip(LONG, (["sum", "last"], ["min", "max"]), strict=True)]
)
MODELS = {
    "windowed": f"window_features({SIDES}, measures={MEASURES}, windows=['6 hours', '1 day', 'all'], {COMMON})",
    "joined": f"window_features({SIDES}, measures={MEASURES}, windows=['1 day'], strategy='range_join', {COMMON})",
    "long": f"window_features({SIDES}, measures={LONG_MEASURES}, windows=['1 day', 'all'], {COMMON})",
    "latest": f"latest_before({SIDES}, columns={{'1st one': 'x', 'where': 'c'}}, order_by='seq', {COMMON})",
    "listed": f"latest_before({SIDES}, columns=['x', 'c', 'spot'], order_by=['seq'], max_age='1 day', {COMMON})",
    "lags": f"lag_features({SIDES}, columns=['x', 'spot'], lags=[1, 2], order_by='seq', {COMMON})",
    "validity": """validity_lookup(SPINE, PERIODS, {'k': 'key'}, ['grade'], valid_from='since', valid_to='until',
        as_of='as_of', spine_key=['id'])""",
    "encoded": """target_encoding(SPINE, EVENTS, {'k': 'key'}, 'flag', matured_at='known_at', as_of='as_of',
        spine_key=['id'], prefix='f')""",
    "fitted": "fit_encodings(EVENTS, ['spot', 'c'], where='flag')",
    "applied": """apply_encodings(EVENTS, ref('fitted'), frequency=['spot'], ordinal=['c'],
        one_hot={'spot': ["it's", 'b']})""",
}


def called(text: str, names: dict[str, str]) -> str:
    """A model's text, where the columns are called otherwise."""
    for plain, name in names.items():
        text = re.sub(rf"'{plain}'(?!:)", lambda _, name=name: repr(name), text)
        text = re.sub(rf"{{'{plain}': (?=['\"\[])", lambda _, name=name: f"{{{name!r}: ", text)
    return text


def models(schema: str, names: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, text in MODELS.items():
        text = called(text, names)
        for table in TABLES:
            text = text.replace(table.upper(), f"source('{schema}', '{table}')")
        found[f"{schema}_{name}"] = "{{ insitu." + text.replace("ref('fitted')", f"ref('{schema}_fitted')") + " }}"
    return found


SOURCES = {
    "sources": [
        {"name": name, "schema": name, "tables": [{"name": table} for table in TABLES]}
        for name in ("plain", "odd", "coded")
    ]
}


def run(folder: Path, profile: dict[str, Any]) -> None:
    project = FeaturesProject(folder, profile, models("plain", {}) | models("odd", NAMES) | models("coded", {}))
    (folder / "models/_names.yml").write_text(yaml.safe_dump(SOURCES))
    ok, said = project.run("run")
    assert ok, said


def fill(warehouse: Warehouse, schema: str, names: dict[str, str]) -> None:
    warehouse.execute(f"create schema {schema}")
    for table, columns in TABLES.items():
        typed = [column.strip().split(" ", 1) for column in columns.split(",")]
        own = ", ".join(f"{identifier(names.get(name, name))} {type_}" for name, type_ in typed)
        warehouse.execute(f"create table {schema}.{table} ({own})")
        warehouse.execute(f"insert into {schema}.{table} {ROWS[table]}")


def code(warehouse: Warehouse) -> None:
    """The plain tables, with ENUMs for keys and texts; two columns that are joined have one type."""
    warehouse.execute("create schema coded")
    types = {}
    for column, values in CODES.items():
        types[column] = f"coded.{column}_code"
        texts = re.sub(r"\b(\d)\b", r"'\1'", values)
        warehouse.execute(f"create type {types[column]} as enum {texts}")
    types["k"] = types["key"]
    for table, columns in TABLES.items():
        names = [column.split()[0] for column in columns.split(",")]
        typed = ", ".join(f"cast(cast({n} as varchar) as {types[n]}) as {n}" if n in types else n for n in names)
        warehouse.execute(f"create table coded.{table} as select {typed} from plain.{table}")


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The models over plain and over odd names, built."""
    folder: Path = tmp_path_factory.mktemp("names")
    if request.param == "duckdb":
        path = str(folder / "warehouse.duckdb")
        with duckdb.connect(path) as connection:
            for schema, names in (("plain", {}), ("odd", NAMES)):
                fill(DuckWarehouse(connection), schema, names)
            code(DuckWarehouse(connection))
        run(folder / "project", {"type": "duckdb", "path": path, "schema": "main"})
        with duckdb.connect(path) as connection:
            yield DuckWarehouse(connection)
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        for schema, names in (("plain", {}), ("odd", NAMES)):
            fill(PostgresWarehouse(connection), schema, names)
            keys = ", ".join(identifier(names.get(name, name)) for name in ("key", "known_at"))
            connection.execute(f"create index on {schema}.events ({keys})")  # type: ignore[arg-type]
        code(PostgresWarehouse(connection))
        login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
        run(folder / "project", {"type": "postgres", "dbname": database.dbname, "schema": "public", **login})
        yield PostgresWarehouse(connection)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("other", ["odd", "coded"])
def test_gives_for_others_what_it_gives_for_plain_ones(warehouse: Warehouse, other: str, model: str) -> None:
    plain, odd = (warehouse.query(f"select * from {schema}_{model}") for schema in ("plain", other))
    assert len(odd) == len(plain) > 0 and len(odd.columns) == len(plain.columns) == len(set(odd.columns))
    values = [rows.drop(columns="column_name", errors="ignore").to_numpy() for rows in (plain, odd)]
    assert sorted(written(row) for row in values[0]) == sorted(written(row) for row in values[1])
    assert plain.drop(columns="id", errors="ignore").notna().to_numpy().any()


def written(row: Any) -> list[str]:
    """The values as texts: a code is one, and the last digit of a deviation depends on the order of rows."""
    return [f"{value:.12g}" if isinstance(value, float) else str(value) for value in row]
