"""A run for a past moment over data that holds the future equals the run that was possible then."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.e2e.site import AS_OF, Site

# The batch scores flights whose own as_of lies in the day after `as_of`: nothing known later may matter.
HORIZON = f"(timestamp '{AS_OF}' + interval '1 day')"
SCHEDULED = "(time_hour + to_minutes(minute))"


@pytest.fixture(scope="module")
def past(raw: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Built from sources cut at the horizon: rows not yet published are gone, what had not happened is unknown."""
    site = raw.copy(tmp_path_factory.mktemp("past"))
    unknown = ", ".join(f"{name} = null" for name in ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"))
    arrival = ", ".join(f"{name} = null" for name in ("arr_time", "arr_delay", "air_time"))
    site.execute(
        f"delete from raw.flights where {SCHEDULED} - interval '2 hours' >= {HORIZON}",
        f"update raw.flights set {arrival} where {SCHEDULED} + to_minutes(dep_delay + air_time) >= {HORIZON}",
        f"update raw.flights set {unknown} where {SCHEDULED} + to_minutes(dep_delay) >= {HORIZON}",
        f"delete from raw.weather where time_hour + interval '1 hour' >= {HORIZON}",
    )
    assert site.value("select count(*) from raw.flights where dep_delay is null") > 0
    site.build()
    return site


def same(present: Site, past: Site, sql: str) -> None:
    pd.testing.assert_frame_equal(present.query(sql), past.query(sql))


def test_training_set_is_the_same(built: Site, past: Site) -> None:
    same(built, past, "select distinct snapshot_id from training.flight_delay__training_set")


def test_models_are_the_same_to_the_last_bit(built: Site, past: Site) -> None:
    same(
        built,
        past,
        """select model_version, training_key, artifact_sha256, validation_artifact_sha256
        from training.flight_delay__models order by model_version""",
    )


def test_scoring_set_is_the_same(built: Site, past: Site) -> None:
    same(built, past, "select * from training.flight_delay__scoring_set order by flight_id")


def test_predictions_are_the_same(built: Site, past: Site) -> None:
    same(
        built,
        past,
        "select * exclude predicted_at from predictions.flight_delay__predictions order by batch_id, flight_id, as_of",
    )


def test_decision_on_the_champion_is_the_same(built: Site, past: Site) -> None:
    same(
        built,
        past,
        "select * exclude decided_at from evaluation.flight_delay__promotions order by training_as_of, model_version",
    )
