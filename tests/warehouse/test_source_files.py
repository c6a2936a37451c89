"""Sources that are files: the same rows, or the same refusal, on both warehouses. Expectations by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner

from insitu.local_postgres import Database
from tests.dbt_package import install

PROJECT = """
name: shop
profile: shop
flags: {send_anonymous_usage_stats: false}
"""
COLUMNS = {
    "id": "bigint",
    "name": "varchar(12)",
    "amount": "decimal(9, 2)",
    "share": "double",
    "seen": "timestamp",
    "day": "date",
    "at": "timestamptz",
    "open": "time",
    "paid": "boolean",
    "key": "uuid",
    "body": "json",
    "small": "smallint",
    "half": "real",
    'it\'s "odd"': "text",
}
CSV = (
    'body,extra,key,paid,open,at,day,seen,share,amount,name,id,small,half,"it\'s ""odd"""\n'
    '"{""a"":1}",x,6f1c0a52-8a3e-4b0e-9c59-3f0f4f9a7d11,yes,18:05,2024-07-01T12:00:00+02:00,2024-02-29,'
    '2024-07-01T12:00:00.5+02:00,1e-3,1.50,"a ""b"", c\nd",1,-3,0.5,"o\'k"\n'
    ',y,,,,,,,,,"",2,,,\n'
    ",z,,,,,,,,,NA,3,,,\n"
)
EMPTY = (None,) * 12
ROWS = [
    (
        1,
        'a "b", c\nd',
        Decimal("1.50"),
        0.001,
        dt.datetime(2024, 7, 1, 10, 0, 0, 500_000),
        dt.date(2024, 2, 29),
        dt.datetime(2024, 7, 1, 10, tzinfo=dt.UTC),
        dt.time(18, 5),
        True,
        "6f1c0a52-8a3e-4b0e-9c59-3f0f4f9a7d11",
        '{"a":1}',
        -3,
        0.5,
        "o'k",
    ),
    (2, "", *EMPTY),
    (3, "NA", *EMPTY),
]
SHOWN = 'id, name, amount, share, seen, day, "at", open, paid, cast(key as text), cast(body as text), small, half'


