"""Episodes of alerts as bars on a time line, one lane for each cause."""

from collections.abc import Sequence

import altair as alt

from insitu.report.ask import Row
from insitu.report.charts.theme import MUTED, axis, data, render
from insitu.report.markup import Html

LANE = 26  # pixels
COLOURS = {"error": "var(--alarm)", "warn": "var(--notice)", "resolved": MUTED}


def time_line(rows: Sequence[Row], lanes: Sequence[str]) -> Html:
    """Rows (cause, opened_at, ends_at, kind), a kind being error, warn or resolved; lanes from top to bottom."""
    colours = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    time = alt.X(
        "opened_at:T",
        scale=alt.Scale(type="utc"),
        title=None,
        axis=axis(format="%d %b", grid=False, labelOverlap="greedy", labelSeparation=14),
    )
    bars = (
        alt.Chart(data(rows))
        .mark_bar(size=LANE // 2, opacity=0.7, cornerRadius=2)
        .encode(
            x=time,
            x2="ends_at:T",
            y=alt.Y("cause:N", sort=list(lanes), title=None, axis=alt.Axis(labelLimit=180)),
            color=alt.Color("kind:N", scale=colours, legend=alt.Legend(title=None, symbolType="square")),
        )
    )
    return render(bars, f"When alerts were open, by cause: {', '.join(lanes)}", height=60 + LANE * len(lanes))
