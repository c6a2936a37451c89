"""The Markdown model card of one version, by the conventions of Hugging Face's model cards.

YAML header with tags and metrics, then: description, intended use, data, procedure, evaluation, explanation,
provenance. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

TASKS = {"regression": "tabular-regression", "binary": "tabular-classification", "multiclass": "tabular-classification"}
MAX_FEATURES = 15
MAX_SLICES = 20

Row = Mapping[str, Any]


def render(row: Row, metrics: Sequence[Row], config: Mapping[str, Any]) -> str:
    """The model card.

    Args:
        row: the version's row of `<use_case>__models`.
        metrics: its rows of `<use_case>__metrics`.
        config: `meta.ml` of the use case.
    """
    parts = [
        _header(row, metrics),
        f"# {row['model_version']}",
        _description(row, config),
        _use(row, config),
        _data(row),
        _procedure(row),
        _evaluation(metrics),
        _explanation(row),
        _provenance(row),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overall(metrics: Sequence[Row], split: str) -> list[Row]:
    found = [m for m in metrics if m["split"] == split and m["value"] is not None and _is_overall(m)]
    return sorted(found, key=lambda m: str(m["metric"]))


def _is_overall(metric: Row) -> bool:
    return metric["slice_column"] in (None, "", "all", "overall")


def _header(row: Row, metrics: Sequence[Row]) -> str:
    results = [{"type": str(m["metric"]), "value": float(m["value"])} for m in _overall(metrics, "test")]
    header: dict[str, Any] = {
        "library_name": "sklearn",
        "pipeline_tag": TASKS.get(str(row["task"]), "tabular-classification"),
        "tags": ["sklearn", "skops", "tabular", str(row["use_case"]), str(row["family"])],
    }
    if results:
        result = {
            "task": {"type": header["pipeline_tag"]},
            "dataset": {
                "name": f"{row['use_case']}__snapshots",
                "type": "warehouse",
                "revision": str(row["snapshot_id"]),
            },
            "metrics": results,
        }
        header["model-index"] = [{"name": str(row["model_version"]), "results": [result]}]
    return "---\n" + yaml.safe_dump(header, sort_keys=False, allow_unicode=True).rstrip() + "\n---"


def _description(row: Row, config: Mapping[str, Any]) -> str:
    said = str(config.get("description") or "").strip()
    entity = ", ".join(map(str, config.get("entity") or []))
    text = (
        f"Predicts `{config.get('label')}` ({row['task']}) for each {entity} at its `{config.get('as_of', 'as_of')}`, "
        f"with the family `{row['family']}`, candidate `{row['candidate']}`."
    )
    return "## Description\n\n" + (said + "\n\n" if said else "") + text


def _use(row: Row, config: Mapping[str, Any]) -> str:
    signature = json.loads(row["signature"] or "{}")
    lines = [
        "## Intended use and limits",
        "",
        f"- Input: {len(signature.get('features', []))} columns with the names and types of the signature. "
        f"{signature.get('policy', '')}.",
        f"- Trained on what was known by {row['training_as_of']} UTC. Later changes of the world are not in it; the "
        "monitoring tables say when it ages.",
        "- Valid for rows like those of its training data. Slices below show where it is weaker.",
    ]
    if config.get("costs"):
        costs = ", ".join(f"{name} {value}" for name, value in config["costs"].items())
        lines.append(f"- Decisions weigh: {costs}.")
    return "\n".join(lines)


def _data(row: Row) -> str:
    signature = json.loads(row["signature"] or "{}")
    lines = [
        "## Training data",
        "",
        f"Snapshot `{row['snapshot_id']}`, {row['trained_rows'] or 0:,} rows fitted on.",
        "",
    ]
    rows = [
        (f"`{f['name']}`", f["kind"], f"{f['null_fraction']:.1%}", _range(f)) for f in signature.get("features", [])
    ]
    lines.append(_table(("feature", "kind", "missing", "seen in training"), rows))
    dropped = signature.get("dropped") or []
    if dropped:
        lines += ["", "Left out: " + "; ".join(f"`{d['name']}` ({d['reason']})" for d in dropped) + "."]
    return "\n".join(lines)


def _range(feature: Mapping[str, Any]) -> str:
    if feature["kind"] == "category":
        return f"{feature['n_categories']} categories"
    return f"{feature['min']:.6g} to {feature['max']:.6g}"


def _procedure(row: Row) -> str:
    lines = ["## Training procedure", ""]
    parameters = json.loads(row["parameters"] or "{}")
    lines.append("Parameters: " + (", ".join(f"`{k}` = {v}" for k, v in parameters.items()) or "the defaults") + ".")
    for note in json.loads(row["search_trace"] or "[]"):
        if note["step"] == "search_result":
            lines.append(
                f"\nSearch: {note['method']}, {note['trials']} trials on {note['folds']} temporal folds, best "
                f"{note['metric']} {note['score']:.4f}" + ("." if note["complete"] else " (ended by the budget).")
            )
        elif note["step"] == "calibration":
            lines.append(f"\nCalibration: {note['method']} on {note['rows']:,} later rows.")
        elif note["step"] == "early_stopping":
            lines.append(f"\nEarly stopping: {note['rounds']} rounds.")
        elif note["step"] == "stack":
            lines.append(f"\nStack of {', '.join(note['members'])} on {note['out_of_fold_rows']:,} out-of-fold rows.")
    if row["message"]:
        lines.append(f"\nNote: {row['message']}.")
    return "\n".join(lines)


def _evaluation(metrics: Sequence[Row]) -> str:
    tested = _overall(metrics, "test")
    if not tested:
        return "## Evaluation\n\nNot evaluated yet."
    validation = {m["metric"]: m for m in _overall(metrics, "validation")}
    rows = [(str(m["metric"]), _value(m), _value(validation.get(m["metric"])), f"{m['n_rows']:,}") for m in tested]
    parts = ["## Evaluation", "", "The test lies later than everything used for any choice, behind a gap.", ""]
    parts.append(_table(("metric", "test (95 % interval)", "validation", "test rows"), rows))
    sliced = [m for m in metrics if m["split"] == "test" and not _is_overall(m)]
    first = "auc" if any(m["metric"] == "auc" for m in sliced) else (sliced[0]["metric"] if sliced else "")
    chosen = sorted((m for m in sliced if m["metric"] == first and m["value"] is not None), key=lambda m: -m["n_rows"])
    if chosen:
        by_slice = [
            (f"{m['slice_column']} = {m['slice_value']}", _value(m), f"{m['n_rows']:,}") for m in chosen[:MAX_SLICES]
        ]
        parts += ["", f"### {first} by slice (test)", "", _table(("slice", first, "rows"), by_slice)]
    return "\n".join(parts)


def _value(metric: Row | None) -> str:
    if metric is None or metric["value"] is None:
        return ""
    text = f"{metric['value']:.4f}"
    if metric.get("ci_low") is not None and metric.get("ci_high") is not None:
        text += f" ({metric['ci_low']:.4f} to {metric['ci_high']:.4f})"
    return text


def _explanation(row: Row) -> str:
    importance = json.loads(row["feature_importance"] or "[]")
    if not importance:
        return ""
    rows = [(f"`{i['feature']}`", f"{i['importance']:.4f}", f"{i['std']:.4f}") for i in importance[:MAX_FEATURES]]
    return "\n".join(
        [
            "## What it looks at",
            "",
            f"Loss in {importance[0]['metric']} on validation rows when the feature is shuffled.",
            "",
            _table(("feature", "importance", "std"), rows),
        ]
    )


def _provenance(row: Row) -> str:
    versions = json.loads(row["library_versions"] or "{}")
    items = [
        ("training key", row["training_key"]),
        ("snapshot", row["snapshot_id"]),
        ("artifact SHA-256", row["artifact_sha256"]),
        ("training code", row["code_hash"]),
        ("git revision", row["git_revision"]),
        ("random state", row["random_state"]),
        ("libraries", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("trained at", f"{row['created_at']} UTC, in {row['fit_seconds']} s"),
    ]
    lines = ["## Provenance", "", *(f"- {name}: {value}" for name, value in items if value), ""]
    lines.append(f"Repeat it bit for bit: `insitu reproduce {row['model_version']}`.")
    return "\n".join(lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in cells)
