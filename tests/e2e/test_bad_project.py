"""Mistakes in the project's own YAML and SQL get one clear error; what was built stays."""

from __future__ import annotations

import pytest

from tests.e2e.site import Site, assert_refused

DECLARATION = "models_py/flight_delay/_flight_delay.yml"
REGISTRY = "flight_delay__models"

BAD_DECLARATIONS = {
    "unknown family": (
        "family: logistic_regression",
        "family: logistic",
        "`flight_delay__models`: meta.ml.candidates[0].family is 'logistic'; allowed:",
    ),
    "misspelt key": (
        "random_state: 0",
        "random_sate: 0",
        "`flight_delay__models`: meta.ml.random_sate is unknown; did you mean `random_state`? allowed:",
    ),
    "misspelt duration": (
        "gap: 7 days",
        "gap: one week",
        "`flight_delay__models`: meta.ml.training.gap: 'one week' is not a duration; write a positive whole number "
        "and a unit (second, minute, hour, day, week,",
    ),
    "unknown period": (
        "retrain_every: month",
        "retrain_every: fortnight",
        "`flight_delay__models`: `training.retrain_every` is `fortnight`; expected one of day, week, month,",
    ),
    "entity that is no column": (
        "entity: [flight_id]",
        "entity: [flight]",
        "`flight_delay__features` has no column `flight` (it has: flight_id, as_of,",
    ),
    "label that is no column": (
        "label: is_late",
        "label: late",
        "`flight_delay__labels` has no column `late` (it has: flight_id, as_of, is_late, matured_at). "
        "Add it, or correct meta.ml.label of flight_delay__models.",
    ),
}


@pytest.mark.parametrize("case", BAD_DECLARATIONS)
def test_bad_declaration_trains_nothing(project: Site, case: str) -> None:
    old, new, message = BAD_DECLARATIONS[case]
    project.edit(DECLARATION, old, new)
    before = project.rows()
    outcome = project.dbt("build", "--select", "flight_delay__training_set", "flight_delay__snapshots", REGISTRY)
    assert_refused(outcome, message, 1)
    assert project.rows() == before


def test_feature_model_without_as_of(project: Site) -> None:
    path = "dbt_project/models/features/feat_flight__schedule.sql"
    project.edit(path, "select * from final", "select * exclude (as_of) from final")
    before = project.rows()
    outcome = project.dbt("build", "--select", "feat_flight__schedule", "flight_delay__features")
    assert_refused(outcome, "`feat_flight__schedule` has no column `as_of` (it has: flight_id,", 1)
    assert project.rows() == before


def test_two_feature_models_with_one_column_name(project: Site) -> None:
    path = "dbt_project/models/features/feat_flight__aircraft.sql"
    project.edit(path, "select * from final", "select *, 0 as local_month from final")
    before = project.rows()
    outcome = project.dbt("build", "--select", "feat_flight__aircraft", "flight_delay__features")
    message = (
        "`feat_flight__schedule` and `feat_flight__aircraft` both have a column `local_month`. Rename one of them."
    )
    assert_refused(outcome, message, 1)
    assert project.rows() == before


def test_training_set_of_one_class(project: Site) -> None:
    site = project
    site.edit(DECLARATION, "retrain_every: month", "retrain_every: month\n            retrain_on_corrections: true")
    site.execute("update raw.flights set dep_delay = 60")
    models = ("flight_delay__labels", "flight_delay__training_set", "flight_delay__snapshots")
    before = site.rows()
    outcome = site.dbt("build", "--select", "stg_nycflights__flights", *models, REGISTRY + "+")
    assert_refused(outcome, "`flight_delay__snapshots`: label `is_late` has one class only (1) in", 1)
    kept = ("training.flight_delay__models", "predictions.flight_delay__predictions")
    assert {name: n for name, n in site.rows().items() if name in kept} == {name: before[name] for name in kept}
