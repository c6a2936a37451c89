"""`adapter.load_source_file`: a CSV or Parquet file becomes a table of the declared types."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner
from pyarrow import parquet

CSV = 'id,name,amount,seen,extra\n1,"a ""b"", c\nd",1.5,2013-01-01 01:02:03,x\n2,NA,,NA,y\n3,,-2,2013-06-01,z\n'
COLUMNS = "{'id': {'data_type': 'bigint'}, 'name': {'data_type': 'varchar'}, 'amount': {'data_type': 'double'}, \
'seen': {'data_type': 'timestamp'}}"
MACRO = """
{% macro load(path, keep=false) %}
    {% set relation = api.Relation.create(database=target.database, schema='raw', identifier='events') %}
    {% do run_query('begin') %}
    {% do run_query('create schema if not exists raw') %}
    {{ log('rows: ' ~ adapter.load_source_file(relation, path, COLUMNS, keep), info=true) }}
    {% do run_query('commit') %}
{% endmacro %}
"""
ROWS = [
    (1, 'a "b", c\nd', 1.5, dt.datetime(2013, 1, 1, 1, 2, 3)),
    (2, None, None, None),
    (3, None, -2.0, dt.datetime(2013, 6, 1)),
]


@pytest.fixture
def load(project):
    (project.directory / "macros").mkdir()
    (project.directory / "macros" / "load.sql").write_text(MACRO.replace("COLUMNS", COLUMNS))
    where = ["--project-dir", str(project.directory), "--profiles-dir", str(project.directory)]

    def run(path: Path, keep: bool = False) -> str:
        """Everything dbt says if loading fails, nothing if it succeeds."""
        said: list[str] = []
        runner = dbtRunner(callbacks=[lambda event: said.append(event.info.msg)])
        outcome = runner.invoke(["run-operation", "load", "--args", f"{{path: {path}, keep: {keep}}}", *where])
        return "" if outcome.success else "\n".join(said)

    return run


def test_csv_and_parquet(project, load, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(CSV)
    assert load(path) == ""
    assert project.query("select * from raw.events order by id") == ROWS

    names = ("id", "name", "amount", "seen")
    columns = {name: [row[i] for row in ROWS] for i, name in enumerate(names)}
    parquet.write_table(pa.table({"extra": [0, 0, 0], **columns}), tmp_path / "events.parquet")
    assert load(tmp_path / "events.parquet") == ""
    assert project.query("select * from raw.events order by id") == ROWS


def test_a_table_that_is_kept_keeps_the_views_on_it(project, load, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(CSV)
    assert load(path) == ""
    project.query("create view raw.names as select id, name from raw.events")
    assert "other objects depend on it" in load(path)
    path.write_text("amount,seen,name,id\n2,2013-01-01,d,4\n")
    assert load(path, keep=True) == ""
    assert project.query("select * from raw.names") == [(4, "d")]


MALFORMED = {
    "another type": (CSV.replace("-2,", "two,"), 'invalid input syntax for type double precision: "two"'),
    "no such column": (CSV.replace("name,", "title,", 1), "'name'"),
    "a field too few": (CSV.replace("3,,-2,", "3,-2,"), "Expected 5 columns, got 4"),
    "no rows and no names": ("", "Empty CSV file"),
    "not UTF-8": (CSV.replace("z\n", "z\n4,\udce9,1,NA,x\n"), "invalid UTF8 data"),
    "no such date": (CSV.replace("2013-06-01", "2013-06-31"), "date/time field value out of range"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_changes_nothing(project, load, tmp_path: Path, case: str) -> None:
    text, complaint = MALFORMED[case]
    path = tmp_path / "events.csv"
    project.query("create schema raw; create table raw.events as select 'old' as state")
    path.write_bytes(text.encode(errors="surrogateescape"))
    said = " ".join(load(path).split())
    assert f"The file `{path}` cannot be loaded into" in said
    assert complaint in said
    assert "Correct the file" in said
    assert project.query("select * from raw.events") == [("old",)]
