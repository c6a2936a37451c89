"""Two days hour by hour on a source that ends at now, on both warehouses; `make live-test` (about an hour).

The flights are scored every hour; destinations, each midnight, by a second use case of a nightly rhythm. One run is
missed, one comes twice, and dbt builds every night. Everything must equal the same runs over data that hold the future.
INSITU_LIVE_EVERY is the number of hours between two runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml

from insitu.local_postgres import Database
from tests.e2e.live_source import LiveSource
from tests.e2e.postgres import PostgresSite, load_raw_postgres
from tests.e2e.site import AS_OF, Site, copy_project
from tests.e2e.test_live import relations, rows

EVERY = int(os.environ.get("INSITU_LIVE_EVERY", "1"))
START, DAYS = datetime.fromisoformat(AS_OF), 2
MISSED, TWICE = timedelta(hours=12), timedelta(hours=18)
USE_CASES = ("flight_delay", "busy_destination")
VARIABLES = f"insitu_load_sources: false, insitu_use_cases: [{', '.join(USE_CASES)}], insitu_backtests: [flight_delay]"

SPINE = """
with departures as (select * from {{ ref('stg_nycflights__departures') }}),

final as (
    select distinct
        destination,
        date_trunc('day', departed_at) + interval '1 day' as as_of
    from departures
    where date_trunc('day', departed_at) + interval '1 day' <= {{ insitu.timestamp_literal(insitu.newest_as_of()) }}
)

select * from final
"""
LABELS = """
with spine as (select * from {{ ref('busy_destination__spine') }}),

departures as (select * from {{ ref('stg_nycflights__departures') }}),

final as (
    select
        spine.destination,
        spine.as_of,
        count(departures.flight_id) as n_departures,
        spine.as_of + interval '1 day' as matured_at
    from spine
    left join departures
        on spine.destination = departures.destination
        and departures.departed_at >= spine.as_of
        and departures.departed_at < spine.as_of + interval '1 day'
    group by spine.destination, spine.as_of
)

select * from final
"""
FEATURES = """{{ insitu.join_features(
    spine=ref('busy_destination__spine'),
    key=['destination', 'as_of'],
    features=[ref('feat_destination__traffic')],
) }}
"""
TRAFFIC = """{{ insitu.window_features(
    spine=ref('busy_destination__spine'),
    spine_key=['destination'],
    events=ref('stg_nycflights__departures'),
    keys=['destination'],
    windows=['1 day', '7 days', '28 days'],
    measures=[
        {'name': 'departures', 'agg': 'count'},
        {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': ['avg', 'max']},
    ],
    prefix='to_destination',
) }}
"""
DECLARED = {"kind": "features", "as_of": "as_of", "key": ["destination"]}


def with_destinations(quick: Path, folder: Path) -> Path:
    """The project with the second use case."""
    project = copy_project(quick, folder)
    site = Site(project, folder)
    new = ("new", "busy_destination", "--entity", "destination", "--label", "n_departures", "--task", "regression")
    outcome = site.insitu(*new)
    assert outcome.returncode == 0, outcome.stdout
    written = next((project / "dbt_project").rglob("busy_destination__spine.sql")).parent
    for name, text in (("spine", SPINE), ("labels", LABELS), ("features", FEATURES)):
        (written / f"busy_destination__{name}.sql").write_text(text)
    features = project / "dbt_project/models/features"
    (features / "feat_destination__traffic.sql").write_text(TRAFFIC)
    model = {"name": "feat_destination__traffic", "config": {"meta": {"point_in_time": DECLARED}}}
    (features / "_destination.yml").write_text(yaml.safe_dump({"models": [model]}))
    return project


@pytest.fixture(scope="module")
def project(quick: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_destinations(quick, tmp_path_factory.mktemp("destinations") / "project")


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def empty(
    request: pytest.FixtureRequest, raw: Site, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Site]]:
    """Two sites with the raw tables."""
    folders = [tmp_path_factory.mktemp(f"{request.param}_{name}") for name in ("live", "replay")]
    if request.param == "duckdb":
        for folder in folders:
            raw.copy(folder)
        yield Site(project, folders[0]), Site(project, folders[1])
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as one, server.fresh_database() as other:
        for database, folder in zip((one, other), folders, strict=True):
            (folder / "csv").mkdir()
            load_raw_postgres(raw.warehouse, database, folder / "csv")
        yield PostgresSite(project, folders[0], one), PostgresSite(project, folders[1], other)


def build(site: Site, now: str) -> None:
    variables = f"{{insitu_as_of: '{now}', {VARIABLES}}}"
    outcome = site.run("dbt", "build", "--exclude", "*arrival_delay*", *site.where, "--vars", variables)
    assert outcome.returncode == 0, outcome.stdout


def score(site: Site, use_case: str, now: str) -> str:
    outcome = site.insitu("score", "run", use_case, "--as-of", now, "--vars", f"{{{VARIABLES}}}")
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout


@pytest.fixture(scope="module")
def sites(empty: tuple[Site, Site], built: Site) -> tuple[Site, Site]:
    """The same runs over a source that ends at each run's now, and over all of the data."""
    live, replay = empty
    source = LiveSource(live, built)
    source.at(AS_OF)
    for site in empty:
        build(site, AS_OF)
    for hour in range(EVERY, 24 * DAYS + 1, EVERY):
        now = str(START + timedelta(hours=hour))
        since = timedelta(hours=hour)
        if since <= MISSED < since + timedelta(hours=EVERY):
            continue
        source.at(now)
        if hour % 24 == 0:
            for site in empty:
                build(site, now)
            continue
        for _ in range(2 if since <= TWICE < since + timedelta(hours=EVERY) else 1):
            for use_case in USE_CASES:
                assert score(live, use_case, now) == score(replay, use_case, now)
    return live, replay


@pytest.mark.timeout(3 * 3600)
def test_everything_is_what_a_replay_gives(sites: tuple[Site, Site]) -> None:
    live, replay = sites
    known = "select count(*) as n, count(arr_delay) as arrived from raw.flights"
    assert (live.query(known).iloc[0] < replay.query(known).iloc[0]).all()
    assert relations(live) == relations(replay)
    different = []
    for relation in relations(replay):
        try:
            pd.testing.assert_frame_equal(rows(live, relation), rows(replay, relation), rtol=1e-9, obj=relation)
        except AssertionError as error:
            different.append(str(error))
    assert not different, "\n".join(different)


@pytest.mark.timeout(3 * 3600)
def test_every_row_that_fell_due_is_scored_once(sites: tuple[Site, Site]) -> None:
    live, _ = sites
    for use_case, spine, entity in (
        ("flight_delay", "features.flight__spine", "flight_id"),
        ("busy_destination", "training.busy_destination__spine", "destination"),
    ):
        key = f"{entity}, as_of"
        due = live.query(f"select {key} from {spine} where as_of > '2013-11-01' order by 1, 2")
        predicted = live.query(f"select {key} from predictions.{use_case}__predictions order by 1, 2")
        assert len(due) > 60
        pd.testing.assert_frame_equal(predicted[predicted["as_of"] > "2013-11-01"].reset_index(drop=True), due)
    parity = live.query("select sum(n_rows) as n, sum(n_different) as different from predictions.flight_delay__parity")
    assert parity["n"].item() > 0 and parity["different"].item() == 0
