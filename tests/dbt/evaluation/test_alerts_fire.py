"""Each alert fires when its cause is there. DuckDB only: that both warehouses agree is tested elsewhere."""

from __future__ import annotations

import duckdb
import pytest

from tests.dbt.evaluation.conftest import duckdb_stub

TROUBLE = """
-- a quarter of the usual rows in the last batch
delete from raw.basket__predictions where batch_as_of = '2024-03-02' and customer_id % 4 > 0;
-- a join that no longer matches
update raw.visits__features set visits_before = null where as_of >= '2024-03-02';
-- the world turned round: who was likely to leave stays
update raw.basket__labels set is_lost = not is_lost where as_of >= '2024-02-20';
-- labels that never came
delete from raw.visits__labels where as_of >= '2024-02-20' and as_of < '2024-02-24';
"""


def test_every_alert_fires_on_its_cause(tmp_path_factory: pytest.TempPathFactory) -> None:
    stub = duckdb_stub(tmp_path_factory.mktemp("trouble"))
    with duckdb.connect(stub.environment["STUB_DUCKDB"]) as connection:
        connection.execute(TROUBLE)
    outcome = stub.dbt("run", "--select", "+alerts")
    assert outcome.returncode == 0, outcome.stdout
    found = stub.query("select use_case, alert, subject, value, limit_value, message from alerts")
    assert set(zip(found.use_case, found.alert, found.subject, strict=True)) == {
        ("basket", "alert_no_predictions", "batch"),
        ("visits", "alert_no_predictions", "batch"),
        ("basket", "alert_volume_change", "batch"),
        ("basket", "alert_parity", "spend"),
        ("basket", "alert_performance_drop", "good"),
        ("basket", "alert_calibration", "good"),
        ("basket", "alert_business_loss", "good"),
        ("visits", "alert_performance_drop", "good"),
        ("visits", "alert_feature_drift", "visits_before"),
        ("visits", "alert_missing_features", "visits_before"),
        ("visits", "alert_label_delay", "labels"),
    }, found.to_string()
    message = found.set_index(["use_case", "alert"]).message
    assert message["visits", "alert_label_delay"] == "80 % of the predictions have no label after 7 days"
    assert message["basket", "alert_volume_change"] == "30 predictions, where 120 were usual before"
