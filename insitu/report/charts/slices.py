"""A metric slice by slice, with its intervals."""

import altair as alt

from insitu.report.ask import Row
from insitu.report.charts.theme import ACCENT, axis, data, label, layer, render, rule
from insitu.report.markup import Html


def slices(rows: list[Row], title: str, overall: float | None) -> Html:
    """Rows (slice, value, ci_low, ci_high), in their order."""
    if not rows:
        return Html()
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("slice:N", sort=[row["slice"] for row in rows], title=None, axis=alt.Axis(grid=False))
    )
    spans = base.mark_rule(color=ACCENT, strokeWidth=2, opacity=0.55).encode(x="ci_low:Q", x2="ci_high:Q")
    dots = base.mark_point(filled=True, color=ACCENT, size=70, opacity=1).encode(
        x=alt.X("value:Q", title=title, axis=axis(), scale=alt.Scale(zero=False))
    )
    before, after = ([], []) if overall is None else ([rule(overall, "x")], [label(overall, "all", "x")])
    return render(layer(*before, spans, dots, *after), f"{title} by slice", height=80 + 22 * len(rows))
