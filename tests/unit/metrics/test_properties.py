"""Properties over generated data: any labels, any scores, as many ties as you like."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.test_binary import OPTIONS, ORACLES

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.floats(0, 1, width=32))),
    min_size=1,
    max_size=12,
)
METRICS = ["auc", "average_precision", "log_loss", "expected_calibration_error", "lift", "profit_uplift"]


@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_metrics_agree_with_their_oracles(macros: Macros, rows: list[tuple[int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["label", "score"])
    macros.load("generated", frame)
    found = macros.run("union_metrics", metrics=METRICS, relation="generated", options=OPTIONS).set_index("metric")
    for metric in METRICS:
        expected = ORACLES[metric](frame)[0]
        value = found.value[metric]
        assert (math.nan if value is None else float(value)) == pytest.approx(expected, abs=1e-9, nan_ok=True), metric


@settings(max_examples=25, deadline=None)
@given(
    reference=st.lists(st.integers(-3, 3), min_size=1, max_size=12),
    current=st.lists(st.integers(-4, 4), min_size=1, max_size=12),
)
def test_drift_is_never_negative_and_zero_of_itself(macros: Macros, reference: list[int], current: list[int]) -> None:
    for name, values in (("older", reference), ("newer", current)):
        macros.load(name, pd.DataFrame({"value": [float(v) for v in values]}))
    assert macros.run("drift_psi", reference="older", current="newer").value[0] >= 0
    assert macros.run("drift_psi", reference="older", current="older").value[0] == pytest.approx(0, abs=1e-12)
    ks = macros.run("drift_ks", reference="older", current="newer").value[0]
    assert ks == pytest.approx(stats.ks_2samp(reference, current).statistic, abs=1e-12)
