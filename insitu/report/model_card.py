"""The Markdown model card of one version, by the conventions of Hugging Face's model cards.

YAML header with tags and metrics, then: description, intended use, data, procedure, evaluation, explanation,
provenance. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from insitu.metrics import usual
from insitu.report import card

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
        _use(row),
        _data(row),
        _procedure(row),
        _evaluation(metrics, str(config.get("selection_metric") or usual(str(row["task"])))),
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
    return "\n\n".join(part for part in ("## Description", said, _listed(card.question(config, row))) if part)


def _listed(facts: card.Facts) -> str:
    return "\n".join(f"- {term}: " + (f"`{value}`" if is_code else value) for term, value, is_code in facts)


def _use(row: Row) -> str:
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
    sentences = card.procedure(row)
    return "## Training procedure\n\n" + "\n\n".join(sentences) if sentences else ""


def _evaluation(metrics: Sequence[Row], judged_by: str) -> str:
    tested = _overall(metrics, "test")
    if not tested:
        return "## Evaluation\n\nNot evaluated yet."
    validation = {m["metric"]: m for m in _overall(metrics, "validation")}
    rows = [(str(m["metric"]), _value(m), _value(validation.get(m["metric"])), f"{m['n_rows']:,}") for m in tested]
    parts = ["## Evaluation", "", "The test lies later than everything used for any choice, behind a gap.", ""]
    parts.append(_table(("metric", "test (95 % interval)", "validation", "test rows"), rows))
    sliced = [m for m in metrics if m["split"] == "test" and not _is_overall(m)]
    first = judged_by if any(m["metric"] == judged_by for m in sliced) else (sliced[0]["metric"] if sliced else "")
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
    return "## Provenance\n\n" + _listed(card.provenance(row))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in cells)
