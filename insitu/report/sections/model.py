"""The model card: question, data, candidates, parameters, provenance."""

import json

from insitu.quoting import identifier
from insitu.report import card
from insitu.report.ask import Answer
from insitu.report.blocks import Section, badge, breakable, facts, more, note, nothing, source, table, when
from insitu.report.context import Context
from insitu.report.heldout_metrics import Metrics, overall
from insitu.report.markup import Html, join, tag
from insitu.report.wording import count, interval, metric_name, metric_value, number, percent

ORDER = (
    "auc",
    "average_precision",
    "log_loss",
    "expected_calibration_error",
    "profit",
    "profit_uplift",
    "mae",
    "rmse",
    "r2",
)


def model(context: Context) -> Section:
    """What is known about the champion and how it was chosen."""
    registry = _registry(context)
    splits = _splits(context)
    metrics = overall(context)
    body = join(
        _shown([*card.question(context.config, registry.first), ("Judged by", metric_name(context.metric), False)]),
        tag("h4", "Data"),
        _data(context, splits),
        tag("h4", "Candidates compared"),
        _candidates(context, metrics),
        tag("h4", "Provenance"),
        _provenance(registry),
    )
    return Section("model", "Model card", body)


def _registry(context: Context) -> Answer:
    return context.ask(
        """
        select model_version, candidate, family, task, status, message, parameters, search_trace, signature,
            training_as_of, training_key, snapshot_id, artifact_sha256, code_hash, config_hash, git_revision,
            library_versions, random_state, trained_rows, fit_seconds, created_at, point_in_time, point_in_time_message
        from {use__models}
        where model_version = ?
        """,
        context.champion_version,
    )


def _splits(context: Context) -> Answer:
    label = identifier(str(context.config.get("label", "label")))
    time = context.time
    if context.task == "binary":
        label = f"cast({label} as integer)"  # it may be boolean, of which PostgreSQL makes no double precision number
    mean = "null" if context.task == "multiclass" else f"avg(cast({label} as double precision))"
    return context.ask(
        f"""
        select split, count(*) as n_rows, min({time}) as first_as_of, max({time}) as last_as_of,
            cast({mean} as double precision) as mean_label
        from {{use__snapshots}}
        where snapshot_id = ?
        group by split
        order by min({time}), max({time})
        """,
        context.snapshot,
    )


def _shown(items: card.Facts) -> Html:
    return facts((term, tag("code", value) if is_code else value) for term, value, is_code in items)


def _data(context: Context, splits: Answer) -> Html:
    if not splits:
        return nothing(splits)
    show = percent if context.task == "binary" else number
    rows = [
        (
            row["split"],
            count(row["n_rows"]),
            when(row["first_as_of"]),
            when(row["last_as_of"]),
            show(row["mean_label"]),
        )
        for row in splits
    ]
    rate = "Observed rate" if context.task == "binary" else "Mean label"
    caption = f"Snapshot {context.snapshot}, split by time. Nothing the test judges has seen the gap, or a late label."
    return join(table(["Split", "Rows", "First as-of", "Last as-of", rate], rows, caption, (1, 4)), source(splits))


def _candidates(context: Context, metrics: Metrics) -> Html:
    if not context.candidates:
        return nothing(metrics.answer, otherwise="No model has been trained yet.")
    present = set(metrics.names())
    shown = [m for m in dict.fromkeys([context.metric, *ORDER]) if m in present]
    rows = []
    for candidate in context.candidates:
        version = candidate["model_version"]
        name = join(breakable(version), " ", badge("champion", "good") if version == context.champion_version else "")
        if candidate["status"] != "trained":
            rows.append((join(name, badge("failed", "bad")), candidate["message"] or "", *[""] * len(shown)))
            continue
        for split in ("validation", "test"):
            cells = [_cell(metrics, version, split, metric) for metric in shown]
            rows.append((name if split == "validation" else "", split, *cells))
    columns = ["Model", "Split", *(metric_name(metric) for metric in shown)]
    caption = (
        "Validation chooses among the candidates; the test, later in time and behind a gap, judges the chosen one."
    )
    return join(table(columns, rows, caption, range(2, len(columns)), "candidates"), source(metrics.answer))


def _cell(metrics: Metrics, version: str, split: str, metric: str) -> Html:
    row = metrics.row(version, split, metric)
    between = interval(metric, row.get("ci_low"), row.get("ci_high"))
    return join(metric_value(metric, row.get("value")), tag("small", between) if between else "")


def _provenance(registry: Answer) -> Html:
    row = registry.first
    if not row:
        return nothing(registry, otherwise="No champion yet.")
    trace = card.loads(row["search_trace"], [])
    steps = tag("pre", tag("code", "\n".join(json.dumps(step, ensure_ascii=False) for step in trace)))
    return join(
        *(note(sentence) for sentence in card.procedure(row)),
        _shown(card.provenance(row)),
        more(f"Trace of the search ({len(trace)})", steps) if trace else "",
        source(registry),
    )
