"""Histograms: scores by label, residuals, the scores of one batch."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import ACCENT, MUTED, SECOND, axis, data, label, layer, render, rule, share_axis
from insitu.report.markup import Html

CLASSES = {"score_distribution_positive": "positive", "score_distribution_negative": "negative"}


def scores_by_label(points: Answer) -> Html:
    """Rows (curve, threshold, x, y): share of each label's rows by bin of the score; positives up, negatives down."""
    if not points:
        return Html()
    rows = [{**row, "label": CLASSES[row["curve"]]} for row in points]
    for row in rows:
        row |= {"low": row["threshold"], "high": 2 * row["x"] - row["threshold"]}
        row |= {"y": row["y"] if row["label"] == "positive" else -row["y"]}
    colours = alt.Scale(domain=["positive", "negative"], range=[ACCENT, MUTED])
    bars = (
        alt.Chart(data(rows))
        .mark_rect(stroke="var(--paper)", strokeWidth=1)
        .encode(
            x=alt.X("low:Q", title="Score", axis=axis()),
            x2="high:Q",
            y=alt.Y("y:Q", title="Share of the label's rows", axis=axis(labelExpr="format(abs(datum.value), '.0%')")),
            color=alt.Color("label:N", scale=colours, legend=alt.Legend(title=None, symbolType="square")),
        )
        .transform_calculate(zero="0")
        .encode(y2="zero:Q")
    )
    return render(bars, "Distribution of the score, positives above and negatives below the line")


def histogram(points: Answer, title: str, threshold: float | None = None) -> Html:
    """Rows (low, high, n) with bin edges; bars at or above the threshold are those acted upon."""
    if not points:
        return Html()
    rows = [{**row, "acted": threshold is not None and row["low"] >= threshold} for row in points]
    colour = alt.Color("acted:N", scale=alt.Scale(domain=[True, False], range=[SECOND, ACCENT]), legend=None)
    chart: alt.LayerChart = layer(
        alt.Chart(data(rows))
        .mark_rect(stroke="var(--paper)", strokeWidth=1)
        .transform_calculate(zero="0")
        .encode(
            x=alt.X("low:Q", title=title, axis=axis()),
            x2="high:Q",
            y=alt.Y("n:Q", title="Rows", axis=axis()),
            y2="zero:Q",
            color=colour,
        )
    )
    if threshold is not None:
        chart = layer(chart, rule(threshold, "x"), label(threshold, f"acts from {threshold:.2f}", "x"))
    return render(chart, f"Histogram: {title}")


def residuals(points: Answer) -> Html:
    """Rows (threshold, x, y) of the curve residual_distribution: label minus score."""
    if not points:
        return Html()
    rows = [{"low": row["threshold"], "high": 2 * row["x"] - row["threshold"], "y": row["y"]} for row in points]
    bars = (
        alt.Chart(data(rows))
        .mark_rect(stroke="var(--paper)", strokeWidth=1, color=ACCENT)
        .transform_calculate(zero="0")
        .encode(
            x=alt.X("low:Q", title="Label minus score", axis=axis()),
            x2="high:Q",
            y=alt.Y("y:Q", title="Share of rows", axis=share_axis()),
            y2="zero:Q",
        )
    )
    return render(layer(bars, rule(0, "x")), "Distribution of the residuals")
