"""A batch becomes a frame only if it has the columns and types that the model was trained on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insitu.errors import InsituError
from insitu.registry.signature import Signature
from insitu.training.fitting.frame import Feature, numbers, strings

SIGNATURE = Signature(
    "binary", [Feature("x", "number", "double"), Feature("c", "category", "string"), Feature("k", "category", "int64")]
)


def batch(**columns: object) -> pa.Table:
    return pa.table({"x": [1.0], "c": ["a"], "k": [1], **columns})


def test_survives_the_registry() -> None:
    assert Signature.from_json(SIGNATURE.to_json()) == SIGNATURE


def test_missing_column_is_named_with_table_and_rows() -> None:
    with pytest.raises(InsituError, match=r"`s__scoring_set` \(1 rows\) lacks 1 of the model's 3 columns: c"):
        SIGNATURE.validate(batch().drop(["c"]).schema, "`s__scoring_set`", 1)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("x", ["1.0"], "column `x` is string, the model was trained on double"),
        ("x", [datetime(2024, 1, 1)], r"column `x` is timestamp\[us\], the model was trained on double"),
        ("k", [datetime(2024, 1, 1)], r"column `k` is timestamp\[us\], the model was trained on int64"),
        ("c", [["a"]], "column `c` is list<.*>, the model was trained on string"),
    ],
)
def test_wrong_type_is_named(column: str, values: list[object], message: str) -> None:
    with pytest.raises(InsituError, match=message):
        SIGNATURE.validate(batch(**{column: values}).schema)


def test_at_most_eight_columns_are_named() -> None:
    wide = [f"x{i}" for i in range(8)]
    signature = Signature("binary", [Feature(name, "number", "double") for name in wide])
    message = rf"lacks 8 of the model's 8 columns: {', '.join(wide)} \(it has: x, c, k\)"
    with pytest.raises(InsituError, match=message):
        signature.validate(batch().schema)
    longer = Signature("binary", [Feature(f"x{i}", "number", "double") for i in range(9)])
    with pytest.raises(InsituError, match=rf"columns: {', '.join(wide)}, … \(it has"):
        longer.validate(batch().schema)


def test_other_numeric_types_all_null_and_extra_columns_are_fine() -> None:
    for x in (pa.array([1], pa.int32()), pa.array([True]), pa.array([Decimal("1.5")]), pa.nulls(1)):
        table = batch(x=x, more=["ignored"])
        SIGNATURE.validate(table.schema)
        assert list(SIGNATURE.frame(table).columns) == ["x", "c", "k"]


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))))
def test_numbers_keep_finite_values_and_make_the_rest_missing(values: list[float | None]) -> None:
    expected = [np.nan if v is None or not np.isfinite(v) else v for v in values]
    np.testing.assert_array_equal(numbers(pa.array(values, pa.float64())), np.array(expected, dtype=float))


@given(st.lists(st.one_of(st.none(), st.text(max_size=3))), st.booleans())
def test_strings_are_those_of_arrow(values: list[str | None], encoded: bool) -> None:
    column = pa.array(values, pa.string())
    result = strings(column.dictionary_encode() if encoded else column)
    assert [None if isinstance(v, float) else v for v in result] == values


def test_a_dictionary_may_have_null_among_its_values() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 2]), pa.array(["a", None, "b"]))
    found = strings(column)
    assert [None if isinstance(value, float) and np.isnan(value) else value for value in found] == [
        None,
        "a",
        None,
        "b",
    ]
    assert not any(value is None for value in found), "missing is NaN, as pandas and scikit-learn have it"


def test_sliced_arrays_are_read_from_their_slice() -> None:
    assert strings(pa.array(["a", "b", None, "d"]).slice(1, 3))[[0, 2]].tolist() == ["b", "d"]
    assert numbers(pa.array([1, 2, None]).slice(1, 2))[0] == 2.0


def test_integers_declared_as_categories_become_their_text() -> None:
    frame = SIGNATURE.frame(batch(k=pa.array([7])))
    assert frame["k"].tolist() == ["7"] and frame["k"].dtype == object


def test_timestamps_are_seconds() -> None:
    column = pa.array([pd.Timestamp("1970-01-02")], pa.timestamp("us"))
    assert numbers(column).tolist() == [86400.0]
