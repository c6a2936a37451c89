"""Data that no honest model can come from is refused with its name, the finding and the next step."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insitu.errors import ConfigurationError, InsituError
from insitu.registry.model import Model
from insitu.training.schema import MODELS_SCHEMA
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot


def run(table: pa.Table, *candidates: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    return train(ml(*candidates, **settings), "demo", table, progress=lambda line: None).to_pylist()


def put(table: pa.Table, name: str, values: Any) -> pa.Table:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if name in table.column_names:
        return table.set_column(table.schema.get_field_index(name), name, array)
    return table.append_column(name, array)


def test_one_class(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="`demo__snapshots`: label `y` has one class only \\(True\\)"):
        run(put(table, "y", [True] * table.num_rows))


def test_null_label(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="NULL in 1,0"):
        run(put(table, "y", pa.nulls(table.num_rows, pa.bool_())))


def test_text_label_of_a_binary_task(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="make it boolean or 0/1"):
        run(put(table, "y", ["yes", "no"] * (table.num_rows // 2)))


def test_too_few_rows(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="has 30 rows with split 'train', training needs at least 50"):
        run(table.slice(0, 30))


def test_no_rows(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="has 0 rows with split 'train'"):
        run(table.slice(0, 0))


def test_duplicated_keys(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="3 keys occur more than once, for example id = "):
        run(pa.concat_tables([table, table.slice(5, 3)]))


def test_missing_key_column(table: pa.Table) -> None:
    with pytest.raises(InsituError, match=r"has no column `as_of` \(it has: .*set `meta.ml.as_of`"):
        run(table.rename_columns(["at" if name == "as_of" else name for name in table.column_names]))


def test_two_snapshots_at_once(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="2 values of `snapshot_id`"):
        run(put(table, "snapshot_id", ["s1", "s2"] * (table.num_rows // 2)))


def test_timestamp_feature_needs_declaring(table: pa.Table) -> None:
    odd = put(table, "booked_at", table["as_of"])
    with pytest.raises(InsituError, match=r"`booked_at` is timestamp.*subtract it from as_of"):
        run(odd)
    (row,) = run(odd, features={"timestamps": ["booked_at"]})
    assert "booked_at" in [feature["name"] for feature in json.loads(row["signature"])["features"]]


def test_nested_feature_is_refused(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="a feature is a number, a boolean or a string"):
        run(put(table, "tags", [["x"]] * table.num_rows))


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_label_in_disguise(task: str) -> None:
    table = snapshot(task=task)
    y = table["y"].to_pandas()
    codes = y.map({"low": 5, "mid": 1, "high": 9}) if task == "multiclass" else y * 2 - 7
    leaky = put(table, "z", pa.array(codes.astype(float)))
    candidate = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 5}}
    with pytest.raises(InsituError, match="feature `z` tells the label `y` almost perfectly"):
        run(leaky, candidate, task=task)
    assert run(leaky, candidate, task=task, features={"not_leaking": ["z"]})[0]["status"] == "trained"


def test_label_among_the_features(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="the label `y` is listed among the features"):
        train(ml(), "demo", table, feature_columns=["a", "y"])


def test_constant_and_null_features_are_dropped_with_a_note(table: pa.Table) -> None:
    odd = put(put(table, "k", [7] * table.num_rows), "void", pa.nulls(table.num_rows))
    (row,) = run(odd)
    assert row["message"] == "dropped 2 features: k (constant (7.0)), void (all NULL)"
    signature = json.loads(row["signature"])
    assert "k" not in [feature["name"] for feature in signature["features"]]
    Model.from_row(row).predict(table)  # neither is asked for when scoring


def test_infinite_is_missing(table: pa.Table) -> None:
    values = table["b"].to_numpy().copy()
    values[:200:3] = np.inf
    values[1:200:3] = -np.inf
    missing = np.where(np.isinf(values), np.nan, values)
    (a,), (b,) = run(put(table, "b", values)), run(put(table, "b", missing))
    assert a["artifact_sha256"] == b["artifact_sha256"]


def test_a_crashing_candidate_leaves_a_row_and_the_others_go_on(table: pa.Table) -> None:
    bad = {"name": "bad", "family": "hist_gradient_boosting", "parameters": {"learning_rate": -1.0}}
    ensemble = {"name": "both", "family": "average", "members": ["bad", "good"]}
    rows = run(table, ensemble, bad, {"name": "good", "family": "logistic_regression"})
    status = {row["candidate"]: row["status"] for row in rows}
    assert status == {"bad": "failed", "good": "trained", "both": "failed"}
    assert "learning_rate" in rows[0]["message"]
    assert "its member `bad` failed" in rows[2]["message"]
    with pytest.raises(InsituError, match="has no artifact: its status is 'failed'"):
        Model.from_row(rows[0])


def test_unknown_class_in_class_weight(table: pa.Table) -> None:
    candidate = {"name": "one", "family": "logistic_regression", "class_weight": {"perhaps": 2.0}}
    (row,) = run(table, candidate)
    assert row["status"] == "failed" and "class_weight names 'perhaps'; the classes are: 0, 1" in row["message"]


def test_nothing_to_do_returns_the_schema(table: pa.Table) -> None:
    config = ml()
    keys = set(train(config, "demo", table)["training_key"].to_pylist())
    again = train(config, "demo", table.to_reader(), existing=keys)
    assert again.num_rows == 0 and again.schema == MODELS_SCHEMA


def test_the_key_follows_configuration_and_snapshot(table: pa.Table) -> None:
    key = run(table)[0]["training_key"]
    assert run(table, random_state=1)[0]["training_key"] != key
    assert run(put(table, "snapshot_id", ["s9"] * table.num_rows))[0]["training_key"] != key
    # What has no influence on the fitted model does not train it again.
    assert run(table, costs={"true_positive": 3}, slices=["city"])[0]["training_key"] == key


def test_declared_column_that_does_not_exist(table: pa.Table) -> None:
    with pytest.raises(ConfigurationError, match=r"`meta\.ml\.features.exclude` names `nope`"):
        run(table, features={"exclude": ["nope"]})


def test_test_and_gap_rows_have_no_influence(table: pa.Table) -> None:
    seen = table.filter(pa.compute.not_equal(table["split"], "test"))
    assert run(table)[0]["artifact_sha256"] == run(seen)[0]["artifact_sha256"]


def test_no_feature_is_left(table: pa.Table) -> None:
    for name in ("a", "b", "noise", "n", "flag", "city"):
        table = table.drop_columns([name])
    table = put(table, "same", [1.0] * table.num_rows)
    table = put(table, "nothing", pa.nulls(table.num_rows, pa.float64()))
    with pytest.raises(InsituError, match="no feature is left: every one is constant or all NULL in the split `train`"):
        run(table)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_label_that_is_not_finite(value: float) -> None:
    table = snapshot(200, task="regression")
    labels = table["y"].to_numpy().copy()
    labels[[3, 7]] = value
    with pytest.raises(InsituError, match="`demo__snapshots`: label `y` has 2 non-finite values"):
        run(put(table, "y", labels), {"name": "linear", "family": "linear_regression"}, task="regression")


def test_a_rare_class(table: pa.Table) -> None:
    with pytest.raises(InsituError, match="class True of label `y` has 2 rows in split 'train'"):
        run(put(table, "y", [i < 2 for i in range(table.num_rows)]))


def test_classes_must_be_text_or_whole_numbers() -> None:
    table = snapshot(200, task="regression")
    with pytest.raises(InsituError, match="label `y` of a multiclass task is double; make it text or a whole number"):
        run(table, task="multiclass")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["a"]), "orders .* lacks 1 of the model's 6 columns: a "),
        (lambda table: put(table, "a", ["x"] * table.num_rows), "`a`"),
    ],
)
def test_input_that_does_not_fit_the_signature(table: pa.Table, change: Any, message: str) -> None:
    (row,) = run(table, {"name": "one", "family": "logistic_regression"})
    with pytest.raises(InsituError, match=message):
        Model.from_row(row).predict(change(table), "orders")
