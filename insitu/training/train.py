"""Trains every candidate that is not in the registry yet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from insitu import config as configuration
from insitu.config import Candidate
from insitu.errors import InsituError
from insitu.moments import utc_now
from insitu.registry import artifact
from insitu.registry.code import code_hash
from insitu.registry.signature import Signature
from insitu.registry.versions import git_revision
from insitu.training import candidates
from insitu.training.checkpoint import Checkpoint
from insitu.training.dependence import dependence
from insitu.training.fitting import data as data_module
from insitu.training.fitting.budget import Clock
from insitu.training.fitting.families import FAMILIES
from insitu.training.fitting.importance import permutation
from insitu.training.fitting.procedure import Notes, Procedure
from insitu.training.fitting.run import Run
from insitu.training.keys import candidate_config, canonical, config_hash, libraries, model_version, training_key
from insitu.training.schema import MODELS_SCHEMA

Progress = Callable[[str], None]


def _print(line: str) -> None:
    print(line, flush=True)


def silent(line: str) -> None:
    """No progress."""


def train(
    config: dict[str, Any],
    use_case: str,
    training_set: pa.Table | pa.RecordBatchReader,
    existing: Collection[str] = (),
    feature_columns: Sequence[str] | None = None,
    progress: Progress = _print,
    checkpoints: Path | None = None,
) -> pa.Table:
    """Train the candidates of a use case on one snapshot.

    Args:
        config: `meta.ml` of the use case.
        use_case: its name; the rows are expected to come from `<use_case>__snapshots`.
        training_set: one snapshot: snapshot_id, training_as_of, entity…, as_of, split, features…, label, matured_at.
        existing: training keys that the registry already holds; they are not trained again.
        feature_columns: features to use; the default is every column that is none of the above.
        progress: receives one line per step.
        checkpoints: folder in which finished candidates wait until they are in `existing`.

    Returns:
        Rows of `<use_case>__models` (`MODELS_SCHEMA`), one per candidate that was not there yet; none when there is
        nothing to do. A candidate that fails makes a row with status `failed` and the reason, and the others go on.

    Raises:
        ConfigurationError: `meta.ml` has a mistake.
        InsituError: the data cannot be trained on.
    """
    settings = configuration.parse(config, use_case)
    candidates.check(settings, use_case)
    data = data_module.read(settings, f"{use_case}__snapshots", training_set, feature_columns)
    candidates.check_columns(settings, data.features, [item["name"] for item in data.dropped])
    columns = [feature.name for feature in data.features]
    kept = Checkpoint(checkpoints)
    kept.forget(existing)
    pending: list[tuple[Candidate, str]] = []
    for candidate in settings.candidates:
        if not FAMILIES[candidate.family].combines:
            Procedure(settings, candidate, data).build(
                candidate.parameters
            )  # a mistake shows before anything is fitted
        key = training_key(data.snapshot_id, settings, candidate, columns)
        if key not in existing:
            pending.append((candidate, key))
    clock = Clock(settings.budget, sum(candidate.search is not None for candidate, _ in pending))
    run = Run(settings, data, clock, progress)
    # Ensembles come last: by then their members are fitted.
    pending.sort(key=lambda item: FAMILIES[item[0].family].combines)
    rows: list[dict[str, Any]] = []
    for candidate, key in pending:
        try:
            row = kept.load(key) or _row(run, use_case, candidate, key)
            kept.save(row)
            rows.append(row)
        except KeyboardInterrupt:
            # With a folder, the finished candidates are kept there, so the table need not be written now.
            if not rows or checkpoints is not None:
                raise
            progress(f"  interrupted: {len(rows)} of {len(pending)} candidates are kept")
            break
    return pa.Table.from_pylist(rows, MODELS_SCHEMA)


def _row(run: Run, use_case: str, candidate: Candidate, key: str) -> dict[str, Any]:
    """Train one candidate; its row of the registry."""
    settings, data = run.settings, run.data
    version = model_version(candidate, data.training_as_of, key)
    run.progress(f"  {version}: {candidate.family}")
    row: dict[str, Any] = {
        "model_version": version,
        "use_case": use_case,
        "candidate": candidate.name,
        "family": candidate.family,
        "task": settings.task,
        "training_key": key,
        "snapshot_id": data.snapshot_id,
        "training_as_of": data.training_as_of,
        "config": canonical(candidate_config(settings, candidate)),
        "config_hash": config_hash(settings, candidate),
        "code_hash": code_hash(),
        "git_revision": git_revision(),
        "library_versions": json.dumps(libraries(settings, candidate)),
        "random_state": settings.random_state,
        "created_at": utc_now(),
    }
    started = time.perf_counter()
    try:
        row |= _fit(run, candidate)
    except Exception as error:  # a library may raise anything: the others go on, the table says what failed
        message = str(error) if isinstance(error, InsituError) else f"{type(error).__name__}: {error}"
        row |= {"status": "failed", "message": message}
        run.progress(f"  {version}: failed, {message.splitlines()[0]}")
        return row
    row["fit_seconds"] = round(time.perf_counter() - started, 3)
    run.progress(f"  {version}: trained on {row['trained_rows']:,} rows in {row['fit_seconds']:.1f} s")
    return row


def _fit(run: Run, candidate: Candidate) -> dict[str, Any]:
    """Tune, fit, explain and serialise one candidate."""
    settings, data = run.settings, run.data
    fitted = run.models(candidate)
    columns = run.columns(candidate)
    members = {member.name: run.tuned(member) for member in run.members(candidate)}
    own = members.get(candidate.name)
    dropped = [*data.dropped, *(own.dropped if own else [])]
    features = [feature for feature in data.features if feature.name in columns]
    signature = Signature(settings.task, features, data.classes, candidate.quantiles, dropped)

    judged = data.validation if len(data.validation) else data.train
    explained = own.procedure if own else next(iter(members.values())).procedure
    importance = permutation(explained, fitted.first, judged, columns)
    curves = dependence(explained, fitted.first, judged, [item["feature"] for item in importance])

    blob = artifact.dumps(fitted.final, settings.trusted_types)
    early = artifact.dumps(fitted.first, settings.trusted_types) if fitted.refitted else None
    deployed = None if fitted.everything is None else artifact.dumps(fitted.everything, settings.trusted_types)
    refit = [] if deployed is None else [{"step": "refit_on_everything", "rows": fitted.all_rows}]
    if own:
        parameters: dict[str, Any] = own.procedure.parameters
    else:
        parameters = {name: tuned.procedure.parameters for name, tuned in members.items()}
    return {
        "status": "trained",
        "message": _message(own.trace if own else [], dropped),
        "parameters": json.dumps(parameters),
        "search_trace": json.dumps([*(own.trace if own else []), *fitted.notes, *refit]),
        "signature": signature.to_json(),
        "feature_importance": json.dumps(importance),
        "partial_dependence": json.dumps(curves),
        "artifact": blob,
        "artifact_sha256": artifact.sha256(blob),
        "validation_artifact": early,
        "validation_artifact_sha256": artifact.sha256(early) if early else None,
        "deployed_artifact": deployed,
        "deployed_artifact_sha256": artifact.sha256(deployed) if deployed else None,
        "deployed_rows": fitted.all_rows,
        "trained_rows": fitted.rows,
    }


def _message(trace: Notes, dropped: list[dict[str, Any]]) -> str | None:
    """What a reader of the table should know about a trained model."""
    parts = []
    if dropped:
        parts.append(f"dropped {len(dropped)} features: " + ", ".join(f"{d['name']} ({d['reason']})" for d in dropped))
    result = next((note for note in trace if note["step"] == "search_result"), None)
    if result and not result["complete"]:
        parts.append(f"the search ended after {result['trials']} trials: budget spent")
    return "; ".join(parts) or None
