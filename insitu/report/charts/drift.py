"""Drift: the features that moved most, their history, and the score's own."""

import altair as alt

from insitu.report.ask import Answer, Row
from insitu.report.charts.theme import DASHES, FEW_DAYS, axis, data, label, layer, render, rule, series, time
from insitu.report.markup import Html

LEVELS = ["PSI < 0.1", "0.1 to 0.25", "> 0.25"]
COLOURS = ["var(--calm)", "var(--notice)", "var(--alarm)"]


def level(psi: float) -> str:
    """The usual reading of a population stability index."""
    return LEVELS[0] if psi < 0.1 else LEVELS[1] if psi < 0.25 else LEVELS[2]


def _colour() -> alt.Color:
    legend = alt.Legend(title=None, symbolType="square", symbolSize=110, columnPadding=8)
    return alt.Color("level:N", scale=alt.Scale(domain=LEVELS, range=COLOURS), legend=legend, sort=LEVELS)


def top_drift(rows: list[Row]) -> Html:
    """Rows (feature, psi) of the last batch, the largest first. The scale is a square root: extremes stay in view."""
    if not rows:
        return Html()
    shown = [{**row, "level": level(row["psi"])} for row in rows]
    names = [row["feature"] for row in shown]
    base = alt.Chart(data(shown)).encode(y=alt.Y("feature:N", sort=names, title=None, axis=alt.Axis(grid=False)))
    size = alt.X("psi:Q", title="PSI of the last batch (square-root scale)", axis=axis(), scale=alt.Scale(type="sqrt"))
    bars = base.mark_bar(cornerRadiusEnd=2, height={"band": 0.66}).encode(x=size, color=_colour())
    limits = [rule(value, "x") for value in (0.1, 0.25)]
    return render(layer(*limits, bars), "Features that moved most in the last batch", height=90 + 20 * len(rows))


def drift_history(rows: list[Row], features: list[str]) -> Html:
    """Rows (feature, batch_as_of, psi), one cell per batch and feature."""
    if not rows:
        return Html()
    shown = [{**row, "level": level(row["psi"]), "batch": f"{row['batch_as_of']:%Y-%m-%d}"} for row in rows]
    batches = sorted({row["batch"] for row in shown})
    # month and day; upright where there is room
    labels = alt.Axis(
        labelAngle=0 if len(batches) <= FEW_DAYS else -90,
        labelExpr="slice(datum.label, 5)",
        grid=False,
        labelOverlap=True,
    )
    cells = (
        alt.Chart(data(shown))
        .mark_rect(stroke="var(--paper)", strokeWidth=2)
        .encode(
            x=alt.X("batch:O", title=None, axis=labels),
            y=alt.Y("feature:N", sort=features, title=None, axis=alt.Axis(grid=False)),
            color=_colour(),
        )
    )
    return render(cells, "Drift of features by batch", height=90 + 20 * len(features))


def score_drift(points: Answer, limit: float | None) -> Html:
    """Rows (batch_as_of, name, value): the drift of each batch's scores against the held-out ones, by measure."""
    if not points:
        return Html()
    names = list(dict.fromkeys(row["name"] for row in points))
    base = alt.Chart(data(points)).encode(
        x=time("batch_as_of", points.rows),
        y=alt.Y("value:Q", title=None, axis=axis(), scale=alt.Scale(domainMin=0)),
        **series("name", names),
    )
    dots = base.mark_point(filled=True, size=45, opacity=1, strokeDash=DASHES[0])
    before, after = ([], []) if limit is None else ([rule(limit)], [label(limit, f"alert above {limit:g}")])
    return render(layer(*before, base.mark_line(), dots, *after), "Drift of the score by batch")
