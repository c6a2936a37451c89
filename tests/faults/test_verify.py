"""Predictions that are not as the ledger says are found, and put right where that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from insitu.local_postgres import Database
from insitu.scoring.batch import score_built
from insitu.scoring.options import Options
from insitu.scoring.verify import verify
from tests.faults.demo import Project, on_duckdb, on_postgres, version

PREDICTIONS, BATCHES = "predictions.demo__predictions", "predictions.demo__batches"
COUNTS = f"select count(*), count(distinct id) from {PREDICTIONS}"


TABLES_KEPT = {"models": "training", "predictions": "predictions", "batches": "predictions"}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Scored once; what was written is kept aside."""

    def made(demo: Project) -> Project:
        demo.make(1200)
        assert score_built(demo, "demo").rows == 1200
        for name, schema in TABLES_KEPT.items():
            demo.execute(f"create table actions.kept_{name} as select * from {schema}.demo__{name}")
        return demo

    if request.param == "duckdb":
        yield made(on_duckdb(str(tmp_path_factory.mktemp("verify") / "demo.duckdb")))
    else:
        server: Database = request.getfixturevalue("postgres_server")
        with server.fresh_database() as database:
            yield made(on_postgres(database))


@pytest.fixture
def scored(kept: Project) -> Project:
    for name, schema in TABLES_KEPT.items():
        kept.execute(
            f"delete from {schema}.demo__{name}",
            f"insert into {schema}.demo__{name} select * from actions.kept_{name}",
        )
    return kept


def test_what_the_scorer_wrote_is_sound(scored: Project) -> None:
    found = verify(scored, "demo")
    assert (found.batches, found.findings, found.is_sound) == (1, [], True)
    assert scored.execute(f"select status, n_rows, n_written, is_shadow, model_version from {BATCHES}") == [
        ("published", 1200, 1200, 0, version())
    ]
    assert score_built(scored, "demo").rows == 0


@pytest.mark.parametrize(
    ("damage", "message", "rows_left", "status"),
    [
        (
            [
                "drop index if exists predictions.prediction_once",
                f"insert into {PREDICTIONS} select * from {PREDICTIONS} where id < 7",
            ],
            "7 predictions are there more than once",
            1200,
            "published",
        ),
        ([f"delete from {BATCHES}"], "the ledger does not have it", 1200, "found"),
        (
            [f"delete from {PREDICTIONS} where id < 5"],
            "the ledger has 1,200 predictions, and 1,195 are there",
            1195,
            "found",
        ),
        ([f"delete from {PREDICTIONS}"], "the ledger has 1,200 predictions, and none is there", 0, None),
    ],
)
def test_what_can_be_repaired(
    scored: Project, damage: list[str], message: str, rows_left: int, status: str | None
) -> None:
    scored.execute(*damage)
    (finding,) = verify(scored, "demo").findings
    assert message in str(finding) and "--repair: " in str(finding)
    repaired = verify(scored, "demo", repair=True)
    assert repaired.is_sound and message in str(repaired.findings[0]) and "repaired: " in str(repaired.findings[0])
    after = verify(scored, "demo")
    assert after.findings == []
    assert scored.execute(COUNTS) == [(rows_left, rows_left)]
    assert [row[0] for row in scored.execute(f"select status from {BATCHES}")] == ([status] if status else [])
    # What went missing is due, and scored once.
    assert score_built(scored, "demo").rows in (0, 1200 - rows_left)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update training.demo__models set artifact = deployed_artifact where false", None),
        (
            f"update {PREDICTIONS} set score = 0.000001 where id = 3",
            "its scores are others than when they were written",
        ),
        (f"update {PREDICTIONS} set model_version = 'zzz' where id = 3", "it has predictions of `zzz`, too"),
        ("delete from training.demo__models", "its model is not registered"),
        (f"update {BATCHES} set artifact_sha256 = 'other'", "the registry has another artifact"),
        ("update training.demo__models set artifact_sha256 = 'other'", "the bytes of its model were changed"),
    ],
)
def test_what_people_have_to_look_at(scored: Project, damage: str, message: str | None) -> None:
    scored.execute(damage)
    found = verify(scored, "demo", repair=True)
    if message is None:
        assert found.is_sound
        return
    assert not found.is_sound and any(message in str(finding) for finding in found.findings)
    assert scored.execute(COUNTS) == [(1200, 1200)]


def test_another_version_in_shadow_leaves_what_is_due(demo: Project) -> None:
    """Scored by hand beforehand, by the same version: what it says in shadow is not of record, and is in the ledger."""
    first = score_built(demo, "demo", options=Options(instead=version(), where="id < 100"))
    assert (first.rows, [batch.is_shadow for batch in first.batches]) == (100, [True])
    dry = score_built(demo, "demo", options=Options(dry_run=True))
    assert dry.is_dry and demo.execute(COUNTS) == [(100, 100)]
    assert verify(demo, "demo").findings == []
