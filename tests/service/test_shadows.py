"""Models in shadow: they score the same rows, are never in an answer, and spoil none."""

from __future__ import annotations

from pathlib import Path

import pytest

from insitu.registry.model import Model
from tests.service.server import serving, until
from tests.service.site import COLUMNS_OF_FEATURES, NOW, Site, registered, versions
from tests.unit.training.example import snapshot


def model(version: str) -> Model:
    return Model.from_row(next(row for row in registered().to_pylist() if row["model_version"] == version), "deployed")


def ask(ids: range) -> dict[str, object]:
    return {"rows": [{"id": id_, "as_of": NOW.isoformat()} for id_ in ids]}


WRITTEN = (
    "select p.id, p.model_version, p.score, b.is_shadow, b.n_rows, b.artifact_sha256, b.scoring_set_id "
    "from predictions.demo__predictions as p inner join predictions.demo__batches as b on p.batch_id = b.batch_id "
    "and p.model_version = b.model_version order by p.id, b.is_shadow"
)


@pytest.mark.parametrize("asked", ["challenger", "by name"])
def test_what_a_shadow_says_is_in_the_tables_alone(site: Site, tmp_path: Path, asked: str) -> None:
    first, second = versions()
    shadows = {"demo": [second if asked == "by name" else asked]}
    with serving(site, tmp_path / "log", spool=tmp_path / "spool", deliver=3600, shadows=shadows) as server:
        status, answer = server.post("/predict/demo", ask(range(5)))
        assert status == 200 and answer["model_version"] == first and second not in str(answer)
        given = {name: snapshot().select(COLUMNS_OF_FEATURES).slice(7, 1).to_pylist()[0][name] for name in "ab"}
        row = {"noise": 0.1, "n": 3, "flag": True, "city": "oslo", **given}
        assert server.post("/score/demo", {"rows": [{"id": 7, "as_of": NOW, "features": row}]})[0] == 200
    found = site.execute(WRITTEN)
    assert [(id_, version, shadow) for id_, version, _, shadow, *_ in found] == [
        (id_, version, shadow) for id_ in (0, 1, 2, 3, 4, 7) for version, shadow in ((first, 0), (second, 1))
    ]
    known = snapshot(600).slice(0, 5)
    for version, shadow in ((first, 0), (second, 1)):
        expected = model(version).predict(known)
        own = [score for id_, _, score, is_shadow, *_ in found if is_shadow == shadow and id_ < 5]
        assert own == pytest.approx(list(expected), abs=1e-12)
    assert {each[4:] for each in found if each[3] == 1} == {(6, _sha256(second), "requests")}
    kept = site.execute("select count(*), count(distinct batch_id) from predictions.demo__scored_features")
    assert kept == [(12, 2)]


def _sha256(version: str) -> str:
    row = next(row for row in registered().to_pylist() if row["model_version"] == version)
    return str(row["deployed_artifact_sha256"] or row["artifact_sha256"])


def test_a_shadow_that_cannot_be_loaded_spoils_nothing(site: Site, tmp_path: Path) -> None:
    """A challenger comes up while the service runs, and its bytes are damaged: who is in charge goes on."""
    first, second = versions()
    site.execute(f"update training.demo__models set status = 'failed' where model_version = '{second}'")
    if site.kind == "duckdb":
        site.publish()
    told = {"spool": tmp_path / "spool", "deliver": 3600, "shadows": {"demo": ["challenger"]}}
    with serving(site, tmp_path / "log", **told) as server:
        blob = "bytea" if site.kind == "postgres" else "blob"
        site.execute(
            f"update training.demo__models set status = 'trained', artifact = cast('no model' as {blob}), "
            f"deployed_artifact = cast('no model' as {blob}) where model_version = '{second}'"
        )
        if site.kind == "duckdb":
            site.publish()
        assert until(lambda: "demo=challenger is not in shadow: " in server.said()), server.said()
        assert server.post("/predict/demo", ask(range(3)))[0] == 200
        assert server.get("/v2/health/ready") == (200, {"ready": True})
    assert [each[:2] for each in site.execute(WRITTEN)] == [(id_, first) for id_ in range(3)]
    assert server.said().count("demo=challenger is not in shadow: ") == 1
