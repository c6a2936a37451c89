"""How every chart looks, and how it becomes SVG in the page.

Colours are CSS variables of the page, so one SVG serves light, dark and print. They differ in lightness as well as in
hue; lines differ in their dashes too.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import vl_convert

from insitu.report.ask import Row
from insitu.report.markup import Html, text

INK, MUTED, GRID, PAPER = "var(--ink)", "var(--muted)", "var(--grid)", "var(--paper)"
ACCENT, SECOND, THIRD, FOURTH = "var(--accent)", "var(--second)", "var(--third)", "var(--fourth)"
SERIES = [ACCENT, SECOND, THIRD, FOURTH, MUTED]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3]]
WIDTH, HEIGHT = 400, 260
FEW_DAYS = 8

_FONT = "system-ui, sans-serif"


def data(rows: Iterable[Row]) -> alt.InlineData:
    """Rows as chart data: times in ISO format, UTC."""
    return alt.InlineData(values=[{key: _plain(value) for key, value in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, dt.date):
        return value.isoformat() + "T00:00:00Z"
    return value


def axis(**options: Any) -> alt.Axis:
    """An axis with few ticks."""
    return alt.Axis(**{"tickCount": 5, **options})


def share_axis() -> alt.Axis:
    """An axis of percentages."""
    return axis(format=".0%")


def time(column: str, rows: Sequence[Row], bars: bool = False) -> alt.X:
    """The time axis: one place per day for bars or while days are few, else continuous."""
    days = {row[column] for row in rows}
    if bars or len(days) <= FEW_DAYS:
        shown = alt.Axis(
            format="%d %b", formatType="utcFormat", labelAngle=0, grid=False, labelOverlap="greedy", labelSeparation=14
        )
        return alt.X(f"{column}:T", type="ordinal", timeUnit="utcyearmonthdate", title=None, axis=shown)
    return alt.X(
        f"{column}:T",
        scale=alt.Scale(type="utc"),
        title=None,
        axis=axis(format="%d %b", grid=False, labelOverlap="greedy", labelSeparation=14),
    )


def series(column: str, names: Sequence[str], title: str | None = None) -> dict[str, Any]:
    """Colour and dash of named series, in the given order; the first is the one that matters."""
    colours = alt.Scale(domain=list(names), range=_cycle(SERIES, len(names)))
    dashes = alt.Scale(domain=list(names), range=_cycle(DASHES, len(names)))
    legend: Any = None if len(names) < 2 else alt.Legend(title=title)
    return {
        "color": alt.Color(f"{column}:N", scale=colours, legend=legend, sort=list(names)),
        "strokeDash": alt.StrokeDash(f"{column}:N", scale=dashes, legend=legend, sort=list(names)),
    }


def _cycle(values: list[Any], size: int) -> list[Any]:
    return [values[min(i, len(values) - 1)] for i in range(size)]


def rule(value: float, axis_name: str = "y", colour: str = MUTED) -> alt.Chart:
    """A thin reference line."""
    chart: alt.Chart = alt.Chart(data([{"at": value}])).mark_rule(color=colour, strokeDash=[3, 3])
    placed: alt.Chart = chart.encode(y="at:Q") if axis_name == "y" else chart.encode(x="at:Q")
    return placed


def label(value: float, words: str, axis_name: str = "y") -> alt.Chart:
    """Words at a reference line: above it at the right end, or beside it at the top; a halo keeps them legible."""
    base = alt.Chart(data([{"at": value, "words": words}]))
    halo: dict[str, Any] = {"color": MUTED, "stroke": PAPER, "strokeWidth": 3}
    if axis_name == "y":
        above: alt.Chart = base.mark_text(align="right", baseline="bottom", dy=-3, **halo)
        placed: alt.Chart = above.encode(y="at:Q", x=alt.value("width"), text="words:N")
        return placed
    beside: alt.Chart = base.mark_text(align="left", baseline="top", dx=8, dy=2, **halo)
    placed = beside.encode(x="at:Q", y=alt.value(0), text="words:N")
    return placed


def layer(*charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """Charts on top of each other, the last in front."""
    return alt.LayerChart(layer=list(charts))


def render(chart: alt.Chart | alt.LayerChart, description: str, width: int = WIDTH, height: int = HEIGHT) -> Html:
    """The chart as inline SVG that scales with its column and says in words what it shows."""
    sized = chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"))
    spec = sized.configure(**_config()).to_json(indent=None)
    return _inline(vl_convert.vegalite_to_svg(spec), description, width)


def _config() -> dict[str, Any]:
    small: dict[str, Any] = {
        "labelFont": _FONT,
        "titleFont": _FONT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    }
    colours: dict[str, Any] = {"labelColor": MUTED, "titleColor": MUTED}
    return {
        "background": "transparent",
        "padding": 4,
        "font": _FONT,
        "aria": False,
        "view": alt.ViewConfig(stroke=None),
        "axis": alt.AxisConfig(
            **small,
            **colours,
            gridColor=GRID,
            domain=False,
            ticks=False,
            labelPadding=6,
            labelFlush=False,
            titlePadding=8,
            labelLimit=180,
        ),
        "legend": alt.LegendConfig(
            **small,
            **colours,
            orient="top",
            direction="horizontal",
            symbolType="stroke",
            symbolSize=200,
            symbolStrokeWidth=2,
            offset=6,
            columnPadding=14,
            labelLimit=170,
        ),
        "text": alt.MarkConfig(font=_FONT, fontSize=11),
        "line": alt.LineConfig(strokeWidth=2, strokeCap="round", strokeJoin="round"),
    }


def _inline(svg: str, description: str, width: int) -> Html:
    """Drop the fixed size and the namespaces (HTML needs none), keep ids unique in the page, describe the picture."""
    opening = re.match(r"<svg[^>]*?(viewBox=\"[^\"]*\")[^>]*>", svg)
    if opening is None:
        raise RuntimeError("The chart renderer returned no SVG.")
    # a screen reader reads an image's label only, so the roles of its parts are dropped
    noise = r' (?:role|aria-roledescription|aria-hidden|pointer-events)="[^"]*"| opacity="1"'
    body = _own_ids(re.sub(noise, "", svg[opening.end() :]))
    size = f"max-width:{round(width * 1.2)}px"
    head = f'<svg class="chart" {opening[1]} role="img" aria-label="{text(description)}" style="{size}">'
    return Html(head + body)


def _own_ids(svg: str) -> str:
    """Number the ids within the picture (the renderer counts on over pictures), under a prefix of its content."""
    found = list(dict.fromkeys(re.findall(r'\bid="([^"]*)"', svg)))
    for index, name in enumerate(found):
        svg = svg.replace(f'id="{name}"', f'id="#{index}"').replace(f"url(#{name})", f"url(##{index})")
    prefix = "c" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    return re.sub(r'(id="|url\(#)#(\d+)', rf"\g<1>{prefix}-\2", svg)
