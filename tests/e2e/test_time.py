"""The days go by: the next day, the next month, and a run for a day in the past."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.e2e.site import Site

STATE = {
    "models": "select model_version, artifact_sha256 from training.flight_delay__models order by all",
    "snapshots": "select snapshot_id, count(*) as n from training.flight_delay__snapshots group by all order by all",
    "promotions": "select * from evaluation.flight_delay__promotions order by all",
    "champion": "select * from evaluation.flight_delay__champion",
    "predictions": "select * from predictions.flight_delay__predictions order by batch_id, flight_id",
    "latest": "select * from predictions.flight_delay__predictions_latest order by flight_id",
    "outcomes": "select * from actions.flight_delay__outcomes order by batch_id, flight_id",
    "performance": "select * from monitoring.mon_performance order by all",
    "volume": "select * from monitoring.mon_volume order by all",
    "spine": "select * from features.flight__spine order by flight_id",
    "labels": "select count(*) as n, max(matured_at) as last from training.flight_delay__labels",
    "drift": "select * from monitoring.mon_feature_drift order by all",
}


def state(site: Site) -> dict[str, pd.DataFrame]:
    return {name: site.query(sql) for name, sql in STATE.items()}


@pytest.fixture(scope="module")
def calendar(
    built: Site, next_day: Site, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, pd.DataFrame]]:
    """What the warehouse held after the first day, the next day, the next month, and a run for the second day again."""
    site = next_day.copy(tmp_path_factory.mktemp("calendar"))
    states = {"first": state(built), "next day": state(next_day)}
    for name, as_of in {"next month": "2013-12-02", "backfill": "2013-11-04"}.items():
        said = " ".join(site.build(as_of=as_of).stdout.split())
        assert ("`flight_delay`: this run is for 2013-11-04 00:00:00" in said) == (name == "backfill")
        states[name] = state(site)
    return states


def test_next_day_scores_its_flights_with_the_same_models(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    first, after = calendar["first"], calendar["next day"]
    for name in ("models", "snapshots", "promotions", "champion"):
        pd.testing.assert_frame_equal(first[name], after[name])
    old = after["predictions"][after["predictions"]["batch_as_of"] == pd.Timestamp("2013-11-02")]
    new = after["predictions"][after["predictions"]["batch_as_of"] == pd.Timestamp("2013-11-03")]
    pd.testing.assert_frame_equal(old.reset_index(drop=True), first["predictions"])
    assert len(new) > 50
    assert new["as_of"].between("2013-11-02 00:00:01", "2013-11-03").all()


def test_each_day_knows_how_its_flights_turned_out(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    for name, now in {"first": "2013-11-02", "next day": "2013-11-03"}.items():
        known = calendar[name]["outcomes"]
        assert (known["matured_at"] <= pd.Timestamp(now)).all()
        # flights that leave in the last two hours and a quarter are not known yet, of which there may be none
        of_today = known["batch_as_of"] == pd.Timestamp(now)
        predicted = (calendar[name]["predictions"]["batch_as_of"] == pd.Timestamp(now)).sum()
        assert 0.8 * predicted < of_today.sum() <= predicted
        treated, late = known["is_treated"] == 1, known["label"] == 1
        money = (-40 * (treated & late) - 15 * (treated & ~late) - 100 * (~treated & late)).astype(float)
        assert known["realised_profit"].tolist() == money.tolist()
    assert set(calendar["first"]["outcomes"]["flight_id"]) < set(calendar["next day"]["outcomes"]["flight_id"])


def test_monitoring_is_there_from_the_first_day(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    for name in ("first", "next day"):
        assert {"auc", "log_loss"} <= set(calendar[name]["performance"]["metric"])
    volume = calendar["next day"]["volume"]
    assert pd.to_datetime(volume["day"]).tolist() == [pd.Timestamp("2013-11-02"), pd.Timestamp("2013-11-03")]
    assert volume["n_labelled"].sum() == len(calendar["next day"]["outcomes"])


def test_next_month_trains_and_decides_with_a_reason(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    before, after = calendar["next day"], calendar["next month"]
    assert len(after["models"]) == len(before["models"]) + 2
    assert len(after["snapshots"]) == len(before["snapshots"]) + 1
    decisions = after["promotions"][after["promotions"]["training_as_of"] == pd.Timestamp("2013-12-01")]
    old_champion = before["champion"]["model_version"].item()
    assert len(decisions) == 2
    assert set(decisions["previous_champion"]) == {old_champion}
    assert decisions["reason"].str.len().min() > 0
    promoted = after["promotions"][after["promotions"]["decision"] == "promoted"].sort_values("training_as_of")
    new = promoted[promoted["training_as_of"] == pd.Timestamp("2013-12-01")]
    assert len(new) <= 1 and (new["validation_value"] == decisions["validation_value"].max()).all()
    assert (new["mean_difference"] > 1.645 * new["difference_error"]).all()
    assert after["champion"]["model_version"].item() == promoted["model_version"].iloc[-1]
    latest = after["predictions"][after["predictions"]["batch_as_of"] == pd.Timestamp("2013-12-02")]
    assert set(latest["model_version"]) == {after["champion"]["model_version"].item()}


def test_backfill_moves_neither_registry_nor_latest_predictions(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    before, after = calendar["next month"], calendar["backfill"]
    for name in ("models", "snapshots", "promotions"):
        pd.testing.assert_frame_equal(before[name], after[name])
    scored = after["predictions"][after["predictions"]["batch_as_of"] == pd.Timestamp("2013-11-04")]
    assert len(scored) > 50
    assert set(scored["model_version"]) == set(calendar["next day"]["champion"]["model_version"])
    pd.testing.assert_frame_equal(without(scored, after["predictions"]), before["predictions"])
    pd.testing.assert_frame_equal(without(scored, after["latest"]), before["latest"])


def test_backfill_takes_back_nothing_that_people_read(calendar: dict[str, dict[str, pd.DataFrame]]) -> None:
    before, after = calendar["next month"], calendar["backfill"]
    for name in ("spine", "labels", "champion"):
        pd.testing.assert_frame_equal(before[name], after[name])
    scored = after["predictions"][after["predictions"]["batch_as_of"] == pd.Timestamp("2013-11-04")]
    pd.testing.assert_frame_equal(without(scored, after["outcomes"]), before["outcomes"])
    assert set(scored["flight_id"]) <= set(after["outcomes"]["flight_id"])  # long known by the newest day
    for name in ("volume", "drift"):
        days = before[name].columns.intersection(["day", "batch_as_of"])[0]
        assert set(before[name][days]) <= set(after[name][days])


def without(scored: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not of these."""
    return rows[~rows["flight_id"].isin(scored["flight_id"])].reset_index(drop=True)
