"""What waits on disk is a whole row of its own key, and nothing that failed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from insitu.training.checkpoint import Checkpoint
from insitu.training.schema import MODELS_SCHEMA
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

LOGISTIC = {"name": "logistic", "family": "logistic_regression"}
BAD = {"name": "bad", "family": "hist_gradient_boosting", "parameters": {"learning_rate": -1.0}}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = train(ml(LOGISTIC, BAD), "demo", snapshot(300), progress=silent).to_pylist()
    return found


def test_a_finished_row_comes_back_as_it_was(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    kept = Checkpoint(tmp_path / "new")
    assert kept.load(rows[0]["training_key"]) is None
    kept.save(rows[0])
    assert kept.load(rows[0]["training_key"]) == rows[0]
    assert os.listdir(tmp_path / "new") == [f"{rows[0]['training_key']}.arrow"]


def test_what_failed_is_tried_again(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    kept = Checkpoint(tmp_path)
    assert rows[1]["status"] == "failed"
    kept.save(rows[1])
    assert kept.load(rows[1]["training_key"]) is None and os.listdir(tmp_path) == []


def test_a_row_of_another_key_or_form_is_none(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    kept = Checkpoint(tmp_path)
    kept.save(rows[0])
    key = rows[0]["training_key"]
    os.rename(tmp_path / f"{key}.arrow", tmp_path / "other.arrow")
    assert kept.load("other") is None
    other = pa.schema([field for field in MODELS_SCHEMA if field.name != "deployed_rows"])
    with pa.OSFile(str(tmp_path / f"{key}.arrow"), "wb") as sink, pa.ipc.new_file(sink, other) as writer:
        writer.write_table(pa.Table.from_pylist([rows[0]], other))
    assert kept.load(key) is None


def test_a_row_that_could_not_be_written_whole_is_none(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or the process is killed, before the file has its name."""

    def full(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("insitu.training.checkpoint.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        Checkpoint(tmp_path).save(rows[0])
    assert Checkpoint(tmp_path).load(rows[0]["training_key"]) is None


def test_what_the_warehouse_has_is_forgotten_whether_or_not_it_waited(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    kept = Checkpoint(tmp_path)
    kept.save(rows[0])
    kept.forget(["never kept", rows[0]["training_key"]])
    assert os.listdir(tmp_path) == []


def test_without_a_folder_nothing_is_kept(rows: list[dict[str, Any]]) -> None:
    kept = Checkpoint(None)
    kept.save(rows[0])
    kept.forget([rows[0]["training_key"]])
    assert kept.load(rows[0]["training_key"]) is None
