"""Predictions on their way to the warehouse: each in one batch, and the same batch until it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from insitu.errors import ConfigurationError
from insitu.serving.spool import Assigned, Full, Spool


def row(key: int, score: float = 0.5, as_of: str = "2024-01-01 00:00:00") -> dict[str, Any]:
    return {"key": {"k": key}, "as_of": as_of, "scores": {"score": score}}


def add(spool: Spool, *rows: dict[str, Any], use_case: str = "u", version: str = "v") -> None:
    spool.add(use_case, version, rows).result(10)


def keys(batches: list[Assigned]) -> list[list[int]]:
    return [[row["key"]["k"] for row in batch.rows] for batch in batches]


def reopened(spool: Spool) -> Spool:
    """As after a kill: what was assigned is known, and nothing else."""
    spool.close()
    spool.release()
    return Spool(spool.path, 100)


def test_a_batch_stays_what_it_is_until_it_is_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 100)
    add(spool, row(1), row(2, as_of="2024-01-03 00:00:00"))
    add(spool, row(1), use_case="other")
    first = spool.assigned()
    assert keys(first) == [[1, 2], [1]] and first[0].batch_as_of == "2024-01-03 00:00:00"
    spool = reopened(spool)
    add(spool, row(3))
    again = spool.assigned()
    assert again[:2] == first and keys(again) == [[1, 2], [1], [3]]
    for batch in again:
        spool.remove(batch)
    assert spool.assigned() == [] and spool.pending == 0
    assert reopened(spool).pending == 0


def test_a_key_is_once_in_a_batch_and_a_repetition_is_no_prediction(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 100)
    add(spool, row(1), row(2))
    add(spool, row(1), row(1, score=0.6), row(1))
    batches = spool.assigned()
    assert keys(batches) == [[1, 2], [1]] and [batch.rows[-1]["scores"]["score"] for batch in batches] == [0.5, 0.6]
    assert [len(batch.ids) for batch in batches] == [4, 1]
    spool = reopened(spool)
    assert spool.assigned() == batches and spool.pending == 5


def test_no_more_than_may_wait(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 3)
    add(spool, row(1), row(2))
    with pytest.raises(Full):
        add(spool, row(3), row(4))
    add(spool, row(3))
    assert spool.pending == 3
    for batch in spool.assigned():
        spool.remove(batch)
    add(spool, row(4), row(5))


def test_one_service_has_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 3)
    with pytest.raises(ConfigurationError, match="is held by another service"):
        Spool(tmp_path / "spool", 3)
    assert reopened(spool).pending == 0


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"no database" * 999)
    with pytest.raises(ConfigurationError, match="is no spool of predictions"):
        Spool(tmp_path / "spool", 3)


def test_a_batch_that_is_not_taken_is_halved_until_one_key_is_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 100)
    add(spool, row(1), row(2), row(1), row(3), row(1))  # what was said again stays with what it repeats
    (whole,) = spool.assigned()
    spool.split(whole)
    spool = reopened(spool)
    halves = spool.assigned()
    assert sorted(keys(halves)) == [[1], [2, 3]] and spool.pending == 5
    assert sorted(len(batch.ids) for batch in halves) == [2, 3]
    for batch in halves:
        spool.split(batch)
    assert sorted(keys(spool.assigned())) == [[1], [2], [3]]
    for batch in spool.assigned():
        assert batch.batch_as_of == whole.batch_as_of
        spool.remove(batch)
    assert spool.assigned() == [] and spool.pending == 0
