"""Identity of a model version: what was trained, on what, by which code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from typing import Any

from insitu.config import Candidate, UseCase
from insitu.registry.code import code_hash
from insitu.registry.versions import library_versions


def canonical(value: Any) -> str:
    """JSON with sorted keys, for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def digest(value: Any) -> str:
    """SHA-256 of a JSON-like value, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def candidate_config(use_case: UseCase, candidate: Candidate) -> dict[str, Any]:
    """The part of `meta.ml` that a fitted candidate depends on; itself a valid `meta.ml`.

    Defaults are written out: a version of the library with other defaults is another configuration.
    """
    used = [other for other in use_case.candidates if other is candidate or other.name in (candidate.members or [])]
    return {
        "task": use_case.task,
        "entity": use_case.entity,
        "as_of": use_case.as_of,
        "label": use_case.label,
        "random_state": use_case.random_state,
        "selection_metric": use_case.metric,
        "features": use_case.features.model_dump(),
        "training": use_case.training.model_dump(include={"refit", "history", "cross_validation"}),
        "budget": use_case.budget.model_dump(),
        "trusted_types": use_case.trusted_types,
        "candidates": [other.model_dump() for other in used],
    }


def config_hash(use_case: UseCase, candidate: Candidate) -> str:
    """Hash of `candidate_config`."""
    return digest(candidate_config(use_case, candidate))


def libraries(use_case: UseCase, candidate: Candidate) -> dict[str, str]:
    """Versions of what a candidate, or an ensemble's members, are fitted with."""
    names = candidate.members or [candidate.name]
    return library_versions(*(other.family for other in use_case.candidates if other.name in names))


def training_key(snapshot_id: str, use_case: UseCase, candidate: Candidate, columns: list[str]) -> str:
    """Hash of snapshot, code, configuration, features and libraries: the same key is the same model."""
    return digest(
        {
            "snapshot": snapshot_id,
            "code": code_hash(),
            "config": config_hash(use_case, candidate),
            "candidate": candidate.name,
            "columns": columns,
            "libraries": libraries(use_case, candidate),
        }
    )


def nothing_new(use_case: UseCase, snapshot_id: str, registered: Collection[tuple[str, ...]]) -> bool:
    """Is there a registry row for every candidate, of this snapshot, code, configuration and these libraries?

    Answers without reading the snapshot: its hash covers the names of its columns, and these and the configuration
    decide which of them are features.

    Args:
        use_case: the parsed configuration.
        snapshot_id: the current snapshot's.
        registered: candidate, snapshot_id, config_hash, code_hash and library_versions (JSON) of the registry's rows.
    """
    try:
        wanted = {
            (
                candidate.name,
                snapshot_id,
                config_hash(use_case, candidate),
                code_hash(),
                json.dumps(libraries(use_case, candidate)),
            )
            for candidate in use_case.candidates
        }
    except PackageNotFoundError:  # training says which candidate needs the library, and how to get it
        return False
    return wanted <= set(registered)


def model_version(candidate: Candidate, training_as_of: datetime, key: str) -> str:
    """Readable and deterministic: `<candidate>_<yyyymmdd>_<8 hex digits of the training key>`."""
    return f"{candidate.name}_{training_as_of:%Y%m%d}_{key[:8]}"
