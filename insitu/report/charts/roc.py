"""ROC curves."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import MUTED, data, render, series, share_axis
from insitu.report.markup import Html


def roc(points: Answer, names: list[str]) -> Html:
    """Rows (name, point, x, y); the champion's name first."""
    if not points:
        return Html()
    lines = (
        alt.Chart(data(points))
        .mark_line()
        .encode(
            x=alt.X("x:Q", title="False positive rate", axis=share_axis()),
            y=alt.Y("y:Q", title="True positive rate", axis=share_axis()),
            order="point:Q",
            **series("name", names),
        )
    )
    chance = alt.Chart(data([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        color=MUTED, strokeWidth=1, strokeDash=[3, 3]
    )
    return render(chance.encode(x="x:Q", y="y:Q") + lines, "ROC curves of " + ", ".join(names))
