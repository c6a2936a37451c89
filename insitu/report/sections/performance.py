"""How the champion does after deployment, once outcomes are known."""

from insitu.report.ask import Answer, Row
from insitu.report.blocks import Section, figure, figures, nothing, source, table
from insitu.report.charts.over_time import lines, volume, with_interval
from insitu.report.context import Context
from insitu.report.heldout_metrics import Metrics, overall
from insitu.report.markup import Html, join, tag
from insitu.report.wording import count, interval, metric_name, metric_value, moment

COMPARED = (
    "log_loss",
    "expected_calibration_error",
    "base_rate",
    "mean_score",
    "mean_label",
    "rmse",
    "bias",
    "r2",
    "profit",
    "profit_uplift",
)
SECOND = {"binary": ("log_loss", "brier"), "multiclass": ("accuracy", "log_loss"), "regression": ("bias", "rmse")}
SAYS = {
    "log_loss": "Rises when scores are wrong or overconfident.",
    "bias": "Mean error: away from zero, predictions are too high or too low.",
}
RATES = {"base_rate": "observed", "mean_label": "observed", "mean_score": "predicted"}


def performance(context: Context) -> Section:
    """The judging metric by day, predicted against observed, volumes, and the recent past against the test."""
    metrics = overall(context)
    daily = _daily(context, context.metric)
    rates = context.ask(
        """
        select day, metric, sum(value * n_rows) / sum(n_rows) as value
        from {mon_performance}
        where use_case = ? and metric in ('base_rate', 'mean_label', 'mean_score') and value is not null
        group by day, metric
        order by day, metric
        """,
        context.use_case,
    )
    volumes = context.ask(
        """
        select day, cast(sum(n_predictions) as bigint) as n_predictions, cast(sum(n_labelled) as bigint) as n_labelled
        from {mon_volume}
        where use_case = ?
        group by day
        order by day
        """,
        context.use_case,
    )
    promised = metrics.value(context.champion_version, context.split, context.metric)
    charts = [figure("Volume", volume(volumes), "Predictions by day; solid where the outcome is known.", volumes)]
    if daily:
        picture = with_interval(daily, metric_name(context.metric), promised, f"promised by the {context.split}")
        words = "Each day’s outcomes with their 95 % interval; a wide one means few rows."
        charts = [
            figure(f"{metric_name(context.metric)} by day", picture, words, daily),
            *_second(context, metrics),
            figure("Predicted and observed", _rates(context, rates), "Mean score and what came true, by day.", rates),
            *charts,
        ]
    body = join(_recent(context, metrics), figures(*charts))
    return Section("performance", "Performance since deployment", body)


def _second(context: Context, metrics: Metrics) -> list[Html]:
    """Another view on the same days: a proper score for probabilities, the bias of a regression."""
    metric = next((m for m in SECOND[context.task] if m != context.metric), "")
    daily = _daily(context, metric)
    if not daily:
        return []
    promised = metrics.value(context.champion_version, context.split, metric)
    picture = with_interval(daily, metric_name(metric), promised, context.split)
    return [figure(f"{metric_name(metric)} by day", picture, SAYS.get(metric, ""), daily)]


def _daily(context: Context, metric: str) -> Answer:
    found = context.ask(
        """
        select day, model_version, value, ci_low, ci_high, n_rows
        from {mon_performance}
        where use_case = ? and metric = ? and value is not null
        order by day, model_version
        """,
        context.use_case,
        metric,
    )
    for row in found:
        row["name"] = row["model_version"]
    return found


def _rates(context: Context, rates: Answer) -> Html:
    rows: list[Row] = [{"day": row["day"], "name": RATES[row["metric"]], "value": row["value"]} for row in rates]
    share = context.task == "binary"
    return lines(rows, ["predicted", "observed"], "Rate" if share else "Mean", as_share=share)


def _recent(context: Context, metrics: Metrics) -> Html:
    found = context.ask(
        """
        select model_version, first_as_of, last_as_of, metric, value, ci_low, ci_high, n_rows
        from {mon_recent_performance}
        where use_case = ?
        order by last_as_of desc, model_version, metric
        """,
        context.use_case,
    )
    if not found:
        return nothing(found, otherwise="No outcome is known yet: they come when as_of moves forward.")
    first = found.first
    recent = {row["metric"]: row for row in found if row["model_version"] == first["model_version"]}
    rows = [
        (
            metric_name(metric),
            metric_value(metric, recent[metric]["value"]),
            interval(metric, recent[metric]["ci_low"], recent[metric]["ci_high"]),
            metric_value(metric, metrics.value(first["model_version"], context.split, metric)),
        )
        for metric in dict.fromkeys([context.metric, *COMPARED])
        if metric in recent and recent[metric]["value"] is not None
    ]
    caption = (
        f"{first['model_version']}: {count(first['n_rows'])} outcomes of {moment(first['first_as_of'])} to "
        f"{moment(first['last_as_of'])}, beside the {context.split}."
    )
    columns = ["Metric", "Recent", "95 %", context.split.capitalize()]
    return tag("div", table(columns, rows, caption, range(1, 4), "narrow"), source(found))
