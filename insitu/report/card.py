"""The facts about a model version, written once for the Markdown card and for the section of the page.

A fact is (term, value, whether it is a code to copy).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from insitu.report.wording import moment, number

Row = Mapping[str, Any]
Facts = list[tuple[str, str, bool]]
IDENTITY = ("snapshot_id", "training_key", "artifact_sha256", "code_hash", "config_hash", "git_revision")


def loads(value: Any, otherwise: Any) -> Any:
    """A JSON column; `otherwise` where it is NULL or no JSON."""
    try:
        return json.loads(value) if value else otherwise
    except ValueError:
        return otherwise


def question(config: Row, row: Row) -> Facts:
    """What is predicted, for which entity, from how many features, and the money of each outcome."""
    kinds = [str(feature.get("kind", "number")) for feature in loads(row.get("signature"), {}).get("features", [])]
    listed = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    costs = "; ".join(f"{name.replace('_', ' ')} {number(v, 0)}" for name, v in (config.get("costs") or {}).items())
    found = [
        ("Predicts", f"{config.get('label', 'label')}, a {config.get('task', 'binary')} label", False),
        ("For each", ", ".join(map(str, config.get("entity") or [])) or "row", False),
        ("Money of each outcome", costs, False),
        ("Features", f"{len(kinds)} ({listed})" if kinds else "", False),
        ("Noted in training", str(row.get("message") or ""), False),
    ]
    return [fact for fact in found if fact[1]]


def procedure(row: Row) -> list[str]:
    """How its parameters were found, one sentence per step."""
    sentences = []
    for note in loads(row.get("search_trace"), []):
        if note["step"] == "search_result":
            ended = "" if note["complete"] else " (ended by the budget)"
            sentences.append(
                f"Search: {note['method']}, {note['trials']} trials on {note['folds']} temporal folds, best "
                f"{note['metric']} {note['score']:.4f}{ended}."
            )
        elif note["step"] == "feature_selection":
            kept = sum(feature["kept"] for feature in note["features"])
            sentences.append(f"Feature selection: {kept} of {len(note['features'])} features kept.")
        elif note["step"] == "calibration":
            sentences.append(f"Calibration: {note['method']} on {note['rows']:,} later rows.")
        elif note["step"] == "refit_on_everything":
            sentences.append(
                f"To be deployed, it was fitted again on all {note['rows']:,} rows, those of the test included: the "
                "figures on the test are those of the version before, an estimate."
            )
        elif note["step"] == "early_stopping":
            sentences.append(f"Early stopping: {note['rounds']} rounds.")
        elif note["step"] == "stack":
            members = ", ".join(note["members"])
            sentences.append(f"Stack of {members} on {note['out_of_fold_rows']:,} out-of-fold rows.")
    return sentences


def provenance(row: Row) -> Facts:
    """Where it comes from and how to repeat it."""
    parameters = loads(row.get("parameters"), {})
    versions = loads(row.get("library_versions"), {})
    proof = str(row.get("point_in_time") or "")
    why = f": {row['point_in_time_message']}" if row.get("point_in_time_message") else ""
    found = [
        ("Family", str(row["family"]).replace("_", " "), False),
        ("Parameters", json.dumps(parameters, ensure_ascii=False) if parameters else "", True),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in versions.items()), False),
        (
            "Trained",
            f"{moment(row['created_at'])} in {number(row['fit_seconds'], 1)} s, random state {row['random_state']}",
            False,
        ),
        ("Point in time", f"{proof}{why}" if proof else "", False),
        *((name.replace("_", " ").capitalize(), str(row.get(name) or ""), True) for name in IDENTITY),
        ("To repeat it", f"insitu reproduce {row['model_version']}", True),
    ]
    return [fact for fact in found if fact[1]]
