"""The whole bodies of `__metrics`, `__curves`, `__decisions` and `__outcomes`, in a real dbt build."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tests.dbt.evaluation.conftest import Stub

GRAIN = ["model_version", "snapshot_id", "split", "slice_column", "slice_value", "metric"]


def test_metrics_have_the_contracted_columns_and_grain(stub: Stub) -> None:
    found = stub.query("select * from basket__metrics")
    assert list(found.columns) == [*GRAIN, "value", "ci_low", "ci_high", "n_rows", "computed_by"]
    assert not found.duplicated(GRAIN).any()
    assert set(found.split) == {"validation", "test"}
    assert set(found[found.slice_column == "country"].slice_value) == {"de", "fr", "(missing)"}


def test_metrics_by_version_split_and_slice(stub: Stub) -> None:
    snapshots = stub.upstream["basket__snapshots"][["shop_id", "customer_id", "as_of", "country"]]
    heldout = stub.upstream["basket__heldout_predictions"].merge(snapshots, on=["shop_id", "customer_id", "as_of"])
    heldout["country"] = heldout.country.fillna("(missing)")
    found = stub.query("select * from basket__metrics").set_index(GRAIN)
    for (version, split), rows in heldout.groupby(["model_version", "split"]):
        for slice_column, slice_value, part in [
            ("all", "all", rows),
            *(("country", value, part) for value, part in rows.groupby("country")),
        ]:
            auc = found.loc[(version, "s1", split, slice_column, slice_value, "auc")]
            assert auc.value == pytest.approx(sk.roc_auc_score(part.label, part.score), abs=1e-9)
            assert auc.n_rows == len(part)
            assert auc.ci_low < auc.value < auc.ci_high


def test_curves_have_the_contracted_columns_and_grain(stub: Stub) -> None:
    found = stub.query("select * from basket__curves")
    assert list(found.columns) == [
        *("model_version", "snapshot_id", "split", "curve", "point", "threshold", "x", "y", "n_rows")
    ]
    assert not found.duplicated(["model_version", "snapshot_id", "split", "curve", "point"]).any()
    assert {"roc", "precision_recall", "calibration", "lift", "gain", "profit"} < set(found.curve)


def test_decisions_follow_the_cost_matrix(stub: Stub) -> None:
    found = stub.query("select * from basket__decisions")
    assert len(found) == len(stub.upstream["basket__predictions"])
    assert found.threshold.unique() == pytest.approx([0.2])
    assert (found.action == np.where(found.score >= 0.2, "call", "wait")).all()
    treat = found.score * -40 + (1 - found.score) * -15
    leave = found.score * -100
    np.testing.assert_allclose(found.expected_profit.astype(float), np.maximum(treat, leave))


def test_outcomes_know_only_what_had_matured(stub: Stub) -> None:
    found = stub.query("select * from basket__outcomes")
    upstream = stub.upstream["basket__predictions"].merge(stub.upstream["basket__labels"])
    expected = upstream[upstream.matured_at <= pd.Timestamp("2024-03-03")]
    assert 0 < len(expected) < len(upstream)
    assert len(found) == len(expected)
    assert found.realised_profit.sum() == pytest.approx(
        np.where(expected.score >= 0.2, np.where(expected.is_lost, -40, -15), np.where(expected.is_lost, -100, 0)).sum()
    )
    assert found.profit_treat_none.sum() == pytest.approx(-100 * expected.is_lost.sum())


def test_a_multiclass_use_case_by_class_and_slice(stub: Stub) -> None:
    held = stub.upstream["tier__heldout_predictions"].query("split == 'test'")
    wide = held.pivot(index=["customer_id", "label"], columns="class", values="score").reset_index()
    scores = wide[["gold", "none", "silver"]].to_numpy()
    found = stub.query("select * from tier__metrics where split = 'test'").set_index(GRAIN[3:]).value.astype(float)
    assert found["all", "all", "log_loss"] == pytest.approx(sk.log_loss(wide.label, scores), abs=1e-9)
    assert found["all", "all", "auc"] == pytest.approx(
        sk.roc_auc_score(wide.label, scores, multi_class="ovr"), abs=1e-9
    )
    assert found["class", "gold", "auc"] == pytest.approx(sk.roc_auc_score(wide.label == "gold", wide.gold), abs=1e-9)
    assert {value for column, value, _ in found.index if column == "country"} == {"de", "fr", "(missing)"}
    confusion = stub.query("select * from tier__confusion where split = 'test'")
    assert confusion.n_rows.sum() == len(wide)
    assert set(stub.query("select * from tier__curves").curve) == {"calibration"}
