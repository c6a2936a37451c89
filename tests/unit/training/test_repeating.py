"""Versions can be repeated bit for bit, interrupted runs keep what they finished, backtests see no future."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from insitu.config import Backtest, parse
from insitu.errors import InsituError
from insitu.training import keys
from insitu.training.backtest import backtest
from insitu.training.reproduce import reproduce
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

GBM = {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}


def silent(line: str) -> None:
    """No progress."""


def test_reproduces_a_searched_model_and_an_ensemble() -> None:
    table = snapshot(800)
    tuned = {**LOGISTIC, "search": {"trials": 4}, "calibration": "sigmoid"}
    stack = {"name": "stack", "family": "stack", "members": ["gbm", "logistic"]}
    shuffled = table.take(np.random.default_rng(5).permutation(table.num_rows))
    for row in train(ml(GBM, tuned, stack), "demo", table, progress=silent).to_pylist():
        for search in (False, True):
            found = reproduce(row, shuffled, search)
            assert found.identical and found.same_artifact, (row["candidate"], str(found))
        assert "identical bit for bit" in str(found)


def test_what_is_registered_is_known_without_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing: another snapshot, code, configuration, library or candidate is something to train."""
    config = ml(GBM, LOGISTIC, {"name": "stack", "family": "stack", "members": ["gbm", "logistic"]})
    columns = ("candidate", "snapshot_id", "config_hash", "code_hash", "library_versions")
    rows = train(config, "demo", snapshot(300), progress=silent).to_pylist()
    registered = {tuple(row[column] for column in columns) for row in rows}
    assert len(registered) == 3

    def nothing(config: dict[str, Any], snapshot_id: str = "s1") -> bool:
        return keys.nothing_new(parse(config, "demo"), snapshot_id, registered)

    assert nothing(config)
    assert nothing({**config, "candidates": config["candidates"][:2]}), "a candidate that is no longer wanted"
    assert not nothing(config, "s2")
    assert not nothing({**config, "random_state": 5})
    assert not nothing({**config, "candidates": [*config["candidates"], {"name": "new", "family": "baseline"}]})
    monkeypatch.setattr(keys, "code_hash", lambda: "another")
    assert not nothing(config)
    monkeypatch.undo()
    monkeypatch.setattr(keys, "library_versions", lambda *families: {"numpy": "0"})
    assert not nothing(config)

    def uninstalled(*families: str) -> dict[str, str]:
        raise PackageNotFoundError(*families)

    monkeypatch.setattr(keys, "library_versions", uninstalled)
    assert not nothing(config), "training has the clear message"


def test_the_recorded_configuration_has_the_defaults_and_is_one_itself() -> None:
    """Otherwise a library with other defaults would take its models for unchanged, and repeat another one."""
    settings = parse(ml({**LOGISTIC, "calibration": "sigmoid"}), "demo")
    recorded = keys.candidate_config(settings, settings.candidates[0])
    assert recorded["training"]["cross_validation"]["folds"] == 3
    assert recorded["candidates"][0]["calibration"] == {"method": "sigmoid", "slice": "15%"}
    again = parse(recorded, "demo")
    assert keys.candidate_config(again, again.candidates[0]) == recorded


def test_other_data_is_noticed() -> None:
    (row,) = train(ml(GBM), "demo", snapshot(500), progress=silent).to_pylist()
    other = snapshot(500, seed=2)
    found = reproduce(row, other)
    assert not found.identical and "is not reproduced" in str(found)
    position = other.schema.get_field_index("snapshot_id")
    with pytest.raises(InsituError, match="was trained on snapshot s1, the rows given are of s7"):
        reproduce(row, other.set_column(position, "snapshot_id", pa.array(["s7"] * 500)))


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_number_of_threads_changes_nothing(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = snapshot(24_000)  # enough rows for more than one thread
    config = ml({**GBM, "parameters": {"max_iter": 5}}, LOGISTIC)
    reference = train(config, "demo", table, progress=silent)
    monkeypatch.setenv("INSITU_THREADS", threads)
    assert train(config, "demo", table, progress=silent)["artifact_sha256"] == reference["artifact_sha256"]


def interrupt_at(step: int) -> Callable[[str], None]:
    lines: list[str] = []

    def progress(line: str) -> None:
        lines.append(line)
        if "hist" in line and sum("hist" in text for text in lines) == step:
            raise KeyboardInterrupt

    return progress


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    table = snapshot(400)
    config = ml(LOGISTIC, GBM)
    kept = train(config, "demo", table, progress=interrupt_at(1))
    assert kept["candidate"].to_pylist() == ["logistic"]

    # with a folder they are kept there
    with pytest.raises(KeyboardInterrupt):
        train(config, "demo", table, progress=interrupt_at(1), checkpoints=tmp_path)
    (file,) = tmp_path.iterdir()
    lines: list[str] = []
    again = train(config, "demo", table, progress=lines.append, checkpoints=tmp_path)
    assert again["training_key"][0].as_py() == file.stem
    assert not [line for line in lines if "logistic" in line]
    train(config, "demo", table, again["training_key"].to_pylist(), checkpoints=tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_damaged_checkpoint_is_ignored(tmp_path: Path) -> None:
    table = snapshot(400)
    train(ml(LOGISTIC), "demo", table, progress=silent, checkpoints=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert train(ml(LOGISTIC), "demo", table, progress=silent, checkpoints=tmp_path).num_rows == 1


def test_backtest_sees_only_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    table = snapshot(1200)
    table = table.set_column(
        table.schema.get_field_index("training_as_of"),
        "training_as_of",
        pa.array([datetime(2020, 4, 1)] * table.num_rows, pa.timestamp("us")),
    )
    settings = Backtest(dates=2, every="28 days", step="14 days")
    found = backtest(ml(LOGISTIC), "demo", table, settings)
    rows = found.to_pylist()
    assert [row["age_days"] for row in rows] == [0.0, 14.0, 28.0, 42.0, 56.0, 0.0, 14.0, 28.0]
    assert {row["trained_at"] for row in rows} == {datetime(2020, 2, 5), datetime(2020, 3, 4)}
    matured, as_of = table["matured_at"].to_pandas(), table["as_of"].to_pandas()
    for row in rows:
        assert row["train_rows"] == (matured <= row["trained_at"]).sum()
        assert row["n_rows"] == ((as_of >= row["from_as_of"]) & (as_of < row["to_as_of"])).sum()
        assert 0.5 < row["value"] < 1
    # Later rows have no influence on what was found before.
    seen = table.filter(pa.compute.less(table["as_of"], pa.scalar(pd.Timestamp("2020-03-18"), pa.timestamp("us"))))
    again = backtest(ml(LOGISTIC), "demo", seen, settings).to_pylist()
    assert again == [row for row in rows if row["from_as_of"] < datetime(2020, 3, 18)]
    assert backtest(ml(LOGISTIC), "demo", table, settings, existing={rows[0]["backtest_key"]}).num_rows == 0
    with pytest.raises(InsituError, match="no candidate `other` to backtest; there are: logistic"):
        backtest(ml(LOGISTIC), "demo", table, Backtest(candidate="other"))
    with pytest.raises(InsituError, match=r"labels were known at .* a backtest needs at least 50"):
        backtest(ml(LOGISTIC), "demo", table, Backtest(dates=5))
