"""How well the scores rank rows and how well they are calibrated: the curves over held-out rows."""

from insitu.report.ask import Answer
from insitu.report.blocks import Section, figure, figures, note
from insitu.report.charts.calibration import calibration
from insitu.report.charts.lift import gain, lift
from insitu.report.charts.precision_recall import precision_recall
from insitu.report.charts.roc import roc
from insitu.report.charts.scores import residuals, scores_by_label
from insitu.report.context import Context
from insitu.report.heldout_metrics import Metrics, overall
from insitu.report.markup import Html, join
from insitu.report.wording import metric_value

MOST_MODELS = 5


def quality(context: Context) -> Section:
    """The curves of the task, as far as `ml_curves` has them."""
    metrics = overall(context)
    shown = _regression(context) if context.task == "regression" else _classification(context, metrics)
    which = "There is no champion yet." if not context.champion else ""
    if context.champion and context.task != "regression":
        which = "The champion is the solid line."
    lead = note(f"On the rows of the {context.split} split, which no model was fitted on. {which}")
    return Section("quality", "Quality on held-out rows", join(lead, figures(*shown)))


def curve_of(context: Context, curve: str) -> Answer:
    """The points of one curve of the first model (the champion)."""
    return context.ask(
        """
        select curve, point, threshold, x, y, n_rows
        from {ml_curves}
        where use_case = ? and model_version = ? and snapshot_id = ? and split = ? and curve = ?
        order by point
        """,
        context.use_case,
        (context.versions or [""])[0],
        context.snapshot,
        context.split,
        curve,
    )


def _compared(context: Context, curve: str) -> Answer:
    versions = context.versions[:MOST_MODELS] or [""]
    found = context.ask(
        f"""
        select model_version, point, threshold, x, y
        from {{ml_curves}}
        where use_case = ? and snapshot_id = ? and split = ? and curve = ?
            and model_version in ({", ".join("?" * len(versions))})
        order by model_version, point
        """,
        context.use_case,
        context.snapshot,
        context.split,
        curve,
        *versions,
    )
    for row in found:
        row["name"] = context.short_name(row["model_version"])
    return found


def _names(context: Context, points: Answer) -> list[str]:
    present = {row["model_version"] for row in points}
    return [context.short_name(version) for version in context.versions if version in present]


def _classification(context: Context, metrics: Metrics) -> list[Html]:
    def of_champion(metric: str) -> str:
        return metric_value(metric, metrics.value((context.versions or [""])[0], context.split, metric))

    roc_points, pr_points = _compared(context, "roc"), _compared(context, "precision_recall")
    bins, deciles, gains = (curve_of(context, name) for name in ("calibration", "lift", "gain"))
    scores = _score_distribution(context)
    base_rate = metrics.value((context.versions or [""])[0], context.split, "base_rate")
    return [
        figure(
            "ROC",
            roc(roc_points, _names(context, roc_points)),
            f"Positives found against false alarms raised. AUC {of_champion('auc')}; the dotted line is chance.",
            roc_points,
        ),
        figure(
            "Precision and recall",
            precision_recall(pr_points, _names(context, pr_points), base_rate),
            f"Of the rows flagged, how many are right. Average precision {of_champion('average_precision')}.",
            pr_points,
        ),
        figure(
            "Calibration",
            calibration(bins, as_share=True),
            "Ten bins of equally many rows: on the dotted line a score of 30 % comes true in 30 % of the cases. "
            f"Expected error {of_champion('expected_calibration_error')}.",
            bins,
        ),
        figure(
            "Score distribution",
            scores_by_label(scores),
            "Positives above the line, negatives below; the less they mirror each other, the better.",
            scores,
        ),
        figure("Lift", lift(deciles), "Positives in each tenth of the rows, compared with the average.", deciles),
        figure(
            "Gain",
            gain(gains),
            "Share of all positives found by taking rows from the top; the dotted line is chance.",
            gains,
        ),
    ]


def _score_distribution(context: Context) -> Answer:
    return context.ask(
        """
        select curve, point, threshold, x, y, n_rows
        from {ml_curves}
        where use_case = ? and model_version = ? and snapshot_id = ? and split = ?
            and curve in ('score_distribution_positive', 'score_distribution_negative')
        order by curve, point
        """,
        context.use_case,
        (context.versions or [""])[0],
        context.snapshot,
        context.split,
    )


def _regression(context: Context) -> list[Html]:
    bins, spread = curve_of(context, "calibration"), curve_of(context, "residual_distribution")
    return [
        figure(
            "Predicted and observed",
            calibration(bins, as_share=False),
            "Ten bins of equally many rows: the mean label against the mean prediction; ideal is the dotted line.",
            bins,
        ),
        figure("Residuals", residuals(spread), "Label minus prediction; the outer bars hold the extremes.", spread),
    ]
