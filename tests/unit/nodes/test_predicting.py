"""What the nodes that score read, which version they apply to which rows, and what identifies a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from insitu.config import parse
from insitu.errors import InsituError
from insitu.nodes import ledger
from insitu.nodes.heldout import predict_heldout
from insitu.nodes.predict import predict, predict_due
from insitu.registry.model import Model
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

META = ml(training={"refit": "everything"})
TRAINED, NOON, SECOND = datetime(2020, 6, 1), datetime(2020, 6, 9, 12), timedelta(seconds=1)


@dataclass(frozen=True)
class This:
    """The relation of the running node."""

    identifier: str
    schema: str = "main"

    def __str__(self) -> str:
        return self.identifier


@pytest.fixture(scope="module")
def registered() -> dict[str, Any]:
    """A version with three fits: before the validation, before the test, and on everything."""
    (row,) = train(META, "demo", snapshot(600), progress=silent).to_pylist()
    assert (
        len({row[name] for name in ("validation_artifact_sha256", "artifact_sha256", "deployed_artifact_sha256")}) == 3
    )
    found: dict[str, Any] = row
    return found


@pytest.fixture
def warehouse(registered: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    rows = snapshot(600)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.register("given", rows)
        connection.execute("create table demo__snapshots as select * from given")
        connection.execute("create table demo__training_set as select * from given where split <> 'gap'")
        connection.execute(
            f"""create table demo__due as
            select '{registered["model_version"]}' as model_version,
                'set' as scoring_set_id, timestamp '{NOON}' as batch_as_of, id, as_of, a, b, noise, n, flag, city
            from given where id % 7 = 0"""
        )
        register(connection, registered)
        in_charge(connection, registered["model_version"])
        yield connection


def register(connection: duckdb.DuckDBPyConnection, *rows: dict[str, Any]) -> None:
    connection.register("versions", pa.Table.from_pylist([*rows]))
    connection.execute("create or replace table demo__models as select * from versions")


def in_charge(
    connection: duckdb.DuckDBPyConnection, version: str, since: datetime = TRAINED, until: Any = None
) -> None:
    ends = "null" if until is None else f"'{until}'"
    connection.execute(
        f"create or replace table demo__champion as select '{version}' as model_version, "
        f"timestamp '{since}' as holds_from, cast({ends} as timestamp) as holds_until"
    )


def batch(connection: duckdb.DuckDBPyConnection, *existing: str) -> list[dict[str, Any]]:
    return predictions(connection, set(existing))[0]


def predictions(
    connection: duckdb.DuckDBPyConnection, existing: set[str] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is written of a batch, and into the ledger."""
    named = [connection.sql(f"select * from demo__{name}") for name in ("due", "models", "champion")]
    found = predict_due(parse(META, "demo"), "demo", *named, existing or set(), **options)
    written: list[dict[str, Any]] = found.rows.read_all().to_pylist()
    return written, ledger.as_table(found.batches).to_pylist()


def fit(row: dict[str, Any], name: str) -> Model:
    """The version that one of its fits alone makes."""
    others = {f"{which}_artifact": None for which in ("validation", "deployed")}
    chosen = {"artifact": row[name], "artifact_sha256": row[f"{name}_sha256"]}
    return Model.from_row({**row, **others, **chosen})


def scores(model: Model, connection: duckdb.DuckDBPyConnection, sql: str) -> dict[int, float]:
    rows = connection.sql(sql).to_arrow_reader(10_000).read_all()
    return dict(zip(rows["id"].to_pylist(), np.asarray(model.predict(rows)).tolist(), strict=True))


def by_hand(row: dict[str, Any], scoring_set_id: str = "set", batch_as_of: datetime = NOON) -> str:
    text = f"{row['deployed_artifact_sha256']}:{scoring_set_id}:{batch_as_of.isoformat()}"
    return sha256(text.encode()).hexdigest()[:16]


def test_a_batch(warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]) -> None:
    """By the fit that is deployed, each row with its own score."""
    found = batch(warehouse)
    expected = scores(fit(registered, "deployed_artifact"), warehouse, "select * from demo__due order by random()")
    assert {row["id"]: row["score"] for row in found} == pytest.approx(expected, abs=1e-12)
    assert len(found) == len(expected) == 86
    assert {(r["batch_as_of"], r["model_version"], r["batch_id"]) for r in found} == {
        (NOON, registered["model_version"], by_hand(registered))
    }
    as_of = dict(warehouse.execute("select id, as_of from demo__due").fetchall())
    assert {row["id"]: row["as_of"] for row in found} == as_of
    assert len({row["predicted_at"] for row in found}) == 1


