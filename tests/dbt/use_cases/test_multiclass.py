"""A multiclass use case, whole: held-out rows, metrics, champion, predictions, decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tests.dbt.use_cases.conftest import Shop

CLASSES = ["bronze", "gold", "silver"]


def wide(rows: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return rows.pivot(index=list(keys), columns="class", values="score").reset_index()


def test_heldout_rows_have_a_score_per_class(shop: Shop) -> None:
    rows = shop.query("select * from evaluation.tier__heldout_predictions")
    assert set(rows.columns) == {
        *("model_version", "snapshot_id", "split", "order_id", "as_of", "label", "class", "score")
    }
    sums = rows.groupby(["model_version", "split", "order_id"]).score.agg(["sum", "size"])
    np.testing.assert_allclose(sums["sum"].astype(float), 1)
    assert (sums["size"] == 3).all()
    truth = shop.query("select order_id, tier from raw.results").set_index("order_id").tier
    assert (truth.loc[rows.order_id].to_numpy() == rows.label.to_numpy()).all()


@pytest.mark.parametrize("split", ["validation", "test"])
def test_metrics_are_those_of_scikit_learn(shop: Shop, split: str) -> None:
    rows = shop.query(f"select * from evaluation.tier__heldout_predictions where split = '{split}'")
    found = shop.query(
        f"select * from evaluation.tier__metrics where split = '{split}' and slice_column = 'all'"
    ).pivot(index="model_version", columns="metric", values="value")
    assert len(found) == 3, "the broken candidate has none"
    for version, part in rows.groupby("model_version"):
        own = wide(part, "order_id", "label")
        scores = own[CLASSES].to_numpy(dtype=float)
        guess = np.array(CLASSES)[scores.argmax(axis=1)]
        expected = {
            "log_loss": sk.log_loss(own.label, scores, labels=CLASSES),
            "accuracy": sk.accuracy_score(own.label, guess),
            "balanced_accuracy": sk.balanced_accuracy_score(own.label, guess),
            "macro_f1": sk.f1_score(own.label, guess, average="macro"),
            "auc": sk.roc_auc_score(own.label, scores, multi_class="ovr", labels=CLASSES),
            "missing_scores": 0,
        }
        for metric, value in expected.items():
            assert float(found.loc[version, metric]) == pytest.approx(value, abs=1e-9), metric


def test_every_class_and_every_slice_is_measured(shop: Shop) -> None:
    found = shop.query("select distinct slice_column, slice_value from evaluation.tier__metrics")
    slices = found.groupby("slice_column").slice_value.agg(set)
    assert slices["class"] == set(CLASSES)
    assert slices["channel"] == {"web", "shop", "phone"}


def test_confusion(shop: Shop) -> None:
    rows = shop.query("select * from evaluation.tier__heldout_predictions where split = 'test'")
    table = shop.query("select * from evaluation.ml_confusion where use_case = 'tier' and split = 'test'")
    for version, part in rows.groupby("model_version"):
        own = wide(part, "order_id", "label")
        guess = np.array(CLASSES)[own[CLASSES].to_numpy(dtype=float).argmax(axis=1)]
        ours = table[table.model_version == version].pivot(index="label", columns="predicted", values="n_rows")
        matrix = sk.confusion_matrix(own.label, guess, labels=CLASSES)
        np.testing.assert_array_equal(ours.reindex(index=CLASSES, columns=CLASSES).fillna(0), matrix)


def test_the_champion_predicts_every_class(shop: Shop) -> None:
    champion = shop.query("select model_version from evaluation.tier__champion").model_version.tolist()
    best = shop.query(
        """select model_version from evaluation.tier__metrics
        where split = 'validation' and slice_column = 'all' and metric = 'log_loss' order by value limit 1"""
    ).model_version.tolist()
    assert champion == best
    predictions = shop.query("select * from predictions.tier__predictions")
    orders = shop.query("select order_id from raw.orders where ordered_at >= timestamp '2024-06-01'").order_id
    assert set(predictions.order_id) == set(orders)
    assert len(predictions) == 3 * len(orders)


def test_analysts_see_one_row_per_entity_with_the_most_probable_class(shop: Shop) -> None:
    own = wide(shop.query("select * from predictions.tier__predictions"), "order_id").set_index("order_id")
    latest = shop.query("select * from predictions.tier__predictions_latest").set_index("order_id").sort_index()
    assert len(latest) == len(own)
    assert (latest.predicted_class == own[CLASSES].astype(float).idxmax(axis=1)).all()
    np.testing.assert_allclose(latest.score.astype(float), own[CLASSES].astype(float).max(axis=1).loc[latest.index])
    overall = shop.query("select * from predictions.ml_predictions where use_case = 'tier'")
    assert len(overall) == len(own)
    features = shop.query("select * from predictions.tier__scored_features")
    assert len(features) == len(own)


def test_partial_dependence_by_class_adds_up(shop: Shop) -> None:
    found = shop.query("select * from evaluation.ml_partial_dependence where use_case = 'tier'")
    assert set(found["class"]) == set(CLASSES)
    sums = found.groupby(["model_version", "feature", "point"]).mean_score.sum()
    np.testing.assert_allclose(sums.astype(float), 1)
