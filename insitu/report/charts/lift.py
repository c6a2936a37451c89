"""Lift of each decile of the score, and the gain of taking the deciles from the top."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import ACCENT, MUTED, axis, data, label, render, rule, share_axis
from insitu.report.markup import Html


def lift(points: Answer) -> Html:
    """Rows (point, y): decile of descending score, positives in it over the base rate."""
    if not points:
        return Html()
    base = alt.Chart(data(points)).encode(
        x=alt.X("point:O", title="Decile of the score, the highest first", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("y:Q", title="Lift", axis=axis()),
    )
    bars = base.mark_bar(color=ACCENT, cornerRadiusEnd=2, width={"band": 0.72})
    values = base.mark_text(baseline="bottom", dy=-3, color=MUTED).encode(text=alt.Text("y:Q", format=".1f"))
    return render(bars + values + rule(1) + label(1, "average"), "Lift by decile of the score")


def gain(points: Answer) -> Html:
    """Rows (x, y): share of rows taken from the top, share of the positives among them."""
    if not points:
        return Html()
    start = [{"x": 0, "y": 0}]
    base = alt.Chart(data([*start, *points])).encode(
        x=alt.X("x:Q", title="Share of rows, by descending score", axis=share_axis()),
        y=alt.Y("y:Q", title="Share of all positives", axis=share_axis()),
    )
    chance = alt.Chart(data([*start, {"x": 1, "y": 1}])).mark_line(color=MUTED, strokeWidth=1, strokeDash=[3, 3])
    area = base.mark_area(color=ACCENT, opacity=0.12)
    return render(area + chance.encode(x="x:Q", y="y:Q") + base.mark_line(color=ACCENT), "Gain by share of rows")