def test_what_identifies_a_batch(warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]) -> None:
    """The model's bytes, the rows and the time: another of each is another batch, the same of all is none."""
    own = by_hand(registered)
    assert batch(warehouse, own) == []
    assert len(batch(warehouse, "another")) == 86
    for change, expected in (
        ("batch_as_of = batch_as_of + interval 1 second", by_hand(registered, batch_as_of=NOON + SECOND)),
        ("scoring_set_id = 'other'", by_hand(registered, "other", NOON + SECOND)),
    ):
        warehouse.execute(f"update demo__due set {change}")
        assert {row["batch_id"] for row in batch(warehouse, own)} == {expected}
    tested = {**registered, "deployed_artifact": None, "deployed_artifact_sha256": None}
    register(warehouse, tested)
    (found,) = {row["batch_id"] for row in batch(warehouse, own)}
    assert found == by_hand({"deployed_artifact_sha256": registered["artifact_sha256"]}, "other", NOON + SECOND)


def test_the_version_that_is_in_charge_scores(warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]) -> None:
    others = [{**registered, "model_version": name, "artifact": b"damaged"} for name in ("earlier", "later")]
    register(warehouse, others[0], registered, others[1])
    assert {row["model_version"] for row in batch(warehouse)} == {registered["model_version"]}


def test_a_set_without_rows_is_no_batch(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from demo__due")
    assert batch(warehouse) == []


def test_features_that_are_gone(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("alter table demo__due drop column b")
    with pytest.raises(InsituError, match="was trained with `b`, which `demo__features` no longer has"):
        batch(warehouse)


def node(connection: duckdb.DuckDBPyConnection, incremental: bool) -> int:
    dbt = SimpleNamespace(this=This("demo__predictions"), is_incremental=incremental)
    named = [connection.sql(f"select * from demo__{name}") for name in ("due", "models", "champion")]
    batches = connection.sql("select 1 as batch_id")
    return int(predict(dbt, connection, {"ml": META}, *named, batches).read_all().num_rows)


def test_the_node_adds_what_its_table_does_not_have(
    warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]
) -> None:
    warehouse.execute("create table demo__predictions as select 'another' as batch_id")
    assert node(warehouse, incremental=True) == 86
    warehouse.execute(f"insert into demo__predictions values ('{by_hand(registered)}')")
    assert node(warehouse, incremental=True) == 0
    # built anew, what is there does not count
    assert node(warehouse, incremental=False) == 86


def heldout(connection: duckdb.DuckDBPyConnection, incremental: bool = False) -> list[dict[str, Any]]:
    dbt = SimpleNamespace(this=This("demo__heldout_predictions"), is_incremental=incremental)
    named = [connection.sql(f"select * from demo__{name}") for name in ("training_set", "snapshots", "models")]
    found: list[dict[str, Any]] = predict_heldout(dbt, connection, {"ml": META}, *named).read_all().to_pylist()
    return found


def test_held_out_rows_are_scored_by_the_fit_that_has_not_seen_them(
    warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]
) -> None:
    warehouse.execute("insert into demo__snapshots select * replace ('another' as snapshot_id) from demo__snapshots")
    found = heldout(warehouse)
    for split, name in (("validation", "validation_artifact"), ("test", "artifact")):
        of_split = f"select * from demo__training_set where split = '{split}'"
        expected = scores(fit(registered, name), warehouse, of_split)
        assert {row["id"]: row["score"] for row in found if row["split"] == split} == pytest.approx(expected, abs=1e-12)
    assert len(found) == 180, "no other row"
    labels = dict(warehouse.execute("select id, cast(y as double) from demo__training_set").fetchall())
    assert all(row["label"] == labels[row["id"]] for row in found)


def test_which_versions_are_compared_on_which_rows(
    warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]
) -> None:
    """Those of this snapshot on both splits, others up to its moment on the test; on nothing those of a later one,
    those that were fitted to rows of this test, and failed ones."""
    named = {
        "earlier": {"snapshot_id": "s0", "training_as_of": TRAINED - SECOND},
        "same_time": {"snapshot_id": "s0", "training_as_of": TRAINED},
        "shorter_test": {"snapshot_id": "s3", "training_as_of": TRAINED},
        "later": {"snapshot_id": "s2", "training_as_of": TRAINED + SECOND},
        "failed": {"status": "failed", "artifact": None},
        "gone": {"signature": registered["signature"].replace('"b"', '"gone"')},
        "done": {},
        "done_elsewhere": {},
    }
    register(warehouse, registered, *({**registered, "model_version": name, **own} for name, own in named.items()))
    # The same rows, before a feature was added; and all of them fitted to, but for the last.
    warehouse.execute(
        "insert into demo__snapshots select * replace ('s0' as snapshot_id) from demo__snapshots where split <> 'test' "
        "union all select * replace ('s3' as snapshot_id, 'train' as split) from demo__snapshots "
        "where as_of < (select max(as_of) from demo__snapshots)"
    )
    warehouse.execute(
        "create table demo__heldout_predictions as select * from (values ('done', 's1'), ('done_elsewhere', 's0')) "
        "as done (model_version, snapshot_id)"
    )
    found = heldout(warehouse, incremental=True)
    assert {(row["model_version"], row["split"]) for row in found} == {
        (registered["model_version"], "validation"),
        (registered["model_version"], "test"),
        ("earlier", "test"),
        ("same_time", "test"),
        ("done_elsewhere", "validation"),
        ("done_elsewhere", "test"),
    }
    assert {row["snapshot_id"] for row in found} == {"s1"}


