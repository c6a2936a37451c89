"""A source that ends at now: run after run over it, everything equals the same runs over data that hold the future."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.e2e.live_source import LiveSource
from tests.e2e.site import AS_OF, NEXT_DAY, Site

# The scorer in the course of the day: one run is missed, one comes twice. dbt builds every night.
SCORED = ("2013-11-02 14:00:00", "2013-11-02 18:00:00", "2013-11-02 18:00:00")
BUILT = (AS_OF, NEXT_DAY)
# When something was computed, by the clock of the machine; in which run, and by SQL over which database.
CLOCKS = {"predicted_at", "decided_at", "created_at", "written_at", "fit_seconds", "seconds", "search_trace"}
CLOCKS |= {"run_id", "started_at", "computed_by"}
LAYERS = ("evaluation", "predictions", "actions", "monitoring")


def score(site: Site, now: str) -> str:
    variables = "{insitu_load_sources: false, insitu_use_cases: [flight_delay], insitu_backtests: [flight_delay]}"
    outcome = site.insitu("score", "run", "flight_delay", "--as-of", now, "--vars", variables)
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout.splitlines()[-1]  # a run of more than ten seconds tells how far it is before


def relations(site: Site) -> list[str]:
    named = ", ".join(f"'{layer}'" for layer in LAYERS)
    found = site.query(
        "select table_schema || '.' || table_name as name from information_schema.tables "
        f"where table_schema in ({named}) order by 1"
    )
    return list(found["name"])


def rows(site: Site, relation: str) -> pd.DataFrame:
    """All that does not tell when it was computed, in an order of its own."""
    found = site.query(f"select * from {relation}")
    found = found[sorted(set(found.columns) - CLOCKS)]
    by = sorted(found.columns, key=lambda name: (found[name].dtype.kind == "f", name))  # sums differ in the last digit
    ordered = found[by].astype(str).sort_values(by).index if by else found.index
    return found.loc[ordered].reset_index(drop=True)


@pytest.fixture(scope="module")
def sites(raw: Site, built: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Site]:
    """The same runs over a source that ends at each run's now, and over all of the data."""
    live = raw.copy(tmp_path_factory.mktemp("live"))
    replay = built.copy(tmp_path_factory.mktemp("replay"))
    source = LiveSource(live, built)
    source.at(AS_OF)
    live.build(as_of=AS_OF)
    for now in SCORED:
        source.at(now)
        assert score(live, now) == score(replay, now)
        assert str(live.value("select max(batch_as_of) from predictions.flight_delay__predictions_latest")) == now
    source.at(NEXT_DAY + " 00:00:00")
    live.build(as_of=NEXT_DAY)
    replay.build(as_of=NEXT_DAY)
    return live, replay


def test_the_source_ended_at_now(sites: tuple[Site, Site]) -> None:
    live, replay = sites
    known = "select count(*) as n, count(dep_delay) as departed, count(arr_delay) as arrived from raw.flights"
    for name in ("n", "departed", "arrived"):
        assert 0 < live.query(known)[name].item() < replay.query(known)[name].item()


def test_everything_is_what_a_replay_gives(sites: tuple[Site, Site]) -> None:
    live, replay = sites
    assert relations(live) == relations(replay)
    for relation in relations(replay):
        pd.testing.assert_frame_equal(rows(live, relation), rows(replay, relation), rtol=1e-9, obj=relation)


def test_every_row_that_fell_due_is_scored_once(sites: tuple[Site, Site]) -> None:
    live, _ = sites
    spine = live.query("select flight_id, as_of from features.flight__spine where as_of >= '2013-11-01' order by 1")
    predicted = live.query("select flight_id, as_of from predictions.flight_delay__predictions order by 1")
    pd.testing.assert_frame_equal(spine, predicted)
    early = live.query("select max(as_of - batch_as_of) as by from predictions.flight_delay__predictions")["by"].item()
    assert early <= pd.Timedelta(0)
    batches = live.query("select distinct batch_as_of from predictions.flight_delay__predictions order by 1")
    assert [str(moment) for moment in batches["batch_as_of"]] == [AS_OF, *SCORED[:2], NEXT_DAY + " 00:00:00"]


def test_nothing_was_scored_from_other_values_than_are_known_later(sites: tuple[Site, Site]) -> None:
    live, _ = sites
    parity = live.query("select sum(n_rows) as n, sum(n_different) as different from predictions.flight_delay__parity")
    assert parity["n"].item() > 0 and parity["different"].item() == 0
