"""Reads the report as a browser would: elements, attributes, text, and the SQL it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "wbr"}


@dataclass
class Document(HTMLParser):
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    statements: list[str] = field(default_factory=list)
    style: str = ""
    open: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.open.append((tag, attributes.get("class") or ""))
        if self._in_source():
            self.statements.append("")

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self.open.pop()
        assert opened == tag, f"<{opened}> was closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "style":
            self.style += data
            return
        if self._in_source():
            self.statements[-1] += data
            return
        self.text += data

    def _in_source(self) -> bool:
        return [tag for tag, _ in self.open[-3:]] == ["details", "pre", "code"] and self.open[-3][1] == "source"

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def read(html: str) -> Document:
    document = Document()
    document.feed(html)
    document.close()
    assert document.open == [], "an element was not closed"
    return document
