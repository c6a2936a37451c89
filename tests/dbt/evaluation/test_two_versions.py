"""A second version that scored the last time too, a shadow: no alert, volume or money counts twice."""

from __future__ import annotations

import json

import duckdb
import pandas as pd
import pytest

from tests.dbt.evaluation.conftest import Stub, built, duckdb_stub
from tests.dbt.evaluation.synthetic import AS_OF, BATCHES, SKIPPED

LAST = f"timestamp '{BATCHES[-1]}'"


@pytest.fixture(scope="module")
def shadowed(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    """Built: its tests hold, that the subjects of alerts are unique among them."""
    stub = duckdb_stub(tmp_path_factory.mktemp("shadowed"))
    with duckdb.connect(stub.environment["STUB_DUCKDB"]) as connection:
        for use_case in ("basket", "visits"):
            connection.execute(
                f"insert into raw.{use_case}__predictions select * replace (batch_id || 'weak' as batch_id, "
                "'weak' as model_version, predicted_at + interval 1 hour as predicted_at) "
                f"from raw.{use_case}__predictions where batch_as_of = {LAST}"
            )
    return built(stub)


@pytest.mark.parametrize("relation", ["alerts", "mon_business"])
def test_what_has_no_version_is_what_it_was(duckdb_build: Stub, shadowed: Stub, relation: str) -> None:
    sql = (
        f"select * from main.{relation} where subject <> 'weak' order by all"
        if relation == "alerts"
        else (f"select * from main.{relation} order by all")
    )
    one, both = duckdb_build.query(sql), shadowed.query(sql)
    assert len(one) > 0
    pd.testing.assert_frame_equal(one, both, rtol=1e-12, atol=1e-12)  # sums are added up in any order


def test_the_batches_of_the_champion_count(shadowed: Stub) -> None:
    found = shadowed.query(f"select * from main.ml_batches where batch_as_of = {LAST} order by use_case, model_version")
    assert found.model_version.tolist() == ["good", "weak"] * 2
    assert (found.n_in_charge == found.n_predictions).tolist() == [True, False] * 2
    assert found.n_in_charge[found.model_version == "weak"].tolist() == [0, 0]


def test_latest_volume_is_not_doubled(shadowed: Stub) -> None:
    assert shadowed.query("select * from main.alert_volume_change").empty


def test_a_use_case_with_a_now_of_its_own(shadowed: Stub) -> None:
    own = json.dumps({"insitu_use_case_as_of": {"basket": str(SKIPPED)}})
    models = ("mon_volume", "alert_no_predictions", "basket__outcomes")
    outcome = shadowed.dbt("run", "--full-refresh", "--select", *models, "--vars", own)  # forget the later run
    assert outcome.returncode == 0, outcome.stdout
    found = shadowed.query("select use_case, max(day) as last from main.mon_volume group by 1 order by 1")
    assert [str(day)[:10] for day in found["last"]] == [str(SKIPPED.date()), str(AS_OF.date())]
    quiet = shadowed.query("select use_case, as_of from main.alert_no_predictions order by use_case")
    assert quiet.use_case.tolist() == ["basket", "visits"]
    assert quiet.as_of.tolist() == [SKIPPED, AS_OF]
    known = shadowed.query("select max(matured_at) as m from main.basket__outcomes").m[0]
    assert known <= SKIPPED
