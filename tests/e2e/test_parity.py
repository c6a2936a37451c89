"""What was scored against what is computed later: a source that is changed after the fact is caught and named."""

from __future__ import annotations

from tests.e2e.site import Site

PARITY = "select feature, n_rows, n_different, largest_difference from predictions.flight_delay__parity"
AGAIN = ("build", "--select", "stg_nycflights__weather", "feat_flight__weather", "flight_delay__parity")


def test_every_prediction_has_its_features_and_they_are_equal(built: Site) -> None:
    scored = built.query("select batch_id, flight_id from predictions.flight_delay__scored_features order by all")
    predicted = built.query("select batch_id, flight_id from predictions.flight_delay__predictions order by all")
    assert scored.equals(predicted)
    parity = built.query(PARITY)
    assert len(parity) > 50
    assert (parity["n_rows"] == len(predicted)).all()
    assert (parity["n_different"] == 0).all()


def test_backfilled_weather_is_named(site: Site) -> None:
    site.execute("update raw.weather set temp = temp + 10 where origin = 'LGA' and time_hour >= '2013-10-31'")
    outcome = site.dbt(*AGAIN)
    assert outcome.returncode == 1
    assert "scored_features_equal_flight_delay__parity" in outcome.stdout
    changed = site.query(PARITY + " where n_different > 0")
    assert changed["feature"].tolist() == ["weather__temperature_f"]
    assert changed["largest_difference"].item() == 10
    assert changed["n_different"].item() == changed["n_rows"].item()


def test_a_declared_difference_passes(project: Site) -> None:
    project.edit(
        "models_py/flight_delay/_flight_delay.yml",
        "          selection_metric:",
        "          parity: {may_differ: [weather__temperature_f]}\n          selection_metric:",
    )
    project.execute("update raw.weather set temp = temp + 10 where origin = 'LGA' and time_hour >= '2013-10-31'")
    outcome = project.dbt(*AGAIN)
    assert outcome.returncode == 0, outcome.stdout
    assert project.value("select max(n_different) from predictions.flight_delay__parity") != 0
