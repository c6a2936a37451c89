"""A snapshot as it is read: its order, its splits, its entities, and what training saw in each feature."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from insitu.config import parse
from insitu.errors import InsituError
from insitu.training.fitting.checks import MAX_JUDGED
from insitu.training.fitting.columns import feature_columns
from insitu.training.fitting.data import Dataset, Rows, read
from tests.unit.training.example import ml

START = datetime(2024, 1, 1)
SPLITS = [
    name
    for name, rows in (("train", 60), ("validation", 10), ("refit", 10), ("gap", 5), ("test", 10), ("late", 5))
    for _ in range(rows)
]


def table(**columns: Any) -> pa.Table:
    """A hundred rows, ten a day, of seven entities on two sites; `x` counts, `c` is a letter."""
    place = np.arange(100)
    as_of = [START + timedelta(days=int(i) // 10) for i in place]
    made = {
        "snapshot_id": ["s1"] * 100,
        "training_as_of": [datetime(2024, 2, 1)] * 100,
        "id": place % 10,
        "site": np.where(place % 3 == 0, "north", "south"),
        "as_of": as_of,
        "split": SPLITS,
        "x": place.astype(float),
        "c": np.array(list("abcd"))[place % 4],
        "y": place % 5 < 2,
        "matured_at": [moment + timedelta(hours=5) for moment in as_of],
    }
    return pa.table({**made, **columns})


def dataset(given: pa.Table, **settings: Any) -> Dataset:
    return read(parse({**ml(), **settings}, "demo"), "demo__snapshots", given)


def feature(found: Dataset, name: str) -> Any:
    return next(feature for feature in found.features if feature.name == name)


def test_rows_are_in_the_order_of_time_and_entity_whatever_the_order_they_come_in() -> None:
    shuffled = table().take(np.random.default_rng(2).permutation(100))
    found = dataset(shuffled)
    assert found.rows.frame["x"].tolist() == list(range(80)), "ten a day, and of a day by entity"
    assert found.split.tolist() == SPLITS[:80]
    assert found.rows.y.tolist() == [i % 5 < 2 for i in range(80)]
    assert found.rows.as_of.tolist() == [START + timedelta(days=i // 10) for i in range(80)]
    assert found.rows.matured_at.tolist() == [START + timedelta(days=i // 10, hours=5) for i in range(80)]


@pytest.mark.parametrize(("refit", "rows"), [(False, 70), (True, 80), ("everything", 100)])
def test_the_splits_that_some_fit_takes_are_read_and_no_other(refit: Any, rows: int) -> None:
    found = dataset(table(), training={"refit": refit})
    assert found.rows.frame["x"].tolist() == list(range(rows))
    assert found.split.tolist() == SPLITS[:rows]
    assert found.train.frame["x"].tolist() == list(range(60))
    assert found.validation.frame["x"].tolist() == list(range(60, 70))
    assert found.of("refit", "validation").frame["x"].tolist() == list(range(60, min(rows, 80)))


def test_a_class_that_only_later_rows_have_is_left_out() -> None:
    later = ["new" if i >= 75 and i % 5 == 0 else "ab"[i % 7 < 3] for i in range(100)]
    found = dataset(table(y=later), task="multiclass", training={"refit": "everything"})
    assert found.classes == ["a", "b"]
    assert found.rows.frame["x"].tolist() == [i for i in range(100) if later[i] != "new"]
    shown = ["new" if i == 65 else later[i] for i in range(100)]  # validation has it: then it stays
    found = dataset(table(y=shown), task="multiclass", training={"refit": "everything"})
    assert found.classes == ["a", "b", "new"] and len(found.rows) == 100


def test_an_entity_is_all_of_its_columns() -> None:
    found = dataset(table(), entity=["id", "site"])
    sites = ["north" if i % 3 == 0 else "south" for i in range(80)]
    pairs = [(i % 10, sites[i]) for i in range(80)]
    same = [[a == b for b in pairs] for a in pairs]
    assert (found.rows.groups[:, None] == found.rows.groups[None, :]).tolist() == same


def test_a_key_is_entity_and_time() -> None:
    twice = pa.concat_tables([table(), table().slice(3, 1)])
    with pytest.raises(InsituError, match="1 keys occur more than once, for example id = 3, as_of = 2024-01-01"):
        dataset(twice)
    thrice = pa.concat_tables([twice, table().slice(3, 1)])
    with pytest.raises(InsituError, match="1 keys occur more than once"):
        dataset(thrice)


def test_one_snapshot_and_one_moment_at_a_time() -> None:
    moments = [datetime(2024, 2, 1)] * 40 + [datetime(2024, 2, 2)] * 60
    with pytest.raises(InsituError, match="brings 2 values of `training_as_of`; training takes one snapshot at a time"):
        dataset(table(training_as_of=moments))


def test_what_training_saw_in_a_feature_is_of_the_split_train_alone() -> None:
    x: list[float | None] = [float(i) for i in range(100)]
    x[5:20] = [None] * 15
    later = ["z" if i >= 60 else "ab"[i % 2 - 1] for i in range(100)]
    found = dataset(
        table(x=x, c=later, d=[7.0 if i < 60 else float(i) for i in range(100)], y=[i % 5 < 2 for i in range(100)])
    )
    number, category = feature(found, "x"), feature(found, "c")
    assert (number.kind, number.min, number.max, number.null_fraction) == ("number", 0.0, 59.0, 0.25)
    assert (category.kind, category.categories, category.n_categories) == ("category", ["a", "b"], 2)
    assert found.dropped == [{"name": "d", "reason": "constant (7.0)"}]
    assert "d" not in found.rows.frame


def test_a_constant_that_is_missing_now_and_then_says_something() -> None:
    found = dataset(table(flag=[None if i % 7 == 0 else 1.0 for i in range(100)], void=pa.nulls(100)))
    assert feature(found, "flag").min == 1.0
    assert found.dropped == [{"name": "void", "reason": "all NULL"}]


@pytest.mark.parametrize(("number", "listed"), [(1000, True), (1001, False)])
def test_at_most_a_thousand_categories_are_listed(number: int, listed: bool) -> None:
    rows = 2002
    place = np.arange(rows)
    wide = pa.table(
        {
            "snapshot_id": ["s1"] * rows,
            "training_as_of": [datetime(2024, 2, 1)] * rows,
            "id": place,
            "as_of": [START] * rows,
            "split": ["train"] * rows,
            "c": [f"c{i % number}" for i in place],
            "y": place < 900,
            "matured_at": [START] * rows,
        }
    )
    found = feature(dataset(wide), "c")
    assert found.n_categories == number
    assert (found.categories is not None) == listed


def test_classes_are_in_the_order_of_their_names() -> None:
    names = ["mid", "low", "high"]
    found = dataset(table(y=[names[i % 3] for i in range(100)]), task="multiclass")
    assert found.classes == ["high", "low", "mid"]
    assert found.rows.y[:3].tolist() == [2, 1, 0]


def test_a_sample_is_even_and_has_the_first_and_the_last() -> None:
    rows: Rows = dataset(table()).rows
    assert rows.sample(None) is rows and rows.sample(80) is rows and rows.sample(81) is rows
    assert rows.sample(3).frame["x"].tolist() == [0, 39, 79]
    assert len(rows.sample(79)) == 79


def kinds(given: pa.Table, columns: list[str] | None = None, **settings: Any) -> dict[str, str]:
    return dict(feature_columns(parse({**ml(), **settings}, "demo"), "demo__snapshots", given.schema, columns))


def test_which_columns_are_features_and_of_what_kind() -> None:
    given = table(
        batch_as_of=[START] * 100,
        whole=pa.array(range(100), pa.int32()),
        yes=[True] * 100,
        text=pa.array(["a"] * 100).dictionary_encode(),
        long=pa.array(["a"] * 100, pa.large_string()),
        price=pa.array(range(100), pa.decimal128(9, 2)),
        void=pa.nulls(100),
        booked=[START.date()] * 100,
    )
    declared = {"features": {"timestamps": ["booked"], "categorical": ["whole"], "exclude": ["x"]}}
    assert kinds(given, **declared) == {
        "site": "category",
        "c": "category",
        "whole": "category",
        "yes": "number",
        "text": "category",
        "long": "category",
        "price": "number",
        "void": "number",
        "booked": "timestamp",
    }
    assert kinds(given, ["yes", "c"]) == {"yes": "number", "c": "category"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["x", "y"], "the label `y` is listed among the features"),
        (["x", "as_of"], "`as_of` is a key or a time, it cannot be a feature"),
        (["x", "split"], "`split` is a key or a time"),
        (["x", "id"], "`id` is a key or a time"),
        (["x", "nope"], "has no column `nope`, which is listed among the features"),
        ([], "has no feature columns beside keys, times, split and label"),
    ],
)
def test_columns_that_cannot_be_features(columns: list[str], message: str) -> None:
    with pytest.raises(InsituError, match=message):
        kinds(table(), columns)


def split(train: int, label: list[Any]) -> pa.Table:
    return table(split=["train"] * train + ["validation"] * (100 - train), y=label)


def test_fifty_rows_teach_and_forty_nine_do_not() -> None:
    label = [i % 5 < 2 for i in range(100)]
    assert len(dataset(split(50, label)).train) == 50
    with pytest.raises(InsituError, match="has 49 rows with split 'train', training needs at least 50"):
        dataset(split(49, label))


COUNTS = {"features": {"not_leaking": ["x"]}}


def test_five_rows_of_each_class_teach_and_four_do_not() -> None:
    assert len(dataset(split(60, [i < 5 or i > 70 for i in range(100)]), **COUNTS).train) == 60
    with pytest.raises(InsituError, match="class True of label `y` has 4 rows in split 'train', training needs at"):
        dataset(split(60, [i < 4 or i > 70 for i in range(100)]))
    with pytest.raises(InsituError, match="has one class only \\(False\\) in 60 rows"):
        dataset(split(60, [i > 70 for i in range(100)]))


def test_one_label_that_is_missing_is_one_too_many() -> None:
    with pytest.raises(InsituError, match="label `y` is NULL in 1 of 80 rows"):
        dataset(table(y=[None, *(i % 5 < 2 for i in range(99))]))


RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=400)
Y = NOISE + RANDOM.normal(size=400) > 0
CENTS = np.round(NOISE * 100)


def leaks(column: Any, label: Any = Y, **settings: Any) -> str | None:
    """The reason why a feature is refused, judged on the split train: 400 rows; 20 more make it look honest."""
    rows = len(label) + 20
    as_of = [START + timedelta(hours=i) for i in range(rows)]
    given = pa.table(
        {
            "snapshot_id": ["s1"] * rows,
            "training_as_of": [datetime(2024, 6, 1)] * rows,
            "id": range(rows),
            "as_of": as_of,
            "split": ["train"] * len(label) + ["validation"] * 20,
            "noise": RANDOM.normal(size=rows),
            "f": [*list(column), *[list(column)[i] for i in range(20)]],
            "y": [*list(label), *[list(label)[-1 - i] for i in range(20)]],
            "matured_at": as_of,
        }
    )
    try:
        dataset(given, **settings)
    except InsituError as error:
        return str(error)
    return None


REGRESSION = {"task": "regression"}
THREE = np.array(["low", "mid", "high"])[np.digitize(NOISE, [-0.5, 0.5])]


@pytest.mark.parametrize(
    ("column", "settings", "reason"),
    [
        (np.where(Y, 2.0, 1.0), {}, "AUC 1.0000 on its own"),
        (np.where(Y, 1.0, 2.0), {}, "AUC 1.0000 on its own"),
        ([None if y else 5.0 for y in Y], {}, "AUC 1.0000 on its own"),  # known of the others alone
        ([5.0 if y else None for y in Y], {}, "AUC 1.0000 on its own"),
        (np.where(Y, 2.0, 1.0) + np.arange(400) % 9 * 0.2, {}, None),  # AUC 0.98 or so
        (np.where(Y, "yes", "no"), {}, "every category has one class only"),
        ([("yes" if y else None) for y in Y], {}, "every category has one class only"),
        (np.where(Y ^ (np.arange(400) == 7), "yes", "no"), {}, None),  # one exception
        (np.where(Y, "yes", "no"), {"features": {"not_leaking": ["f"]}}, None),
        (NOISE * 3 + 1, REGRESSION, "correlation 1.00000"),
        (NOISE * -3 + 1, REGRESSION, "correlation 1.00000"),
        ([None if i % 2 else value for i, value in enumerate(NOISE)], REGRESSION, "correlation 1.00000"),
        (NOISE + RANDOM.normal(size=400) * 0.1, REGRESSION, None),  # correlation 0.995
        ([value if i < 9 else None for i, value in enumerate(NOISE)], REGRESSION, None),  # of nine rows, chance
        ([value if i < 10 else None for i, value in enumerate(NOISE)], REGRESSION, "correlation 1.00000"),
        (np.digitize(NOISE, [-0.5, 0.5]).astype(float), {"task": "multiclass"}, "one value per class"),
        ((NOISE > 0.5).astype(float), {"task": "multiclass"}, None),  # it tells one of three
        (np.digitize(NOISE, [-0.5, 0.5, 0.7]).astype(float), {"task": "multiclass"}, None),
        (THREE, {"task": "multiclass"}, "every category has one class only"),
    ],
)
def test_a_feature_that_is_the_label(column: Any, settings: dict[str, Any], reason: str | None) -> None:
    task = settings.get("task")
    label = NOISE if task == "regression" else THREE if task == "multiclass" else Y
    found = leaks(column, label, **settings)
    assert (found is None) if reason is None else (found is not None and f"almost perfectly ({reason})" in found)


@pytest.mark.parametrize(("number", "refused"), [(50, True), (51, False)])
def test_pure_categories_are_a_leak_if_they_are_few(number: int, refused: bool) -> None:
    """Of many, each has few rows, and one class by chance."""
    place = np.arange(400) % number
    assert (leaks([f"c{i}" for i in place], place % 2 == 0) is not None) == refused


def test_a_leak_is_looked_for_in_the_whole_period() -> None:
    """Honest at first: a sample of its first rows would take it for a feature, and all of it is no leak either."""
    early = np.arange(400) < 100
    assert leaks(np.where(early, NOISE, np.where(Y, 5.0, -5.0))) is None
    assert MAX_JUDGED == 20_000
