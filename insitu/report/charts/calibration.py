"""Reliability: what was predicted against what was observed."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import ACCENT, MUTED, axis, data, render, share_axis
from insitu.report.markup import Html


def calibration(points: Answer, as_share: bool) -> Html:
    """Rows (x, y, n_rows): mean score and mean label of bins of equally many rows, of one model."""
    if not points:
        return Html()
    shown = share_axis() if as_share else axis()
    base = alt.Chart(data(points)).encode(
        x=alt.X("x:Q", title="Mean predicted", axis=shown),
        y=alt.Y("y:Q", title="Observed", axis=shown),
    )
    ends = [row[key] for row in points for key in ("x", "y")]
    diagonal = [{"x": end, "y": end} for end in (min([0, *ends]), max(ends))]
    ideal = alt.Chart(data(diagonal)).mark_line(color=MUTED, strokeWidth=1, strokeDash=[3, 3]).encode(x="x:Q", y="y:Q")
    dots = base.mark_point(filled=True, size=70, color=ACCENT, opacity=1)
    return render(
        ideal + base.mark_line(color=ACCENT, strokeWidth=1.5) + dots, "Observed against predicted, by score bin"
    )
