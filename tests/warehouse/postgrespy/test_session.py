"""One Python model file serves both warehouses: DuckDB is the oracle of the session's API."""

from decimal import Decimal
from typing import Any

import duckdb
import yaml

MODEL = """
    import pandas as pd
    import pyarrow as pa

    def model(dbt, session):
        dbt.config(materialized="table")
        events = dbt.ref("events")
        assert events.columns == ["id", "name", "amount", "ok", "seen", "day", "weight"]
        assert len(events.types) == len(events.dtypes) == 7

        some = events.filter("id > 1").project("id, name, amount").order("id").limit(2)
        assert some.fetchall() == [(2, "b", None), (3, None, 2.5)]
        assert session.sql("select count(*) from (select 1)t(x) where x = 1").fetchall() == [(1,)]
        assert events.aggregate("count(*) as n, sum(id) as s").fetchall() == [(4, 10)]
        assert session.execute("select ? + 1 as x", [41]).fetchall() == [(42,)]

        reader = events.project("id").order("id").to_arrow_reader(3)
        assert isinstance(reader, pa.RecordBatchReader)
        assert [len(batch) for batch in reader] == [3, 1]
        assert isinstance(events.arrow(), pa.RecordBatchReader)  # as DuckDB 2 has it
        table = events.order("id").to_arrow_table()
        assert table.num_rows == 4 and pa.table(events.order("id")).column("id") == table.column("id")

        frame = events.order("id").df()
        frame["kinds"] = [f"{frame[name].dtype}" for name in frame.columns[:4]]
        frame["month"] = frame["seen"].dt.month + frame["day"].dt.month
        return {returned}
"""
EVENTS = """
    select * from (values
        (1, 'a', cast(1.5 as numeric(8, 2)), true, timestamp '2013-01-01 01:02:03.5', date '2013-02-03', 0.1),
        (2, 'b', null, null, timestamp '2013-06-01 00:00:00', date '2013-06-01', null),
        (3, null, 2.5, false, null, null, 0.3),
        (4, 'd', 3.5, true, timestamp '2013-12-31 23:59:59', date '2013-12-31', 0.4)
    ) as t(id, name, amount, ok, seen, day, weight)
"""
RETURNED = {
    "frame": "frame",
    "arrow_table": "table",
    "stream": "events.order('id').to_arrow_reader(2)",
    "relation": "events.order('id')",
    "polars": "__import__('polars').from_arrow(table)",
}


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Comparable rows: numbers as floats, NaN as None."""
    numbers = int | float | Decimal
    return [
        tuple(None if v != v else float(v) if isinstance(v, numbers) and not isinstance(v, bool) else v for v in row)
        for row in rows
    ]


def test_one_model_file_gives_the_same_table_on_both(project, tmp_path) -> None:
    project.write(events_sql=EVENTS)
    for name, returned in RETURNED.items():
        project.write(**{f"{name}_py": MODEL.replace("{returned}", returned)})
    project.build()
    found = {name: plain(project.query(f"select * from main.{name} order by id")) for name in RETURNED}

    path = str(tmp_path / "oracle.duckdb")
    target = {"type": "duckdb", "path": path, "schema": "main", "threads": 1}
    profiles = {"test": {"target": "test", "outputs": {"test": target}}}
    (project.directory / "profiles.yml").write_text(yaml.safe_dump(profiles))
    project.build()
    with duckdb.connect(path) as oracle:
        for name in RETURNED:
            expected = plain(oracle.sql(f"select * from main.{name} order by id").fetchall())
            assert len(expected) == 4 and found[name] == expected, name


def test_fetching_row_by_row(project) -> None:
    project.write(
        scores_py="""
        def model(dbt, session):
            relation = session.sql("select x, 'y' as y from generate_series(1, 3) as g(x)")
            assert relation.fetchone() == (1, "y") and relation.fetchmany(1) == [(2, "y")]
            assert relation.fetchall() == [(3, "y")] and len(relation.fetchall()) == 3
            assert (len(relation), relation.shape) == (3, (3, 2))
            assert relation.project("1 as a, 2 as a").columns == ["a", "a"]
            assert relation.project("1 as a, 2 as a").fetchall() == [(1, 2)] * 3
            assert list(relation.project("1 as a, 2 as a").df().columns) == ["a", "a"]
            assert relation.aggregate("y, max(x) as m", "y").distinct().fetchall() == [("y", 3)]
            return relation
        """
    )
    project.build()
