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


WARMER = "update raw.weather set temp = temp + 10 where origin = 'LGA' and time_hour >= '2013-10-31'"
STRICT = (
    "models_py/flight_delay/_flight_delay.yml",
    "          selection_metric:",
    "          parity: {severity: error}\n          selection_metric:",
)


def test_backfilled_weather_is_named_and_raises_an_alert(site: Site) -> None:
    site.execute(WARMER)
    outcome = site.dbt(*AGAIN, "alert_parity")
    assert outcome.returncode == 0, outcome.stdout
    changed = site.query(PARITY + " where n_different > 0")
    assert changed["feature"].tolist() == ["weather__temperature_f"]
    assert changed["largest_difference"].item() == 10
    assert changed["n_different"].item() == changed["n_rows"].item()
    alert = site.query("select subject, value, message from monitoring.alert_parity")
    assert alert["subject"].tolist() == ["weather__temperature_f"]
    assert "rows had another value when they were scored, up to " in alert["message"].item()


def test_where_it_is_declared_it_fails_the_build_until_somebody_has_looked(project: Site) -> None:
    project.edit(*STRICT)
    project.execute(WARMER)
    outcome = project.dbt(*AGAIN)
    assert outcome.returncode == 1
    assert "scored_features_equal_flight_delay__parity" in outcome.stdout
    batch = project.value("select min(batch_id) from predictions.flight_delay__parity")
    project.edit(STRICT[0], "parity: {severity: error}", f"parity: {{severity: error, acknowledged: ['{batch}']}}")
    outcome = project.dbt(*AGAIN)
    assert outcome.returncode == 0, outcome.stdout


def test_a_feature_that_came_later_and_a_row_in_a_hundred_are_no_difference(project: Site) -> None:
    project.edit(*STRICT)
    one = project.value("select min(flight_id) from predictions.flight_delay__predictions")
    project.execute(
        "alter table predictions.flight_delay__scored_features add column is_new integer",
        "alter table features.feat_flight__weather add column is_new integer default 1",
        f"update predictions.flight_delay__scored_features set weather__temperature_f = 0 where flight_id = '{one}'",
    )
    outcome = project.dbt("build", "--select", "flight_delay__features", "flight_delay__parity")
    assert outcome.returncode == 0, outcome.stdout
    changed = project.query(PARITY + " where n_different > 0")
    assert changed[["feature", "n_different"]].to_numpy().tolist() == [["weather__temperature_f", 1]]


def test_a_declared_difference_passes(project: Site) -> None:
    project.edit(
        "models_py/flight_delay/_flight_delay.yml",
        "          selection_metric:",
        "          parity: {may_differ: [weather__temperature_f], severity: error}\n          selection_metric:",
    )
    project.execute(WARMER)
    outcome = project.dbt(*AGAIN)
    assert outcome.returncode == 0, outcome.stdout
    assert project.value("select max(n_different) from predictions.flight_delay__parity") != 0


def test_a_hash_of_each_row_is_enough(project: Site) -> None:
    """The log holds hashes instead of values; a backfill is then known by its rows, and so is a row that is gone."""
    project.edit(
        "models_py/flight_delay/_flight_delay.yml",
        "          selection_metric:",
        "          parity: {log: hash, severity: error}\n          selection_metric:",
    )
    project.execute("drop table predictions.flight_delay__scored_features")
    again = ("build", "--select", "flight_delay__scored_features", "flight_delay__parity")
    outcome = project.dbt(*again)
    assert outcome.returncode == 0, outcome.stdout
    columns = project.query("select * from predictions.flight_delay__scored_features limit 0").columns
    assert list(columns) == ["batch_id", "batch_as_of", "flight_id", "as_of", "hashed_columns", "features_hash"]
    parity = project.query(PARITY)
    assert parity["feature"].tolist() == ["(row)"] and parity["n_different"].item() == 0
    project.execute("update features.feat_flight__weather set weather__temperature_f = weather__temperature_f + 1")
    outcome = project.dbt("build", "--select", "flight_delay__parity")
    assert outcome.returncode == 1 and "scored_features_equal_flight_delay__parity" in outcome.stdout
    changed = project.query(PARITY)
    assert 0 < changed["n_different"].item() <= changed["n_rows"].item()


def test_a_row_that_is_gone_is_counted(site: Site) -> None:
    flight = site.value("select min(flight_id) from predictions.flight_delay__scored_features")
    site.execute(f"delete from features.flight__spine where flight_id = '{flight}'")
    assert site.dbt("build", "--select", "flight_delay__parity").returncode == 0
    assert site.query(PARITY + " where n_different > 0")[["feature", "n_different"]].values.tolist() == [["(row)", 1]]
