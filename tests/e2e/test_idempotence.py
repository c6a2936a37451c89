"""The same command again changes nothing, and a full refresh keeps what cannot be made again."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.e2e.site import Site

KEPT = {
    "models": "select * from training.flight_delay__models order by model_version",
    "snapshots": "select * from training.flight_delay__snapshots order by flight_id, as_of",
    "heldout predictions": "select * from evaluation.flight_delay__heldout_predictions order by all",
    "promotions": "select * from evaluation.flight_delay__promotions order by model_version",
    "predictions": "select * from predictions.flight_delay__predictions order by flight_id",
    "latest predictions": "select * from predictions.flight_delay__predictions_latest order by flight_id",
}


@pytest.fixture(scope="module", params=[(), ("--full-refresh",)], ids=["again", "full refresh"])
def again(request: pytest.FixtureRequest, built: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = built.copy(tmp_path_factory.mktemp("again"))
    site.build(*request.param)
    return site


@pytest.mark.parametrize("name", KEPT)
def test_second_run_changes_nothing(built: Site, again: Site, name: str) -> None:
    pd.testing.assert_frame_equal(built.query(KEPT[name]), again.query(KEPT[name]))


def test_no_temporary_table_is_left(again: Site) -> None:
    tables = again.query("select table_name from duckdb_tables() where table_name like '%dbt\\_%' escape '\\'")
    assert tables["table_name"].tolist() == []
