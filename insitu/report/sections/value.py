"""What the decisions are worth on held-out rows, under the declared money of each outcome."""

from insitu.report.blocks import Section, figure, figures
from insitu.report.charts.profit import policies_compared, profit_by_threshold
from insitu.report.context import Context
from insitu.report.heldout_metrics import overall
from insitu.report.sections.quality import curve_of

POLICIES = {"profit": "the model", "profit_treat_all": "treat all", "profit_treat_none": "treat none"}


def value(context: Context) -> Section | None:
    """Profit by threshold and against the simple policies; left out where no costs are declared."""
    if context.task != "binary" or not context.config.get("costs"):
        return None
    metrics = overall(context)
    points = curve_of(context, "profit")
    thresholds = context.ask(
        "select threshold from {use__decisions} where threshold is not null order by batch_as_of desc limit 1"
    )
    version = (context.versions or [""])[0]
    measured = {metric: metrics.row(version, context.split, metric) for metric in POLICIES}
    known = {metric: row["value"] for metric, row in measured.items() if row.get("value") is not None}
    threshold = thresholds.first.get("threshold")
    rows = [{"policy": POLICIES[m], **{k: measured[m][k] for k in ("value", "ci_low", "ci_high")}} for m in known]
    chosen = "" if threshold is None else f" The decisions use {threshold:.3f}, the best for calibrated scores."
    body = figures(
        figure(
            "Profit by threshold",
            profit_by_threshold(points, threshold, known),
            "Mean money a row on the held-out rows when all from a score upwards are treated." + chosen,
            points,
            thresholds,
        ),
        figure(
            "Against simple policies",
            policies_compared(rows),
            "Mean money a row with its 95 % interval, the same rows and costs for all three.",
            metrics.answer,
        ),
    )
    return Section("value", "Value of acting on it", body)
