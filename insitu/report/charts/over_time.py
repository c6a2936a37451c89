"""Lines over days: a metric with its interval, named series, volumes."""

import altair as alt

from insitu.report.ask import Answer, Row
from insitu.report.charts.theme import ACCENT, DASHES, MUTED, axis, data, label, layer, render, rule, series, time
from insitu.report.markup import Html


def with_interval(points: Answer, title: str, reference: float | None = None, words: str = "") -> Html:
    """Rows (day, name, value, ci_low, ci_high), one line per name, and a reference line."""
    if not points:
        return Html()
    names = list(dict.fromkeys(row["name"] for row in reversed(points.rows)))
    base = alt.Chart(data(points)).encode(x=time("day", points.rows), **series("name", names))
    spans = base.mark_rule(strokeWidth=2, opacity=0.45, strokeDash=DASHES[0]).encode(y="ci_low:Q", y2="ci_high:Q")
    value = alt.Y("value:Q", title=title, axis=axis(), scale=alt.Scale(zero=False))
    line = base.mark_line().encode(y=value)
    dots = base.mark_point(filled=True, size=50, opacity=1).encode(y=value)
    before, after = ([], []) if reference is None else ([rule(reference)], [label(reference, words)])
    return render(layer(*before, spans, line, dots, *after), f"{title} by day")


def lines(rows: list[Row], names: list[str], title: str, as_share: bool = False, zero: bool = False) -> Html:
    """Rows (day, name, value), one line per name in the given order."""
    shown = [row for row in rows if row["value"] is not None]
    if not shown:
        return Html()
    shape = axis(format=".0%") if as_share else axis()
    base = alt.Chart(data(shown)).encode(
        x=time("day", shown),
        y=alt.Y("value:Q", title=title, axis=shape, scale=alt.Scale(zero=zero)),
        **series("name", names),
    )
    dots = base.mark_point(filled=True, size=45, opacity=1)
    return render(layer(base.mark_line(), dots), f"{title} by day: {', '.join(names)}")


def volume(points: Answer) -> Html:
    """Rows (day, n_predictions, n_labelled)."""
    if not points:
        return Html()
    base = alt.Chart(data(points)).encode(x=time("day", points.rows, bars=True))
    rows = alt.Y("n_predictions:Q", title="Predictions", axis=axis())
    band = {"band": 0.7}
    predictions = base.mark_bar(color=MUTED, opacity=0.35, width=band).encode(y=rows)
    labelled = base.mark_bar(color=ACCENT, width=band).encode(y="n_labelled:Q")
    return render(layer(predictions, labelled), "Predictions by day, and those whose outcome is known")
