"""Precision-recall curves."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import data, label, layer, render, rule, series, share_axis
from insitu.report.markup import Html


def precision_recall(points: Answer, names: list[str], base_rate: float | None) -> Html:
    """Rows (name, point, x, y); the champion's name first."""
    if not points:
        return Html()
    chart: alt.LayerChart = layer(
        alt.Chart(data(points))
        .mark_line()
        .encode(
            x=alt.X("x:Q", title="Recall", axis=share_axis(), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("y:Q", title="Precision", axis=share_axis(), scale=alt.Scale(domain=[0, 1])),
            order="point:Q",
            **series("name", names),
        )
    )
    if base_rate is not None:
        chart = layer(rule(base_rate), chart, label(base_rate, "base rate"))
    return render(chart, "Precision against recall of " + ", ".join(names))
