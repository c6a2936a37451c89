"""The names that the loop keeps for itself: one list in the scaffold and in the macros, and one error each."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from dbt_common.exceptions import CompilationError

from insitu.scaffold.names import RESERVED
from tests.unit.metrics.render import render

RELATION = SimpleNamespace(identifier="churn__features")
CONFIG = {"label": "is_late", "key": ["customer", "as_of"], "entity": ["customer"], "slices": []}


def features(*columns: str, key: tuple[str, ...] = ("customer", "as_of")) -> None:
    render("duckdb", "check_features", relation=RELATION, columns=[*key, *columns], key=list(key), config=CONFIG)


def declared(**changes: object) -> None:
    config = CONFIG | changes
    config["key"] = [*config["entity"], "as_of"]  # type: ignore[misc]
    render("duckdb", "check_declared_names", use_case="churn", config=config)


def test_scaffold_and_macros_reserve_the_same() -> None:
    beside_key = set(render("duckdb", "reserved_columns", beside="key"))
    assert beside_key | {"as_of"} == RESERVED
    assert set(render("duckdb", "reserved_columns", beside="features")) < beside_key


@pytest.mark.parametrize(
    "column", ["split", "Snapshot_Id", "training_as_of", "matured_at", "scoring_set_id", "batch_as_of", "batch_id"]
)
def test_a_feature_called_like_a_column_of_the_loop_is_refused_with_the_list(column: str) -> None:
    with pytest.raises(CompilationError) as error:
        features("amount", column)
    said = str(error.value)
    assert f"`churn__features` has the feature `{column}`, and the loop writes a column of that name" in said
    assert "reserved are batch_as_of, batch_id," in said and "training_as_of." in said


@pytest.mark.parametrize("column", ["is_late", "IS_LATE"])
def test_a_feature_called_like_the_label_is_refused(column: str) -> None:
    with pytest.raises(CompilationError, match=f"has the feature `{column}`, which is the name of the label"):
        features(column)


@pytest.mark.parametrize("column", ['say "no"', "two\nlines", "bell\x07"])
def test_a_name_that_dbt_would_break_is_refused(column: str) -> None:
    with pytest.raises(CompilationError, match="may have no double quote and no line break"):
        features(column)


def test_names_that_differ_in_case_are_one_for_duckdb() -> None:
    with pytest.raises(CompilationError, match="the features `Amount` and `amount`, which are one name where case"):
        features("Amount", "amount")


def test_all_else_is_allowed() -> None:
    features("order", "it's", "x' || 'y", "score", "class", "ünï", "a" * 63, "as")


@pytest.mark.parametrize("column", ["label", "score", "Action", "batch_id", "position", "total"])
def test_an_entity_called_like_a_column_of_the_loop_is_refused(column: str) -> None:
    with pytest.raises(
        CompilationError, match=f"`churn__models`: meta.ml has the entity `{column}`, and the loop writes"
    ):
        declared(entity=[column])


def test_what_a_declaration_puts_beside_the_score_is_no_name_for_an_entity() -> None:
    columns = ["Reason_1", "reason_2_contribution", "score_p10"]
    for column in columns:
        declared(entity=[column])
        with pytest.raises(CompilationError, match=f"has the entity `{column}`, and the loop writes"):
            declared(entity=[column], scoring={"reasons": 2}, candidates=[{"quantiles": [0.1]}])


@pytest.mark.parametrize("changes", [{"label": "customer"}, {"label": "as_of"}, {"entity": ["customer", "Customer"]}])
def test_a_column_that_is_two_things_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CompilationError, match="twice, among entity, as_of and label"):
        declared(**changes)


def test_a_label_may_be_called_label() -> None:
    declared(label="label", slices=["group", "it's"])
