"""The metrics of a model version are computed once, until what computes them is another: as if all were computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.evaluation.conftest import Stub, duckdb_stub, load, project
from tests.dbt.evaluation.synthetic import tables
from tests.sql_warehouses import PostgresWarehouse

GRAIN = ["model_version", "snapshot_id", "split", "slice_column", "slice_value", "metric"]
Executes = Callable[[str], None]


@pytest.fixture(params=["duckdb", "postgres"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Stub, Executes]]:
    """A stub project of the test's own, not built, and what changes its tables."""
    if request.param == "duckdb":
        stub = duckdb_stub(tmp_path)

        def execute(sql: str) -> None:
            with duckdb.connect(stub.environment["STUB_DUCKDB"]) as connection:
                connection.execute(sql)

        yield stub, execute
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        load(warehouse, tables())
        folder = project(tmp_path / "project")
        yield Stub("postgres", folder, database.environment, {}, warehouse.query), warehouse.execute


def computed(stub: Stub, *options: str) -> pd.DataFrame:
    outcome = stub.dbt("run", "--select", "basket__heldout_predictions", "basket__metrics", *options)
    assert outcome.returncode == 0, outcome.stdout
    schema = "main" if stub.kind == "duckdb" else "public"
    return stub.query(f"select * from {schema}.basket__metrics").sort_values(GRAIN).reset_index(drop=True)


def test_a_version_is_computed_once(own: tuple[Stub, Executes]) -> None:
    stub, execute = own
    schema = "main" if stub.kind == "duckdb" else "public"
    outcome = stub.dbt("run", "--select", "+basket__metrics")
    assert outcome.returncode == 0, outcome.stdout
    first = computed(stub)
    execute(f"update {schema}.basket__metrics set n_rows = -1 where model_version = 'weak'")
    execute(newer(stub))
    again = computed(stub)
    assert (again[again["model_version"] == "weak"]["n_rows"] == -1).all(), "what was computed is kept"
    whole = computed(stub, "--full-refresh")
    assert (whole["n_rows"] > 0).all()
    assert set(whole["model_version"]) == set(first["model_version"]) | {"newer"}
    fresh = again["model_version"] != "weak"
    pd.testing.assert_frame_equal(again[fresh], whole[fresh], rtol=1e-12)

    execute(f"update {schema}.basket__metrics set n_rows = -1")
    declared = stub.folder / "models" / "_use_cases.yml"
    declared.write_text(declared.read_text().replace("slices: [country]", "slices: []"))
    other = computed(stub)
    assert set(other["slice_column"]) == {"all"} and (other["n_rows"] > 0).all(), "what computes them is another"


def newer(stub: Stub) -> str:
    """A version that scored as the good one did."""
    columns = stub.query("select * from raw.basket__heldout_predictions limit 0").columns
    values = ", ".join("'newer'" if name == "model_version" else name for name in columns)
    return (
        f"insert into raw.basket__heldout_predictions ({', '.join(columns)}) "
        f"select {values} from raw.basket__heldout_predictions where model_version = 'good'"
    )


def test_so_are_the_curves_of_each_use_case(own: tuple[Stub, Executes]) -> None:
    stub, execute = own
    schema = "main" if stub.kind == "duckdb" else "public"
    body = "{{ insitu.computed_once_each('evaluation_curves', ['basket', 'visits']) }}\n"
    (stub.folder / "models/all_curves.sql").write_text("{{ config(materialized='table') }}\n" + body)
    grain = ["use_case", "model_version", "snapshot_id", "split", "curve", "point"]

    def curves(*options: str) -> pd.DataFrame:
        heldout = [f"{use_case}__heldout_predictions" for use_case in ("basket", "visits")]
        outcome = stub.dbt("run", "--select", *heldout, "all_curves", *options)
        assert outcome.returncode == 0, outcome.stdout
        return stub.query(f"select * from {schema}.all_curves").sort_values(grain).reset_index(drop=True)

    first = curves()
    assert set(first["use_case"]) == {"basket", "visits"}
    execute(f"update {schema}.all_curves set n_rows = -1 where model_version = 'weak' or use_case = 'visits'")
    execute(newer(stub))
    again = curves()
    kept = (again["model_version"] == "weak") | (again["use_case"] == "visits")
    assert (again[kept]["n_rows"] == -1).all() and len(again[kept]) > 0, "what was computed is kept"
    whole = curves("--full-refresh")
    assert set(whole["model_version"]) == set(first["model_version"]) | {"newer"}
    pd.testing.assert_frame_equal(again[~kept], whole[~kept], rtol=1e-12)