def test_an_empty_training_set(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from demo__training_set")
    with pytest.raises(InsituError, match="`demo__training_set` is empty"):
        heldout(warehouse)


def test_the_ledger_of_a_batch(warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]) -> None:
    warehouse.execute("update demo__due set city = 'paris' where id < 14")
    ((missing,),) = warehouse.execute("select count(*) from demo__due where a is null").fetchall()
    written, (row,) = predictions(warehouse)
    scored_by = {each["score"] for each in written}
    expected = {
        "batch_id": by_hand(registered),
        "batch_as_of": NOON,
        "model_version": registered["model_version"],
        "artifact_sha256": registered["deployed_artifact_sha256"],
        "scoring_set_id": "set",
        "is_shadow": 0,
        "status": "published",
        "n_rows": 86,
        "n_written": 86,
        "min_score": min(scored_by),
        "max_score": max(scored_by),
        "n_unseen": 2,
        "predicted_at": written[0]["predicted_at"],
    }
    assert {name: row[name] for name in expected} == expected
    assert row["n_missing"] == missing > 0


def test_a_key_that_comes_twice_refuses_the_batch(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("insert into demo__due select * from demo__due where id < 14")
    with pytest.raises(InsituError, match=r"`demo__due` has 2 rows more than keys \(id, as_of\)"):
        batch(warehouse)


def test_challengers_score_the_same_rows_in_shadow(
    warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]
) -> None:
    """Side by side, in batches of their own; a version is not in shadow where it is in charge."""
    other = {**registered, "model_version": "other", "deployed_artifact": None, "deployed_artifact_sha256": None}
    register(warehouse, registered, other)
    warehouse.execute("update demo__due set model_version = 'other' where id < 14")
    written, rows = predictions(warehouse, shadows=["other"])
    assert {(row["model_version"], row["is_shadow"], row["n_rows"]) for row in rows} == {
        (registered["model_version"], 0, 84),
        ("other", 0, 2),
        ("other", 1, 84),
    }
    assert len({row["batch_id"] for row in rows}) == 3
    expected = scores(fit(registered, "artifact"), warehouse, "select * from demo__due")
    of = {row["batch_id"]: row["is_shadow"] for row in rows}
    for is_shadow, ids in ((0, {0, 7}), (1, set(expected) - {0, 7})):
        found = {
            each["id"]: each["score"]
            for each in written
            if each["model_version"] == "other" and of[each["batch_id"]] == is_shadow
        }
        assert found == pytest.approx({id: expected[id] for id in ids}, abs=1e-12)


def test_a_part_of_what_is_due_is_another_batch(warehouse: duckdb.DuckDBPyConnection) -> None:
    _, (whole,) = predictions(warehouse)
    _, (part,) = predictions(warehouse, {whole["batch_id"]}, where="id < 14")
    assert part["n_rows"] == 2 and part["batch_id"] != whole["batch_id"]
    assert predictions(warehouse, {part["batch_id"]}, where="id < 14") == ([], [])


def test_a_variant_in_shadow_has_rows_of_its_own(
    warehouse: duckdb.DuckDBPyConnection, registered: dict[str, Any]
) -> None:
    """One version of record for all rows and in shadow for some, another in shadow alone; batches say so."""
    own, other = registered["model_version"], "other_version"
    deployed = {f"deployed_artifact{part}": registered[f"artifact{part}"] for part in ("", "_sha256")}
    register(warehouse, registered, registered | {"model_version": other, **deployed})
    warehouse.execute("alter table demo__due add column is_shadow integer default 0")
    for version, divisor in ((own, 2), (other, 3)):
        warehouse.execute(
            f"insert into demo__due select * replace ('{version}' as model_version, 1 as is_shadow) from demo__due "
            f"where is_shadow = 0 and id % {divisor} = 0"
        )
    trial = {
        "name": "beside",
        "from": "2020-06-01",
        "shadow": True,
        "variants": [{"name": "a"}, {"name": "b", "model": other}],
    }
    measured = {"metrics": [{"name": "m", "kind": "mean", "value": "y", "role": "primary"}]}
    config = parse(META | {"experiments": [trial | measured | {"ramp": [{"after": 0, "shares": {"b": 0.5}}]}]}, "demo")
    named = [warehouse.sql(f"select * from demo__{name}") for name in ("due", "models", "champion")]
    found = predict_due(config, "demo", *named, set())
    written = found.rows.read_all().to_pylist()
    rows = {}
    for batch in ledger.as_table(found.batches).to_pylist():
        ids = {row["id"] for row in written if row["batch_id"] == batch["batch_id"]}
        rows[batch["model_version"], batch["is_shadow"]] = ids
    every = set(range(0, 600, 7))
    assert rows == {
        (own, 0): every,
        (own, 1): {id for id in every if id % 2 == 0},
        (other, 1): {id for id in every if id % 3 == 0},
    }
    assert len(written) == sum(map(len, rows.values()))
