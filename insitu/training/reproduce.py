"""Trains a registered version once more from its snapshot and compares the two, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from insitu.errors import InsituError
from insitu.registry.code import code_hash
from insitu.registry.model import Model
from insitu.registry.versions import library_versions
from insitu.training.train import Progress, silent, train


@dataclass(frozen=True)
class Reproduction:
    """How the retrained model compares with the registered one."""

    model_version: str
    rows: int  # compared predictions
    different: int  # of them, how many differ in any bit
    largest_difference: float
    same_artifact: bool  # the serialised models are the same bytes
    changed: list[str]  # what is not as it was: code, libraries

    @property
    def identical(self) -> bool:
        """Every prediction is the same, bit for bit."""
        return self.different == 0

    def __str__(self) -> str:
        if self.identical:
            artifact = "the same artifact, byte for byte" if self.same_artifact else "other bytes in the artifact"
            return f"`{self.model_version}` reproduced: {self.rows:,} predictions identical bit for bit; {artifact}"
        why = f" Since then changed: {', '.join(self.changed)}." if self.changed else ""
        return (
            f"`{self.model_version}` is not reproduced: {self.different:,} of {self.rows:,} predictions differ, by "
            f"{self.largest_difference:.3g} at most.{why} Check out revision and libraries of the row to repeat it"
        )


def recorded_config(row: Mapping[str, Any], search: bool) -> dict[str, Any]:
    """`meta.ml` as it was, with the parameters that were found in place of the search, unless it is repeated."""
    config: dict[str, Any] = json.loads(row["config"])
    if search:
        return config
    found = json.loads(row["parameters"])
    own = next(candidate for candidate in config["candidates"] if candidate["name"] == row["candidate"])
    for candidate in config["candidates"]:
        if candidate.get("members"):
            continue
        candidate["parameters"] = found[candidate["name"]] if own.get("members") else found
        candidate.pop("search", None)
    return config


def reproduce(
    row: Mapping[str, Any], snapshot: pa.Table, search: bool = False, progress: Progress = silent
) -> Reproduction:
    """Retrain a version and compare its predictions for every row of the snapshot.

    Args:
        row: the version's row of `<use_case>__models`.
        snapshot: the rows of its snapshot, in any order.
        search: repeat the search too; otherwise the parameters that it found are taken.
        progress: receives one line per step.

    Raises:
        InsituError: the row has no model, the snapshot is another one, or the candidate no longer trains.
    """
    version = str(row["model_version"])
    original = Model.from_row(row, trusted=json.loads(row["config"]).get("trusted_types", []))
    config = recorded_config(row, search)
    table = train(config, str(row["use_case"]), snapshot, progress=progress)
    (again,) = [other for other in table.to_pylist() if other["candidate"] == row["candidate"]]
    if again["status"] != "trained":
        raise InsituError(f"`{version}` no longer trains: {again['message']}")
    if again["snapshot_id"] != row["snapshot_id"]:
        raise InsituError(
            f"`{version}` was trained on snapshot {row['snapshot_id']}, the rows given are of {again['snapshot_id']}"
        )
    before = original.predict(snapshot)
    after = Model.from_row(again, trusted=config.get("trusted_types", [])).predict(snapshot)
    different = before.view(np.uint64) != after.view(np.uint64)
    return Reproduction(
        version,
        len(before),
        int(different.reshape(len(before), -1).any(axis=1).sum()),
        float(np.max(np.abs(before - after), initial=0.0)),
        again["artifact_sha256"] == row["artifact_sha256"],
        _changed(row),
    )


def _changed(row: Mapping[str, Any]) -> list[str]:
    changed = [] if row["code_hash"] == code_hash() else ["the training code"]
    present = library_versions(str(row["family"]))
    for name, version in json.loads(row["library_versions"]).items():
        if present.get(name, version) != version:
            changed.append(f"{name} {version} → {present[name]}")
    return changed
