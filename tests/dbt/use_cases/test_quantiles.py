"""The quantiles of a regression are written beside the score and judged."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from tests.dbt.use_cases.conftest import Shop

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def test_quantiles_beside_the_score(shop: Shop) -> None:
    rows = shop.query("select * from evaluation.spend__heldout_predictions")
    columns = [f"score_{name}" for name in QUANTILES]
    with_quantiles = rows[rows.model_version.str.startswith("gbm")][columns].astype(float)
    assert with_quantiles.notna().all().all()
    assert (with_quantiles.diff(axis=1).iloc[:, 1:] >= 0).all().all(), "they do not cross"
    assert rows[rows.model_version.str.startswith("linear")][columns].isna().all().all()
    latest = shop.query("select * from predictions.spend__predictions_latest")
    assert {"score", *columns} <= set(latest.columns)


def test_quantiles_are_judged_by_pinball_loss_and_coverage(shop: Shop) -> None:
    rows = shop.query("select * from evaluation.spend__heldout_predictions where split = 'test'")
    own = rows[rows.model_version.str.startswith("gbm")]
    found = shop.query("select * from evaluation.spend__metrics where split = 'test' and slice_column = 'all'")
    values = found[found.model_version == own.model_version.iloc[0]].set_index("metric").value.astype(float)
    for name, quantile in QUANTILES.items():
        loss = mean_pinball_loss(own.label, own[f"score_{name}"], alpha=quantile)
        assert values[f"pinball_{name}"] == pytest.approx(loss, abs=1e-9)
        assert values[f"coverage_{name}"] == pytest.approx((own.label <= own[f"score_{name}"]).mean(), abs=1e-9)
    between = own.label.between(own.score_p10, own.score_p90)
    assert values["coverage_p10_p90"] == pytest.approx(between.mean(), abs=1e-9)
    assert values["interval_width_p10_p90"] == pytest.approx(np.mean(own.score_p90 - own.score_p10), abs=1e-9)
    linear = set(found[found.model_version.str.startswith("linear")].metric)
    assert not any(metric.startswith(("pinball_p", "coverage_p")) for metric in linear), "it has no quantiles"
