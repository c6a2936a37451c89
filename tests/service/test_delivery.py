"""What the warehouse does not take holds up nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.service.server import serving, until
from tests.service.site import NOW, Site


def test_a_row_that_is_not_taken_holds_up_no_other(site: Site, tmp_path: Path) -> None:
    if site.kind == "postgres":
        site.execute("alter table predictions.demo__predictions add check (id <> 13)")
    else:
        site.execute(
            "create or replace table predictions.demo__predictions (batch_id varchar, batch_as_of timestamp, "
            "model_version varchar, id bigint check (id <> 13), as_of timestamp, score double, predicted_at timestamp)"
        )
    body = {"rows": [{"id": id_, "as_of": NOW} for id_ in range(20)]}
    with serving(site, tmp_path / "log", spool=tmp_path / "spool", deliver=0.1) as server:
        assert server.post("/predict/demo", body)[1]["logged"] is True
        assert until(lambda: "insitu_predictions_pending 1.0" in server.get("/metrics")[1], 60), server.said()
    found = site.execute("select id, count(*) from predictions.demo__predictions group by id order by id")
    assert found == [(id_, 1) for id_ in range(20) if id_ != 13]


def test_what_a_table_cannot_hold_is_refused(site: Site, tmp_path: Path) -> None:
    row = {"a": 1.5, "b": None, "noise": 0, "n": 3, "flag": True, "city": "oslo"}
    with serving(site, tmp_path / "log", spool=tmp_path / "spool") as server:
        for name, value in (("n", 3.5), ("n", 2**63), ("flag", 2)):
            status, problem = server.post("/score/demo", {"rows": [{"id": 1, "features": {**row, name: value}}]})
            assert status == 422 and f"`/rows/0/features/{name}`" in problem["detail"]
        for id_, flag in ((1, True), (2, 1), (3, None)):
            asked = {"rows": [{"id": id_, "as_of": NOW, "features": {**row, "n": 3.0, "flag": flag}}]}
            assert server.post("/score/demo", asked)[0] == 200
        assert server.post("/predict/demo", {"rows": [{"id": 4, "as_of": NOW}]})[0] == 200
    found = site.execute("select id, n, flag from predictions.demo__scored_features order by id")
    assert found[:3] == [(1, 3, True), (2, 3, True), (3, 3, None)] and len(found) == 4
