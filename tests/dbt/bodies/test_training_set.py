"""Which rows a training set has, in which slice, and what its identity depends on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bodies.project import PERIODS, TRAINED, Bodies, Row

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# of `demo`: ten days of test up to the moment of training, five of gap, ten of validation
TEST, GAP, VALIDATION = TRAINED - 10 * DAY, TRAINED - 15 * DAY, TRAINED - 25 * DAY
EARLY = datetime(2023, 6, 1)


def test_the_moment_of_training_is_that_of_the_calendar(bodies: Bodies) -> None:
    found = {row["number"]: row["moment"] for row in bodies.run("trained_for", {})}
    assert [found[number] for number in range(len(PERIODS))] == [moment for _, _, moment in PERIODS]


# as-of, when its label was known, the slice; None: it is left out
EDGES = [
    (TRAINED - SECOND, TRAINED - SECOND, "test"),
    (TRAINED - SECOND, TRAINED, None),  # not known yet when models are trained
    (TRAINED, TRAINED - SECOND, "late"),  # after the test
    (TEST, TRAINED - SECOND, "test"),
    (TEST - SECOND, TEST - SECOND, "gap"),
    (TEST - SECOND, TEST, "late"),  # not known when the test begins
    (GAP, TEST - SECOND, "gap"),
    (GAP - SECOND, GAP, "validation"),
    (GAP - SECOND, TEST - SECOND, "validation"),
    (GAP - SECOND, TEST, "late"),
    (VALIDATION, TEST - SECOND, "validation"),
    (VALIDATION - SECOND, VALIDATION - SECOND, "train"),
    (VALIDATION - SECOND, VALIDATION, "refit"),  # not known when the validation begins
    (VALIDATION - SECOND, TEST - SECOND, "refit"),
    (VALIDATION - SECOND, TEST, "late"),
    (EARLY, EARLY + DAY, "train"),
    (EARLY + DAY, VALIDATION, "refit"),
    (EARLY + 2 * DAY, None, None),
]


def rows(edges: list[tuple[Any, ...]], label: Any = True, **more: Any) -> dict[str, list[Row]]:
    features = [
        {"id": i, "as_of": as_of, "x": 1.5, "n": 2, "city": "rome"} | more for i, (as_of, *_) in enumerate(edges)
    ]
    name = "hit" if isinstance(label, bool) else "amount"
    labels = [{"id": i, "as_of": as_of, name: label, "matured_at": at} | more for i, (as_of, at, _) in enumerate(edges)]
    return {"features": features, "labels": labels}


def of(use_case: str, given: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {f"{use_case}__{name}": found for name, found in given.items()}


def test_a_row_on_every_edge_of_every_slice(bodies: Bodies) -> None:
    given = of("demo", rows(EDGES))
    # a label without features, and features without a label, make no row; nor does the label of another moment
    given["demo__labels"] += [{"id": 90, "as_of": TEST, "hit": True, "matured_at": TEST + DAY}]
    given["demo__features"] += [{"id": 91, "as_of": TEST}, {"id": 92, "as_of": TEST}]
    given["demo__labels"] += [{"id": 92, "as_of": TEST + SECOND, "hit": True, "matured_at": TEST + DAY}]
    found = {row["id"]: row for row in bodies.run("demo__training_set", given)}
    assert [found[i]["split"] if i in found else None for i in range(len(EDGES))] == [split for *_, split in EDGES]
    assert set(found) == {i for i, (*_, split) in enumerate(EDGES) if split}
    first = found[0]
    assert {first[name] for name in ("training_as_of",)} == {TRAINED}
    assert [first[name] for name in ("as_of", "x", "n", "city", "hit", "matured_at")] == [
        *(TRAINED - SECOND, 1.5, 2, "rome", True, TRAINED - SECOND)
    ]
    assert len({row["snapshot_id"] for row in found.values()}) == 1


def test_windows_of_the_test_with_dates(bodies: Bodies) -> None:
    """Of `value`: the test is 10 to 20 January and 1 to 10 February; a row between the two is late."""
    first, second, gap, validation = (
        datetime(2024, 1, 10),
        datetime(2024, 2, 1),
        datetime(2024, 1, 5),
        datetime(2023, 12, 20),
    )
    late = TRAINED - SECOND
    edges = [
        (first - SECOND, first - SECOND, "gap"),
        (first - SECOND, first, "late"),
        (first, late, "test"),
        (datetime(2024, 1, 20) - SECOND, late, "test"),
        (datetime(2024, 1, 20), late, "late"),
        (second - SECOND, late, "late"),
        (second, late, "test"),
        (datetime(2024, 2, 10) - SECOND, late, "test"),
        (datetime(2024, 2, 10), late, "late"),
        (gap, first - SECOND, "gap"),
        (gap - SECOND, first - SECOND, "validation"),
        (validation, first - SECOND, "validation"),
        (validation - SECOND, validation - SECOND, "train"),
        (validation - SECOND, validation, "refit"),
    ]
    found = {
        row["id"]: row["split"] for row in bodies.run("value__training_set", of("value", rows(edges, 1.5, shop="s")))
    }
    assert [found.get(i) for i in range(len(edges))] == [split for *_, split in edges]


def snapshot_id(bodies: Bodies, features: dict[str, Any], labels: dict[str, Any]) -> str:
    """The identity of two rows of the test, the first of them with something else."""
    given = of("demo", rows([(TEST, TEST + DAY, ""), (TEST + DAY, TEST + 2 * DAY, "")]))
    given["demo__features"][0] = {**given["demo__features"][0], **features}
    given["demo__labels"][0] = {**given["demo__labels"][0], **labels}
    (found,) = {row["snapshot_id"] for row in bodies.run("demo__training_set", given)}
    return str(found)


def test_one_value_makes_another_snapshot(bodies: Bodies) -> None:
    key = {"id": 7, "as_of": TEST + SECOND}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({}, {"hit": False}),
        ({}, {"hit": None}),
        ({"x": 1.5 + 2**-52}, {}),
        ({"x": None}, {}),
        ({"n": 3}, {}),
        ({"city": "Rome"}, {}),
        ({"city": ""}, {}),
        ({"city": None}, {}),
        ({"id": 7}, {"id": 7}),
        (key, key),
    ]
    found = [snapshot_id(bodies, *change) for change in changes]
    assert len(set(found)) == len(changes)
    assert {len(each) for each in found} == {16}
    # when the label came to be known is no content, as long as the slice is the same
    assert snapshot_id(bodies, {}, {"matured_at": TEST + DAY + SECOND}) == found[0]


def test_another_slice_makes_another_snapshot(bodies: Bodies) -> None:
    """The same row, whose label was known in time or too late: the slice is all that is hashed and differs."""
    found = []
    for known in (VALIDATION - SECOND, VALIDATION, TEST):
        given = of("demo", rows([(VALIDATION - DAY, known, "")]))
        found += [(row["split"], row["snapshot_id"]) for row in bodies.run("demo__training_set", given)]
    assert [split for split, _ in found] == ["train", "refit", "late"]
    assert len({snapshot for _, snapshot in found}) == 3


def test_a_snapshot_is_kept_once(bodies: Bodies) -> None:
    kept = {"snapshot_id": "old", "id": 1, "as_of": EARLY, "split": "train"}
    new = {"snapshot_id": "new", "id": 2, "as_of": EARLY, "split": "train"}
    found = bodies.run("demo__snapshots", {"demo__snapshots": [kept], "demo__training_set": [new]})
    assert [row["id"] for row in found] == [2]
    assert bodies.run("demo__snapshots", {"demo__snapshots": [kept], "demo__training_set": [kept]}) == []


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_rows_does_not_matter(bodies: Bodies, order: int) -> None:
    edges = [(TEST + i * SECOND, TEST + DAY, "") for i in range(5)]
    given = of("demo", rows(edges))
    expected = {row["snapshot_id"] for row in bodies.run("demo__training_set", given)}
    shuffled = {name: found[::order] for name, found in given.items()}
    assert {row["snapshot_id"] for row in bodies.run("demo__training_set", shuffled)} == expected


def test_where_slices_begin(bodies: Bodies) -> None:
    """A window that has not begun is none, one that has not ended ends with the moment of training."""
    columns = ("use_case", "begins", "ends", "gap", "validation")
    found = sorted(tuple(row[name] for name in columns) for row in bodies.run("windows", {}))
    assert found == [
        ("open", datetime(2024, 2, 20), TRAINED, datetime(2024, 2, 20), datetime(2024, 2, 18)),
        # a gap of seven days and a validation of thirty, as nobody said anything else
        ("to_come", datetime(2024, 2, 1), TRAINED, datetime(2024, 1, 25), datetime(2023, 12, 26)),
        *(
            ("unsorted", begins, ends, datetime(2023, 12, 24), datetime(2023, 12, 17))
            for begins, ends in (
                (datetime(2024, 1, 1, 6), datetime(2024, 1, 8)),
                (datetime(2024, 2, 1), datetime(2024, 2, 8)),
            )
        ),
    ]