@dataclass
class Shop:
    """A dbt project with one source, and the warehouse that it is loaded into."""

    folder: Path
    connect: Callable[[], Any]

    def execute(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(statement).fetchall()
        return rows

    def declare(self, columns: dict[str, str], **words: Any) -> None:
        table = {
            "name": "orders",
            "config": {"meta": {"file": {"path": str(self.folder / "orders.csv"), **words}}},
            "columns": [{"name": name, "data_type": type_} for name, type_ in columns.items()],
        }
        sources = {"sources": [{"name": "shop", "schema": "raw", "tables": [table]}]}
        (self.folder / "models/sources.yml").write_text(yaml.safe_dump(sources))

    def load(self, content: str, columns: dict[str, str] = COLUMNS, check: bool = False, **words: Any) -> str:
        """What dbt says when the file is loaded: one line if it was, or the whole error."""
        (self.folder / "orders.csv").write_text(content)
        self.declare(columns, **words)
        said: list[str] = []
        runner = dbtRunner(
            callbacks=[lambda event: said.append(event.info.msg) if event.info.level != "debug" else None]
        )
        where = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        for macro in ("load_sources", "check_sources") if check else ("load_sources",):
            outcome = runner.invoke(["run-operation", f"insitu.{macro}", *where])
            if not outcome.success:
                return " ".join("\n".join(said).split())
        return "".join(line for line in said if line.startswith("Loaded "))


def settings(folder: Path, database: Database | None) -> dict[str, Any]:
    if database is None:
        plugins = [{"module": "insitu.sources.duckdb_plugin"}]
        return {"type": "duckdb", "path": str(folder / "shop.duckdb"), "schema": "main", "plugins": plugins}
    return {
        "type": "postgrespy",
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.dbname,
        "schema": "public",
        "settings": {"DateStyle": "SQL, DMY", "TimeZone": "America/New_York"},
        "threads": 1,
    }


@pytest.fixture(params=["duckdb", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    database = request.getfixturevalue("postgres_database") if request.param == "postgres" else None

    connect = database.connect if database else lambda: duckdb.connect(str(tmp_path / "shop.duckdb"))
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    outputs = {"target": "dev", "outputs": {"dev": settings(tmp_path, database)}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump({"shop": outputs}))
    install(tmp_path)
    return Shop(tmp_path, connect)


def test_every_type_and_loading_once(shop: Shop) -> None:
    assert shop.load(CSV, check=True).startswith("Loaded shop.orders from ")
    found = shop.query(f"""select {SHOWN}, "it's ""odd""\" from raw.orders order by id""")
    assert [tuple(v.astimezone(dt.UTC) if getattr(v, "tzinfo", 0) else v for v in row) for row in found] == ROWS
    assert shop.load(CSV) == ""
    assert shop.load(CSV, na_values=["NA"]) != ""
    assert shop.query("select id from raw.orders where name is null") == [(3,)]
    assert shop.load(CSV.replace("NA,3", "NA,4"), na_values=["NA"]) != ""
    assert shop.query("select count(*) from raw.orders where id = 4") == [(1,)]


def test_a_table_of_the_same_columns_keeps_the_views_on_it(shop: Shop) -> None:
    columns = {"id": "bigint", "name": "varchar"}
    assert shop.load("id,name\n1,a\n", columns) != ""
    shop.execute("create view raw.names as select id, name from raw.orders")
    assert shop.load("name;id\nd;4\n", columns, delimiter=";") != ""
    assert shop.query("select * from raw.names") == [(4, "d")]


REFUSED = {
    "a fraction": ("id,name\n1.5,a\n", "line 2, column `id`: `1.5` is no bigint. Expected a whole number"),
    "quoted nothing": ('id,name\n"",a\n', "line 2, column `id`: `` is no bigint"),
    "a footer": ("id,name\n1,a\nTotal: 1\n", "line 3: 1 values where 2 were expected"),
    "an open quote": ('id,name\n1,"a\n', 'line 2: a quote (`"`) is not closed'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_changes_nothing(shop: Shop, case: str) -> None:
    content, complaint = REFUSED[case]
    columns = {"id": "bigint", "name": "varchar(12)"}
    assert shop.load("id,name\n7,old\n", columns) != ""
    said = shop.load(content, columns)
    assert f"Source `shop.orders`: the file `{shop.folder}/orders.csv`" in said
    assert complaint in said
    assert (
        "Nothing was loaded. Have the source delivered as agreed, or change the contract in models/sources.yml." in said
    )
    assert "Traceback" not in said
    assert shop.query("select * from raw.orders") == [(7, "old")]


def test_what_an_earlier_command_selected_does_not_count(shop: Shop) -> None:
    (shop.folder / "models/one.sql").write_text("select 1 as one")
    where = ["--project-dir", str(shop.folder), "--profiles-dir", str(shop.folder)]
    assert dbtRunner().invoke(["run", "--select", "one", *where]).success
    assert shop.load("id\n1\n", {"id": "bigint"}).startswith("Loaded shop.orders from ")


def test_an_unknown_word_is_refused(shop: Shop) -> None:
    assert "Source `shop.orders`: `config.meta.file` knows no word `sep`" in shop.load(
        "id\n1\n", {"id": "bigint"}, sep=";"
    )


def test_now_does_not_lie_before_the_first_row_of_a_source(shop: Shop) -> None:
    """After the last row is the present of a source that is alive."""
    shop.load("seen\n2024-07-01 12:00:00\n", {"seen": "timestamp"})
    path = shop.folder / "models/sources.yml"
    declared = yaml.safe_load(path.read_text())
    declared["sources"][0]["tables"][0]["config"]["event_time"] = "seen"
    path.write_text(yaml.safe_dump(declared))
    command = ["--quiet", "run-operation", "insitu.check_as_of"]
    command += ["--project-dir", str(shop.folder), "--profiles-dir", str(shop.folder)]
    within = {"2024-07-01 11:59:59": False, "2024-07-01 12:00:00": True, "2030-01-01": True}
    for moment, passes in within.items():
        outcome = dbtRunner().invoke([*command, "--vars", f"{{insitu_as_of: '{moment}'}}"])
        assert outcome.success == passes, moment
