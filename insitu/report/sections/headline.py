"""Who is in charge, how good it is, what it did, and whether something needs attention."""

from insitu.report.ask import Answer
from insitu.report.blocks import Section, Tile, nothing, source, tiles
from insitu.report.context import Context
from insitu.report.heldout_metrics import Metrics, overall
from insitu.report.markup import Html, join, tag
from insitu.report.wording import count, interval, metric_name, metric_value, moment

SHOWN = ("expected_calibration_error", "profit", "profit_uplift", "mae", "rmse", "r2", "bias")


def headline(context: Context) -> Section:
    """Champion and the numbers that matter."""
    metrics = overall(context)
    predictions = context.ask("select count(*) as n, max(batch_as_of) as latest from {use__predictions}")
    outcomes = context.ask("select count(*) as n from {use__outcomes}")
    alerts = context.ask(
        "select severity, count(*) as n from {alerts} where use_case = ? group by severity order by severity",
        context.use_case,
    )
    body = join(
        _champion(context),
        tiles(_quality(context, metrics)),
        tiles(_activity(predictions, outcomes, alerts)),
        source(context.champion, metrics.answer, predictions, outcomes, alerts),
    )
    return Section("headline", "At a glance", body)


def _champion(context: Context) -> Html:
    row = context.champion.first
    if not row:
        return nothing(context.champion, otherwise="No model has been promoted yet: see the promotion decisions below.")
    return tag(
        "p",
        tag("strong", row["model_version"]),
        f" ({title_of(row)}) is in charge since {moment(row['champion_since'])}: {row['reason']}. "
        f"It was trained on {count(row['trained_rows'])} rows known by {moment(row['training_as_of'])}.",
        class_="lead",
    )


def title_of(row: dict[str, object]) -> str:
    """The family of a model in words."""
    return str(row["family"]).replace("_", " ")


def _quality(context: Context, metrics: Metrics) -> list[Tile]:
    version = context.champion_version
    result = []
    for metric in dict.fromkeys([context.metric, *SHOWN]):
        row = metrics.row(version, context.split, metric)
        if row.get("value") is None:
            continue
        between = interval(metric, row["ci_low"], row["ci_high"])
        note = f"95 %: {between}" if between else f"on the {context.split}"
        if metric == "profit":
            policies = [metrics.value(version, context.split, f"profit_treat_{who}") for who in ("all", "none")]
            note = f"treating all {metric_value(metric, policies[0])}, none {metric_value(metric, policies[1])}"
        result.append(Tile(f"{metric_name(metric)}, {context.split}", metric_value(metric, row["value"]), note))
    return result[:4]


def _activity(predictions: Answer, outcomes: Answer, alerts: Answer) -> list[Tile]:
    latest = predictions.first.get("latest")
    opened = sum(row["n"] for row in alerts)
    errors = any(row["severity"] == "error" for row in alerts)
    return [
        Tile(
            "Predictions",
            count(predictions.first.get("n", 0)),
            f"last batch {moment(latest)}" if latest else "no batch yet",
        ),
        Tile("Outcomes known", count(outcomes.first.get("n", 0))),
        Tile("Open alerts", "?", "not built", "attention")
        if alerts.missing
        else Tile(
            "Open alerts",
            count(opened),
            ", ".join(f"{row['n']} {row['severity']}" for row in alerts) or "all quiet",
            "bad" if errors else "attention" if opened else "good",
        ),
    ]
