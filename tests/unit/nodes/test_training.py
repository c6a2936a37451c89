"""The node that trains: what it hands to training, what it leaves alone, and what it says of the proof."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from insitu.nodes import evidence
from insitu.nodes import train as node
from insitu.training.schema import MODELS_SCHEMA
from tests.unit.nodes.test_predicting import This
from tests.unit.proof.projects import FEATURES, GOOD, LEAK, RELATIONS, write
from tests.unit.training.example import ml, snapshot

META = ml({"name": "one", "family": "logistic_regression"}, {"name": "two", "family": "logistic_regression"})
# The package has the function of this module under the same name.
train_module: Any = importlib.import_module("insitu.nodes.train")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.register("given", snapshot(60))
        opened.execute("create table demo__training_set as select * from given")
        opened.execute(
            "create table demo__snapshots as select * from given union all "
            "select * replace ('another' as snapshot_id) from given"
        )
        yield opened


def version(name: str, **settings: Any) -> dict[str, Any]:
    """A registered version."""
    texts = {field.name: f"{field.name} of {name}" for field in MODELS_SCHEMA if field.type == pa.string()}
    found = {field.name: None for field in MODELS_SCHEMA} | texts
    found |= dict.fromkeys(("training_as_of", "created_at"), datetime(2020, 6, 1))
    found |= {"model_version": name, "snapshot_id": "s1", "status": "trained", "training_key": name}
    return found | {"point_in_time": "proved", "point_in_time_message": None} | settings


class Training:
    """Stands in the place of what fits models, and of the proof."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, verdict: tuple[str, str | None], *new: dict[str, Any]) -> None:
        self.given: pa.Table | None = None
        self.existing: set[str] = set()
        self.asked = 0

        def fit(ml: Any, use_case: str, rows: pa.RecordBatchReader, existing: set[str], checkpoints: Any) -> pa.Table:
            self.given, self.existing = rows.read_all(), existing
            return pa.Table.from_pylist([*new], MODELS_SCHEMA)

        def proof(query: Any, use_case: str) -> tuple[str, str | None]:
            self.asked += 1
            assert use_case == "demo" and query("select 1 as one").to_pylist() == [{"one": 1}]
            return verdict

        monkeypatch.setattr(train_module, "train_candidates", fit)
        monkeypatch.setattr(train_module, "point_in_time", proof)
        monkeypatch.setattr(train_module, "checkpoints", lambda: None)


def run(connection: duckdb.DuckDBPyConnection, *registered: dict[str, Any], incremental: bool = True) -> dict[str, Any]:
    connection.register("versions", pa.Table.from_pylist([*registered], MODELS_SCHEMA))
    connection.execute("create or replace table demo__models as select * from versions")
    dbt = SimpleNamespace(this=This("demo__models"), is_incremental=incremental)
    named = [connection.sql(f"select * from demo__{name}") for name in ("training_set", "snapshots")]
    found = node(dbt, connection, {"ml": META}, *named)
    assert found.schema.names == MODELS_SCHEMA.names
    return {row["model_version"]: (row["point_in_time"], row["point_in_time_message"]) for row in found.to_pylist()}


def test_it_trains_on_the_rows_of_the_snapshot(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Training(monkeypatch, ("proved", None), version("new"))
    assert run(connection, version("there")) == {"new": ("proved", None)}
    assert training.given is not None and training.given.num_rows == 60
    assert training.given.column_names == snapshot(1).column_names
    assert training.existing == {"there"}
    assert run(connection, version("there"), incremental=False) == {"new": ("proved", None)}
    assert training.existing == set(), "built anew, what is there does not count"


def test_a_verdict_that_is_another_is_registered_again(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = (
        version("proved"),
        version("same", point_in_time="not proved", point_in_time_message="f.x"),
        version("other_reason", point_in_time="not proved", point_in_time_message="f.y"),
        version("other_verdict", point_in_time="not checked", point_in_time_message="f.x"),
        version("unknown", point_in_time=None),
        version("failed", status="failed", point_in_time=None),
        version("of_other_rows", snapshot_id="another", point_in_time=None),
    )
    Training(monkeypatch, ("not proved", "f.x"))
    changed = dict.fromkeys(("other_reason", "other_verdict", "unknown"), ("not proved", "f.x"))
    assert run(connection, *registered) == changed
    assert run(connection, *registered, incremental=False) == {}
    Training(monkeypatch, ("proved", None))
    assert run(connection, *registered) == dict.fromkeys([*changed, "same"], ("proved", None))


def test_nothing_to_do_asks_nothing(connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(monkeypatch, ("proved", None))
    assert run(connection, version("proved")) == {} and training.asked == 0
    monkeypatch.setattr(train_module, "nothing_new", lambda *known: True)
    monkeypatch.setattr(train_module, "Checkpoint", lambda folder: SimpleNamespace(forget=lambda keys: None))
    training = Training(monkeypatch, ("proved", None), version("new"))
    assert run(connection, version("unknown", point_in_time=None)) == {"unknown": ("proved", None)}
    assert training.given is None, "nothing was trained"


@pytest.mark.parametrize(
    ("sql", "other", "verdict"),
    [
        (GOOD, GOOD, ("proved", None)),
        (LEAK, GOOD, ("not proved", "demo__training_set.orders, feat_orders.orders")),
        (GOOD, LEAK, ("proved", None)),  # a model that the training set does not read
    ],
)
def test_the_verdict_is_that_of_what_the_training_set_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, other: str, verdict: tuple[str, str | None]
) -> None:
    models = {
        "feat_orders": {"sql": sql, "point_in_time": FEATURES},
        "feat_others": {"sql": other, "point_in_time": FEATURES},
        "demo__training_set": {
            "sql": 'select visit_id, as_of, orders from "db"."main"."feat_orders"',
            "point_in_time": FEATURES,
        },
    }
    target = write(tmp_path, RELATIONS, models)
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["nodes"]["model.demo__training_set"]["depends_on"] = {"nodes": ["model.feat_orders"]}
    (target / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(evidence, "target_path", lambda: target)
    found = evidence.point_in_time(lambda sql: pa.table({}), "demo")
    assert found == verdict
    (target / "manifest.json").unlink()
    assert evidence.point_in_time(lambda sql: pa.table({}), "demo") == ("not checked", "there is no dbt manifest")
