"""One build from nothing turns the whole loop, and its numbers are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tests.e2e.site import AS_OF, Site

# Relation → columns that identify a row (docs/architecture.md).
GRAINS = {
    "training.flight_delay__spine": "flight_id, as_of",
    "training.flight_delay__features": "flight_id, as_of",
    "training.flight_delay__labels": "flight_id, as_of",
    "training.flight_delay__training_set": "flight_id, as_of",
    "training.flight_delay__snapshots": "snapshot_id, flight_id, as_of",
    "training.flight_delay__scoring_set": "flight_id, as_of",
    "training.flight_delay__models": "model_version",
    "evaluation.flight_delay__heldout_predictions": "model_version, snapshot_id, flight_id, as_of",
    "evaluation.flight_delay__metrics": "model_version, snapshot_id, split, slice_column, slice_value, metric",
    "evaluation.ml_curves": "use_case, model_version, snapshot_id, split, curve, point",
    "evaluation.flight_delay__promotions": "training_as_of, model_version",
    "evaluation.flight_delay__champion": "use_case",
    "predictions.flight_delay__predictions": "batch_id, flight_id, as_of",
    "predictions.flight_delay__predictions_latest": "flight_id",
    "actions.flight_delay__decisions": "batch_id, flight_id, as_of",
}


@pytest.mark.parametrize("relation", GRAINS)
def test_relation_has_its_grain(built: Site, relation: str) -> None:
    rows = built.query(f"select count(*) as n, count(distinct ({GRAINS[relation]})) as keys from {relation}").iloc[0]
    assert rows["n"] > 0
    assert rows["n"] == rows["keys"]


def test_outcomes_are_those_that_were_known_by_now(built: Site) -> None:
    known, last = built.query("select count(*) as n, max(matured_at) as last from actions.flight_delay__outcomes").iloc[
        0
    ]
    assert 0 < known < built.value("select count(*) from predictions.flight_delay__predictions")
    assert last <= pd.Timestamp(AS_OF)


def test_splits_follow_each_other_and_every_label_had_matured(built: Site) -> None:
    """Labels take hours here, so a few rows of the last days before the validation are for the refit alone."""
    spans = built.query(
        """select split, min(as_of) as first, max(as_of) as last, max(matured_at) as matured, min(training_as_of) as now
        from training.flight_delay__training_set where split not in ('refit', 'late') group by split order by first"""
    )
    assert list(spans["split"]) == ["train", "validation", "gap", "test"]
    assert (spans["first"].iloc[1:].to_numpy() > spans["last"].iloc[:-1].to_numpy()).all()
    assert (spans["matured"] < spans["now"]).all()


def test_champion_is_the_best_on_validation_and_promoted(built: Site) -> None:
    champion = built.query("select model_version from evaluation.flight_delay__champion")["model_version"].tolist()
    best = built.query(
        """select model_version from evaluation.flight_delay__metrics
        where split = 'validation' and slice_column = 'all' and metric = 'auc' order by value desc limit 1"""
    )["model_version"].tolist()
    assert champion == best
    decisions = built.query("select model_version, decision, reason from evaluation.flight_delay__promotions")
    assert dict(zip(decisions["model_version"], decisions["decision"], strict=True))[champion[0]] == "promoted"
    assert decisions["reason"].str.len().min() > 0


def test_predictions_cover_the_flights_of_the_window(built: Site) -> None:
    flights = built.query(
        """select carrier || flight || '-' || origin || '-' || (year * 10000 + month * 100 + day)
            || '-' || lpad(cast(sched_dep_time as varchar), 4, '0') as flight_id
        from raw.flights
        where time_hour + to_minutes(minute) - interval '2 hours' >= timestamp '2013-11-01'
            and time_hour + to_minutes(minute) - interval '2 hours' <= timestamp '2013-11-02'"""
    )
    predicted = built.query("select flight_id, score from predictions.flight_delay__predictions")
    assert set(predicted["flight_id"]) == set(flights["flight_id"])
    assert predicted["score"].between(0, 1).all()


def test_decisions_minimise_the_expected_cost(built: Site) -> None:
    rows = built.query("select score, is_treated, expected_profit from actions.flight_delay__decisions")
    treated = -40 * rows["score"] - 15 * (1 - rows["score"])
    untreated = -100 * rows["score"]
    assert np.allclose(rows["expected_profit"], np.maximum(treated, untreated))
    assert (rows["is_treated"].eq(1) == (treated >= untreated)).all()


@pytest.mark.parametrize("split", ["validation", "test"])
def test_metrics_are_those_of_scikit_learn(built: Site, split: str) -> None:
    rows = built.query(f"select * from evaluation.flight_delay__heldout_predictions where split = '{split}'")
    metrics = built.query(
        f"""select model_version, metric, value from evaluation.flight_delay__metrics
        where split = '{split}' and slice_column = 'all'"""
    ).pivot(index="model_version", columns="metric", values="value")
    assert len(metrics) == 2
    for version, own in rows.groupby("model_version"):
        label, score = own["label"], own["score"]
        expected = {
            "auc": roc_auc_score(label, score),
            "average_precision": average_precision_score(label, score),
            "log_loss": log_loss(label, score),
            "brier": brier_score_loss(label, score),
        }
        for metric, value in expected.items():
            assert metrics.loc[version, metric] == pytest.approx(value, abs=1e-9), metric
        treat = np.where(label == 1, -40.0, -15.0)
        leave = np.where(label == 1, -100.0, 0.0)
        threshold = 15 / 75  # treating and leaving cost the same there
        assert metrics.loc[version, "profit"] == pytest.approx(np.where(score >= threshold, treat, leave).mean())
        assert metrics.loc[version, "profit_treat_all"] == pytest.approx(treat.mean())
        assert metrics.loc[version, "profit_treat_none"] == pytest.approx(leave.mean())


def test_heldout_labels_are_those_of_the_flights(built: Site) -> None:
    wrong = built.value(
        """select count(*) from evaluation.flight_delay__heldout_predictions as heldout
        inner join staging.stg_nycflights__flights as flights using (flight_id)
        where heldout.label <> case when flights.departure_delay_minutes < 15 then 0 else 1 end"""
    )
    assert wrong == 0
