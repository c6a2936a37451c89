"""A registered row is the model that its split asks for, checked before it is loaded and before it scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from insitu.errors import InsituError
from insitu.registry import artifact
from insitu.registry.model import Model
from insitu.registry.signature import Signature
from insitu.training.fitting.frame import Feature
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

FLAT = {"name": "flat", "family": "linear_regression", "quantiles": [0.1, 0.9], "max_rows": 60}


class Line:
    """A regressor whose answer is a slope of x, and a classifier with three classes."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def predict(self, frame: Any) -> Any:
        return self.slope * frame["x"].to_numpy()

    def predict_proba(self, frame: Any) -> Any:
        return np.tile([0.2, 0.3, 0.5], (len(frame), 1))


def made(task: str = "regression", estimator: Any = None, **signature: Any) -> Model:
    return Model("m_1", task, Signature(task, [Feature("x", "number", "double")], **signature), estimator or Line(2.0))


@pytest.fixture(scope="module")
def row() -> dict[str, Any]:
    table = snapshot(300, task="regression").drop_columns(["city"])
    config = ml(FLAT, task="regression", training={"refit": "everything"})
    (found,) = train(config, "demo", table, progress=silent).to_pylist()
    return dict(found)


def test_each_split_has_the_model_that_is_its_own(row: dict[str, Any]) -> None:
    test = snapshot(300, task="regression").slice(200)
    by_split = {split: Model.from_row(row, split).predict(test) for split in ("validation", "test", "deployed", None)}
    np.testing.assert_array_equal(by_split["test"], by_split[None])
    for name, column in (
        ("validation", "validation_artifact"),
        ("test", "artifact"),
        ("deployed", "deployed_artifact"),
    ):
        estimator = artifact.loads(row[column], row[f"{column}_sha256"], row["library_versions"])
        frame = Signature.from_json(row["signature"]).frame(test)
        np.testing.assert_array_equal(by_split[name], estimator["score"].predict(frame))
    assert len({row["artifact_sha256"], row["validation_artifact_sha256"], row["deployed_artifact_sha256"]}) == 3
    without = row | {"validation_artifact": None, "deployed_artifact": None}
    for split in ("validation", "deployed"):
        np.testing.assert_array_equal(Model.from_row(without, split).predict(test), by_split["test"])


@pytest.mark.parametrize("split", ["validation", "test", "deployed"])
def test_each_artifact_has_a_hash_of_its_own(row: dict[str, Any], split: str) -> None:
    column = "artifact" if split == "test" else f"{split}_artifact"
    with pytest.raises(InsituError, match="bytes were changed after training"):
        Model.from_row(row | {column: row[column] + b"0"}, split)
    other = {name: "0" * 64 for name in row if name.endswith("_sha256") and name != f"{column}_sha256"}
    Model.from_row(row | other, split)


@pytest.mark.parametrize("change", [{"status": "failed", "message": "why"}, {"artifact": None, "message": "why"}])
def test_a_row_without_a_model_says_so(row: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(InsituError, match=r"has no artifact: its status is '\w+' \(why\)"):
        Model.from_row(row | change)


def test_input_is_checked_before_it_is_scored() -> None:
    for score in (made().predict, made(quantiles=[0.5]).predict_quantiles):
        with pytest.raises(InsituError, match=r"orders \(2 rows\) lacks 1 of the model's 1 columns: x"):
            score(pa.table({"z": [1.0, 2.0]}), "orders")
    reader = pa.table({"x": ["a"]}).to_reader()
    with pytest.raises(InsituError, match="orders: column `x` is string"):
        next(made().predict_batches(reader, "orders"))


def test_a_stream_is_scored_batch_by_batch() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0]})
    scored = list(made().predict_batches(pa.RecordBatchReader.from_batches(table.schema, table.to_batches(2))))
    assert [(batch["x"].to_pylist(), scores.tolist()) for batch, scores in scored] == [
        ([1.0, 2.0], [2.0, 4.0]),
        ([3.0], [6.0]),
    ]


def test_nothing_to_score_has_the_shape_of_something() -> None:
    nothing = pa.table({"x": pa.array([], pa.float64())})
    assert made().predict(nothing).shape == (0,)
    assert made("multiclass", classes=["a", "b", "c"]).predict(nothing).shape == (0, 3)
    assert made("multiclass", classes=["a", "b", "c"]).predict(pa.table({"x": [1.0]})).shape == (1, 3)
    assert made(quantiles=[0.1, 0.9]).predict_quantiles(nothing).shape == (0, 2)


def test_quantiles_are_in_their_order_and_never_cross() -> None:
    lines = {"score": Line(9.0), "0.1": Line(1.0), "0.5": Line(-2.0), "0.9": Line(3.0)}
    model = made(estimator=lines, quantiles=[0.1, 0.5, 0.9])
    rows = pa.table({"x": [1.0, -1.0]})
    assert model.predict_quantiles(rows).tolist() == [[-2.0, 1.0, 3.0], [-3.0, -1.0, 2.0]]
    assert model.predict(rows).tolist() == [9.0, -9.0]
    with pytest.raises(InsituError, match="`m_1` has no quantiles; set `quantiles` of its candidate and train again"):
        made().predict_quantiles(rows)


def test_types_of_the_projects_own_are_trusted_if_it_says_so() -> None:
    table = snapshot(300)
    own = {"name": "own", "family": "custom", "estimator": "tests.unit.registry.test_artifact.Own"}
    name = "tests.unit.registry.test_artifact.Own"
    (refused,) = train(ml(own), "demo", table, progress=silent).to_pylist()
    assert refused["status"] == "failed" and f"holds {name}" in refused["message"]
    (found,) = train(ml(own, trusted_types=[name]), "demo", table, progress=silent).to_pylist()
    test = table.filter(pc.equal(table["split"], "test"))
    assert Model.from_row(found, trusted=[name]).predict(test).shape == (test.num_rows,)
    assert Model.from_row(found, "validation", trusted=[name]).predict(test).shape == (test.num_rows,)
    with pytest.raises(InsituError, match="outside the allow-list"):
        Model.from_row(found)
