"""Monitoring and alerts over synthetic batches: one day without a batch, drift in the last two days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk

from tests.dbt.evaluation.conftest import Stub
from tests.dbt.evaluation.synthetic import AS_OF, DRIFTED, SKIPPED


def outcomes(stub: Stub, use_case: str) -> pd.DataFrame:
    rows = stub.upstream[f"{use_case}__predictions"].merge(stub.upstream[f"{use_case}__labels"])
    return rows[rows.matured_at <= AS_OF].assign(day=lambda r: r.as_of.dt.floor("D"))


def test_volume_is_dense(stub: Stub) -> None:
    found = stub.query("select * from mon_volume where use_case = 'basket' order by day")
    days = pd.to_datetime(found.day)
    assert (days == pd.date_range("2024-02-20", AS_OF)).all()
    quiet = days.isin([SKIPPED, AS_OF])
    assert (found.n_predictions == np.where(quiet, 0, 120)).all()
    assert found.n_labelled.sum() == len(outcomes(stub, "basket"))


def test_performance_by_day_is_scikit_learns(stub: Stub) -> None:
    found = stub.query("select * from mon_performance").assign(day=lambda r: pd.to_datetime(r.day))
    found = found.set_index(["use_case", "metric", "day"]).value.astype(float)
    for day, rows in outcomes(stub, "basket").groupby("day"):
        if rows.is_lost.nunique() == 2:  # the last day has few labels yet
            assert found["basket", "auc", day] == pytest.approx(sk.roc_auc_score(rows.is_lost, rows.score), abs=1e-9)
        assert found["basket", "brier", day] == pytest.approx(sk.brier_score_loss(rows.is_lost, rows.score), abs=1e-9)
    for day, rows in outcomes(stub, "visits").groupby("day"):
        assert found["visits", "mae", day] == pytest.approx(sk.mean_absolute_error(rows.visits, rows.score), abs=1e-9)


def test_recent_performance_covers_the_last_week(stub: Stub) -> None:
    rows = outcomes(stub, "visits")
    rows = rows[rows.as_of > rows.as_of.max() - pd.Timedelta("7D")]
    found = stub.query("select * from mon_recent_performance where use_case = 'visits' and metric = 'rmse'")
    assert found.n_rows.tolist() == [len(rows)]
    assert float(found.value[0]) == pytest.approx(sk.root_mean_squared_error(rows.visits, rows.score), abs=1e-9)


def test_score_drift_is_scipys(stub: Stub) -> None:
    held = stub.upstream["basket__heldout_predictions"].query(
        "model_version == 'good' and split in ('validation', 'test')"
    )
    found = stub.query("select * from mon_score_drift where use_case = 'basket' and metric = 'ks'").set_index(
        "batch_id"
    )
    for batch, rows in stub.upstream["basket__predictions"].groupby("batch_id"):
        assert float(found.value[batch]) == pytest.approx(stats.ks_2samp(held.score, rows.score).statistic, abs=1e-9)


def test_stable_days_are_the_held_out_ones(stub: Stub) -> None:
    held = stub.upstream["basket__heldout_predictions"].query("model_version == 'good' and split != 'gap'")
    days = {day: stats.ks_2samp(held.score, rows.score).statistic for day, rows in held.groupby(held.as_of.dt.date)}
    found = stub.query("select * from mon_heldout_drift where use_case = 'basket'")
    scores = found[(found.subject == "score") & (found.metric == "ks")]
    values = dict(zip(pd.to_datetime(scores.period_start).dt.date, scores.value.astype(float), strict=True))
    assert values == pytest.approx(days, abs=1e-9)
    features = found[found.subject == "feature"]
    tested = held[held.split == "test"].as_of.dt.date.nunique()
    for _, rows in features.groupby("feature"):
        assert {"psi", "missing_share", "unseen_share"} <= set(rows.metric)
        assert (rows.metric == "psi").sum() == tested
    assert (features[features.metric == "psi"].value.astype(float) > 0).all()


def test_what_is_expected_of_days_is_what_comes_true(stub: Stub) -> None:
    """Labels of `basket` are drawn from its scores: nearly all days are as expected; a regression has no estimate."""
    found = stub.query("select * from mon_estimated_performance")
    assert set(found.use_case) == {"basket"} and {"auc", "profit"} <= set(found.metric)
    rates = found[found.metric == "base_rate"].set_index("day").value.astype(float)
    rows = stub.upstream["basket__predictions"]
    for day, scores in rows.groupby(rows.as_of.dt.floor("D")).score:
        assert rates[rates.index.map(pd.Timestamp) == day].tolist() == pytest.approx([scores.mean()], abs=1e-9)
    told = stub.query("select * from mon_estimate_coverage")
    assert told.n_inside.sum() / told.n_days.sum() > 0.8
    assert told.n_days.max() < found.day.nunique(), "the last day waits for its labels"


def test_feature_drift_sees_the_one_feature_that_moved(stub: Stub) -> None:
    found = stub.query("select * from mon_feature_drift where metric = 'psi' and use_case = 'basket'")
    assert set(found.feature) == {"country", "spend", "visits_before", "is_member"}
    moved = (found.feature == "spend") & (pd.to_datetime(found.batch_as_of) >= DRIFTED)
    assert (found[moved].value > 1).all()
    assert (found[~moved].value < 0.25).all()


def test_business_compares_with_the_trivial_policies(stub: Stub) -> None:
    found = stub.query("select * from mon_business")
    assert set(found.use_case) == {"basket"}, "a use case without a cost matrix has no money to count"
    rows = outcomes(stub, "basket")
    assert found.profit_treat_none.sum() == pytest.approx(-100 * rows.is_lost.sum())
    assert found.profit_treat_all.sum() == pytest.approx(np.where(rows.is_lost, -40, -15).sum())


def test_alerts_name_what_is_wrong_and_nothing_else(stub: Stub) -> None:
    found = stub.query("select * from alerts")
    assert set(zip(found.use_case, found.alert, found.subject, strict=True)) == {
        ("basket", "alert_no_predictions", "batch"),
        ("visits", "alert_no_predictions", "batch"),
        ("basket", "alert_score_drift", "good"),
        ("basket", "alert_feature_drift", "spend"),
        ("basket", "alert_parity", "spend"),
        # visits raises its own limit on feature drift, and its error doubles
        ("visits", "alert_performance_drop", "good"),
    }
    assert (found.severity == "warn").all()
    drop = found.set_index("alert").loc["alert_performance_drop"]
    rows = stub.upstream["visits__heldout_predictions"].query("model_version == 'good' and split == 'test'")
    assert float(drop.limit_value) == pytest.approx(1.1 * sk.mean_absolute_error(rows.label, rows.score))
    assert float(drop.value) > float(drop.limit_value)
    drift = found.set_index("alert").message["alert_score_drift"]
    assert drift.startswith("the scores of the last batch have PSI 6.") and drift.endswith("held-out scores of good")


def test_ml_tables_hold_every_use_case(stub: Stub) -> None:
    predictions = stub.query("select * from ml_predictions")
    assert set(predictions.use_case) == {"basket", "visits"}
    assert len(predictions) == sum(len(stub.upstream[f"{u}__predictions"]) for u in ("basket", "visits"))
    assert predictions[predictions.use_case == "basket"].entity_id.str.match(r"s\d\|\d+").all()
    assert set(stub.query("select use_case, model_version from ml_models").model_version) == {"good", "weak"}
    assert set(stub.query("select distinct use_case from ml_metrics").use_case) == {"basket", "visits"}
    assert stub.query("select * from ml_batches").n_predictions.sum() == len(predictions)


def test_moving_now_forward_matures_the_last_day(stub: Stub) -> None:
    """The last test of this file: it leaves the stub a day later."""
    before = stub.query("select * from mon_feature_drift")
    tables = ["basket__outcomes", "visits__outcomes", "mon_performance", "mon_feature_drift"]
    outcome = stub.dbt("run", "--select", *tables, "--vars", '{insitu_as_of: "2024-03-04"}')
    assert outcome.returncode == 0, outcome.stdout
    assert len(stub.query("select * from mon_feature_drift")) == len(before), "a batch is measured once"
    days = stub.query("select max(day) as day from mon_performance where use_case = 'basket'").day
    assert pd.to_datetime(days)[0] == pd.Timestamp("2024-03-02")


def test_episodes_open_with_what_the_alerts_say(stub: Stub) -> None:
    columns = "use_case, alert, subject"
    told = stub.query(f"select {columns}, message from alerts order by {columns}")
    episodes = stub.query(
        f"select {columns}, last_message as message, state, opened_at, query from alert_episodes order by {columns}"
    )
    pd.testing.assert_frame_equal(told, episodes[told.columns])
    assert set(episodes.state) == {"opened"} and set(pd.to_datetime(episodes.opened_at)) == {AS_OF}
    for query in episodes["query"]:
        assert len(stub.query(query)) > 0, query
    # drift and parity of a feature, and the scores that came of it, have one cause
    found = stub.query("select cause, n_episodes from alert_groups where use_case = 'basket' order by cause")
    assert dict(zip(found.cause, found.n_episodes, strict=True)) == {"basket__features": 3, "runs": 1}
