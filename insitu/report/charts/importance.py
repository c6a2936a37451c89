"""What the model looks at: importance of features, and the shape of their effect."""

from typing import Any

import altair as alt

from insitu.report.charts.theme import ACCENT, INK, axis, data, render
from insitu.report.markup import Html


def importance(items: list[dict[str, Any]], title: str) -> Html:
    """Items (feature, importance, std), the most important first."""
    if not items:
        return Html()
    rows = [
        {
            **item,
            "low": item["importance"] - (item.get("std") or 0),
            "high": item["importance"] + (item.get("std") or 0),
        }
        for item in items
    ]
    names = alt.Y("feature:N", sort=[row["feature"] for row in rows], title=None, axis=alt.Axis(grid=False))
    base = alt.Chart(data(rows)).encode(y=names)
    bars = base.mark_bar(color=ACCENT, cornerRadiusEnd=2, height={"band": 0.66}).encode(
        x=alt.X("importance:Q", title=title, axis=axis())
    )
    spans = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q")
    return render(bars + spans, "Importance of the features", height=60 + 20 * len(rows))


def dependence(item: dict[str, Any]) -> Html:
    """One entry of `partial_dependence`: feature, values, scores."""
    values, scores = item["values"], item["scores"]
    if not values or not scores or isinstance(scores[0], list):
        return Html()
    rows = [{"value": value, "score": score} for value, score in zip(values, scores, strict=False)]
    scale = alt.Scale(zero=False)
    score = alt.Y("score:Q", title="Mean score", axis=axis(tickCount=4), scale=scale)
    if all(isinstance(value, int | float) for value in values):
        chart = alt.Chart(data(rows)).mark_line(color=ACCENT, point={"filled": True, "color": ACCENT, "size": 18})
        encoded = chart.encode(x=alt.X("value:Q", title=None, axis=axis(), scale=scale), y=score)
    else:
        rows = [{**row, "value": str(row["value"])} for row in rows]
        chart = alt.Chart(data(rows)).mark_point(color=ACCENT, filled=True, size=60, opacity=1)
        encoded = chart.encode(x=alt.X("value:N", title=None, sort="-y", axis=alt.Axis(labelAngle=-45)), y=score)
    return render(encoded, f"Mean score by {item['feature']}", height=200)
