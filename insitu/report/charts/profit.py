"""Profit: by threshold, and of the three policies."""

import altair as alt

from insitu.report.ask import Answer
from insitu.report.charts.theme import ACCENT, MUTED, SECOND, axis, data, label, layer, render, rule
from insitu.report.markup import Html


def profit_by_threshold(points: Answer, threshold: float | None, policies: dict[str, float]) -> Html:
    """Rows (threshold, y): mean money a row when rows from the threshold up are treated.

    Args:
        points: of one model, the point that treats none has no threshold.
        threshold: the one in force, if any.
        policies: value of the metrics profit, profit_treat_all and profit_treat_none.
    """
    rows = [row for row in points if row["threshold"] is not None]
    if not rows:
        return Html()
    line = (
        alt.Chart(data(rows))
        .mark_line(color=ACCENT, interpolate="step-before")
        .encode(
            x=alt.X("threshold:Q", title="Threshold: rows with a score from here up are treated", axis=axis()),
            y=alt.Y("y:Q", title="Profit a row", axis=axis(), scale=alt.Scale(zero=False)),
        )
    )
    layers: list[alt.Chart] = []
    words_on_top: list[alt.Chart] = []
    for metric, words in (("profit_treat_all", "treating all"), ("profit_treat_none", "treating none")):
        if metric in policies:
            layers.append(rule(policies[metric]))
            words_on_top.append(label(policies[metric], words))
    layers.append(line)
    if threshold is not None:
        layers.append(rule(threshold, "x", SECOND))
        words_on_top.append(label(threshold, f"chosen: {threshold:.3f}", "x"))
        if "profit" in policies:
            chosen = alt.Chart(data([{"threshold": threshold, "y": policies["profit"]}]))
            layers.append(
                chosen.mark_point(filled=True, size=90, color=SECOND, opacity=1).encode(x="threshold:Q", y="y:Q")
            )
    return render(layer(*layers, *words_on_top), "Profit a row by threshold, the chosen one marked")


def policies_compared(rows: list[dict[str, object]]) -> Html:
    """Rows (policy, value, ci_low, ci_high), the model's policy first."""
    if not rows:
        return Html()
    order = [str(row["policy"]) for row in rows]
    colours = alt.Scale(domain=order, range=[ACCENT] + [MUTED] * (len(order) - 1))
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("policy:N", sort=order, title=None, axis=alt.Axis(grid=False)),
        color=alt.Color("policy:N", scale=colours, legend=None),
    )
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title="Profit a row, 95 % interval", axis=axis(), scale=alt.Scale(zero=False)),
        x2="ci_high:Q",
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x="value:Q")
    words = base.mark_text(dy=-12).encode(x="value:Q", text=alt.Text("value:Q", format=",.2f"))
    return render(layer(spans, dots, words), "Profit of the model against treating all and none", height=220)
