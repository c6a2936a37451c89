"""The few building blocks of the page: figure, table, tiles, facts, notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from insitu.report.ask import Answer
from insitu.report.markup import Html, join, tag, text
from insitu.report.wording import moment


@dataclass(frozen=True)
class Section:
    """One theme of a use case."""

    id: str
    title: str
    body: Html


@dataclass(frozen=True)
class Tile:
    """One number that matters."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


def tiles(items: Iterable[Tile]) -> Html:
    """A row of numbers."""
    return tag(
        "dl",
        *(
            tag(
                "div",
                tag("dt", item.label),
                tag("dd", tag("strong", item.value), tag("span", item.note) if item.note else ""),
                class_=f"tile {item.tone}".strip(),
            )
            for item in items
        ),
        class_="tiles",
    )


def source(*answers: Answer) -> Html:
    """Where the numbers come from: the tables, and behind a click the statements."""
    models = list(dict.fromkeys(model for answer in answers for model in answer.models))
    statements = "\n\n".join(dict.fromkeys(answer.sql for answer in answers))
    return tag(
        "details",
        tag("summary", "SQL: ", *_listed([tag("code", model) for model in models])),
        tag("pre", tag("code", statements)),
        class_="source",
    )


def figure(heading: str, picture: Html, caption: str, *answers: Answer, tall: bool = False) -> Html:
    """A chart with its heading, what to see in it, and its source. Without rows, says so."""
    shown = picture if picture else _nothing(answers)
    return tag(
        "figure",
        tag("h4", heading),
        shown,
        tag("figcaption", tag("p", caption) if caption else "", source(*answers)),
        class_="tall" if tall else None,
    )


def figures(*items: Html) -> Html:
    """Charts side by side where there is room."""
    return tag("div", *items, class_="figures")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    caption: str = "",
    numeric: Iterable[int] = (),
    class_: str = "",
) -> Html:
    """A table whose first column names the row; `numeric` columns are aligned right. Scrolls where it is too wide."""
    right = set(numeric)

    def css(index: int) -> str | None:
        return "number" if index in right else None

    head = tag("tr", *(tag("th", name, scope="col", class_=css(i)) for i, name in enumerate(columns)))
    body = [
        tag(
            "tr",
            *(
                tag("th", cell, scope="row", class_=css(i)) if i == 0 else tag("td", cell, class_=css(i))
                for i, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    # the caption stays outside of what scrolls
    return join(
        tag("p", caption, class_="caption") if caption else "",
        tag(
            "div",
            tag("table", tag("thead", head), tag("tbody", *body), aria_label=caption or None),
            class_=f"table {class_}".strip(),
            tabindex="0",
        ),
    )


def facts(items: Iterable[tuple[str, object]]) -> Html:
    """Terms and their values."""
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in items), class_="facts")


def note(*content: object) -> Html:
    """A quiet paragraph."""
    return tag("p", *content, class_="note")


def nothing(*answers: Answer, otherwise: str = "Nothing here yet.") -> Html:
    """What to say where there are no rows."""
    return join(_nothing(answers, otherwise), source(*answers))


def more(summary: str, *content: object) -> Html:
    """Content behind a click."""
    return tag("details", tag("summary", summary), *content, class_="more")


def when(value: object) -> Html:
    """A time that does not break over lines."""
    return tag("time", moment(value))


def breakable(name: object) -> Html:
    """A long name that may break after its underscores."""
    return Html(text(name).replace("_", "_<wbr>"))


def badge(label: str, tone: str = "") -> Html:
    """A word with a colour."""
    return tag("span", label, class_=f"badge {tone}".strip())


def _nothing(answers: Sequence[Answer], otherwise: str = "Nothing here yet.") -> Html:
    missing = list(dict.fromkeys(name for answer in answers for name in answer.missing))
    if missing:
        return tag("p", "Not built yet: ", *_listed([tag("code", name) for name in missing]), ".", class_="empty")
    return tag("p", otherwise, class_="empty")


def _listed(items: Sequence[Html]) -> list[Html]:
    return [join(", ", item) if index else item for index, item in enumerate(items)]
