"""Trains every candidate that is not in the registry yet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from insitu import config as configuration
from insitu.config import Candidate, UseCase
from insitu.errors import ConfigurationError
from insitu.registry import artifact
from insitu.registry.signature import Signature
from insitu.registry.versions import code_hash, git_revision, library_versions
from insitu.training import data as data_module
from insitu.training.data import Dataset
from insitu.training.families import FAMILIES
from insitu.training.keys import config_hash, model_version, training_key
from insitu.training.procedure import Procedure, build
from insitu.training.schema import MODELS_SCHEMA

Progress = Callable[[str], None]


def _print(line: str) -> None:
    print(line, flush=True)


def train(
    config: dict[str, Any],
    use_case: str,
    training_set: pa.Table | pa.RecordBatchReader,
    existing: Collection[str] = (),
    feature_columns: Sequence[str] | None = None,
    progress: Progress = _print,
) -> pa.Table:
    """Train the candidates of a use case on one snapshot.

    Args:
        config: `meta.ml` of the use case.
        use_case: its name; the rows are expected to come from `<use_case>__snapshots`.
        training_set: one snapshot: snapshot_id, training_as_of, entity…, as_of, split, features…, label, matured_at.
        existing: training keys that the registry already holds; they are not trained again.
        feature_columns: features to use; the default is every column that is none of the above.
        progress: receives one line per step.

    Returns:
        Rows of `<use_case>__models` (`MODELS_SCHEMA`), one per candidate that was not there yet; none when there is
        nothing to do. A candidate that fails makes a row with status `failed` and the reason, and the others go on.

    Raises:
        ConfigurationError: `meta.ml` has a mistake.
        InsituError: the data cannot be trained on.
    """
    settings = configuration.parse(config, use_case)
    _check_families(settings, use_case)
    data = data_module.read(settings, f"{use_case}__snapshots", training_set, feature_columns)
    columns = [feature.name for feature in data.features]
    for candidate in settings.candidates:
        build(settings, candidate, data, candidate.parameters)  # a mistake in any shows before the first is trained
    rows = []
    for candidate in settings.candidates:
        key = training_key(data.snapshot_id, settings, candidate, columns)
        if key in existing:
            continue
        rows.append(_row(settings, use_case, candidate, data, key, progress))
    return pa.Table.from_pylist(rows, MODELS_SCHEMA)


def _check_families(settings: UseCase, use_case: str) -> None:
    for position, candidate in enumerate(settings.candidates):
        where = f"`{use_case}__models`: meta.ml.candidates[{position}]"
        family = FAMILIES.get(candidate.family)
        if family is None:
            raise ConfigurationError(f"{where}.family is {candidate.family!r}; allowed: {', '.join(sorted(FAMILIES))}")
        if settings.task not in family.tasks:
            fit = ", ".join(sorted(name for name, other in FAMILIES.items() if settings.task in other.tasks))
            raise ConfigurationError(f"{where}: {candidate.family} does no {settings.task} task; these do: {fit}")


def _row(
    settings: UseCase, use_case: str, candidate: Candidate, data: Dataset, key: str, progress: Progress
) -> dict[str, Any]:
    """Train one candidate; its row of the registry."""
    version = model_version(candidate, data.training_as_of, key)
    row: dict[str, Any] = {
        "model_version": version,
        "use_case": use_case,
        "candidate": candidate.name,
        "family": candidate.family,
        "task": settings.task,
        "training_key": key,
        "snapshot_id": data.snapshot_id,
        "training_as_of": data.training_as_of,
        "code_hash": code_hash(),
        "config_hash": config_hash(settings, candidate),
        "git_revision": git_revision(),
        "library_versions": json.dumps(library_versions(candidate.family)),
        "random_state": settings.random_state,
        "created_at": datetime.now(UTC).replace(tzinfo=None),
    }
    started = time.perf_counter()
    try:
        row |= _fit(settings, candidate, data)
    except Exception as error:  # any library may fail in any way: the others go on, the table says why
        message = f"{type(error).__name__}: {error}" if not str(error).startswith("candidate") else str(error)
        row |= {"status": "failed", "message": message}
        progress(f"  {version}: failed, {message.splitlines()[0]}")
        return row
    row["fit_seconds"] = time.perf_counter() - started
    progress(f"  {version}: trained on {row['trained_rows']:,} rows in {row['fit_seconds']:.1f} s")
    return row


def _fit(settings: UseCase, candidate: Candidate, data: Dataset) -> dict[str, Any]:
    procedure = Procedure(settings, candidate, data)
    fitted = procedure.fit(data.train)
    final, rows = fitted, data.train
    if settings.training.refit and len(data.validation):
        rows = data.rows
        final = procedure.fit(rows)
    signature = Signature(settings.task, data.features, data.classes, candidate.quantiles, data.dropped)
    blob = artifact.dumps(final, settings.trusted_types)
    first = artifact.dumps(fitted, settings.trusted_types) if final is not fitted else None
    dropped = ", ".join(f"{item['name']} ({item['reason']})" for item in data.dropped)
    return {
        "status": "trained",
        "message": f"dropped {len(data.dropped)} features: {dropped}" if dropped else None,
        "parameters": json.dumps(procedure.parameters),
        "search_trace": json.dumps([]),
        "signature": signature.to_json(),
        "feature_importance": json.dumps([]),
        "partial_dependence": json.dumps([]),
        "artifact": blob,
        "artifact_sha256": artifact.sha256(blob),
        "validation_artifact": first,
        "validation_artifact_sha256": artifact.sha256(first) if first else None,
        "trained_rows": len(rows),
    }
