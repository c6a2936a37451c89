"""What training found out, as tables: they say what the registry's JSON says."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop


@pytest.mark.parametrize("use_case", ["tier", "spend"])
def test_importance_and_dependence_are_those_registered(shop: Shop, use_case: str) -> None:
    models = shop.query(f"select * from training.{use_case}__models where status = 'trained'")
    importance = shop.query(f"select * from evaluation.ml_feature_importance where use_case = '{use_case}'")
    dependence = shop.query(f"select * from evaluation.ml_partial_dependence where use_case = '{use_case}'")
    for model in models.itertuples():
        own = importance[importance.model_version == model.model_version].sort_values("importance_rank")
        registered = json.loads(model.feature_importance)
        assert own.feature.tolist() == [item["feature"] for item in registered]
        np.testing.assert_allclose(own.importance.astype(float), [item["importance"] for item in registered])
        np.testing.assert_allclose(own.standard_deviation.astype(float), [item["std"] for item in registered])
        classes = json.loads(model.signature)["classes"]
        for curve in json.loads(model.partial_dependence):
            part = dependence[
                (dependence.model_version == model.model_version) & (dependence.feature == curve["feature"])
            ]
            shown = part.sort_values(["class", "point"] if classes else ["point"])
            np.testing.assert_allclose(shown.mean_score.astype(float), np.ravel(curve["scores"]))
            values = shown.category if shown.value.isna().all() else shown.value.astype(float)
            assert values.tolist()[: len(curve["values"])] == curve["values"]


def test_trials_of_a_search_and_the_point_that_was_refused(shop: Shop) -> None:
    trials = shop.query("select * from evaluation.ml_search_trials where use_case = 'tier' order by trial")
    assert [json.loads(text) for text in trials.parameters] == [{"learning_rate": 0.1}, {"learning_rate": -1.0}]
    assert trials.score.astype(float).notna().tolist() == [True, False]
    assert "learning_rate" in trials.error[1]
    assert float(trials.score[0]) == pytest.approx(np.mean(json.loads(trials.scores[0])))


def test_every_candidate_in_one_line_and_why_one_failed(shop: Shop) -> None:
    found = shop.query("select * from evaluation.ml_candidates where use_case = 'tier'").set_index("candidate")
    assert set(found.index) == {"linear", "gbm", "broken", "blend"}
    assert found.status["broken"] == "failed"
    assert "'C' parameter" in found.message["broken"]
    assert pd.isna(found.decision["broken"])
    assert found.n_failed_trials["gbm"] == 1
    assert (found.drop("broken").decision == "promoted").sum() == 1
    assert found.drop("broken").test_value.astype(float).between(0, 2).all()


def test_retraining_value_by_hand(shop: Shop) -> None:
    tests = shop.query("select * from evaluation.tier__backtest")
    assert set(tests.candidate) == {"linear"}
    assert tests.trained_at.nunique() == 3
    scores = tests.pivot(index="from_as_of", columns="trained_at", values="value").astype(float)
    found = shop.query("select * from evaluation.ml_retraining_value where use_case = 'tier'").set_index(
        "retrained_every_days"
    )
    assert list(found.sort_index().index) == [14, 28, 42]
    for n_ages, days in enumerate([14, 28, 42], start=1):
        met, fresh = [], []
        for _, period in scores.iterrows():
            newest_first = period.dropna().to_numpy()[::-1]
            if len(newest_first) >= n_ages:
                met.append(newest_first[:n_ages].mean())
                fresh.append(newest_first[0])
        assert found.n_periods[days] == len(met)
        assert float(found.value[days]) == pytest.approx(np.mean(met), abs=1e-12)
        # a loss: more is worse
        assert float(found.lost_by_age[days]) == pytest.approx(np.mean(met) - np.mean(fresh), abs=1e-12)


def test_a_backtest_is_made_once_and_only_when_asked_for(duckdb_shop: Shop) -> None:
    before = len(duckdb_shop.query("select * from evaluation.tier__backtest"))
    duckdb_shop.dbt("run", "--select", "tier__backtest", "--vars", "{insitu_backtest: true}")
    duckdb_shop.dbt("run", "--select", "spend__backtest")
    assert len(duckdb_shop.query("select * from evaluation.tier__backtest")) == before > 0
