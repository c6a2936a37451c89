"""Which characters of a file are SQL, which are Jinja, and which are neither.

Each view has the length of the text, so that a place found in one is that place in the text. What a view does not show
is filled: an expression of Jinja with EXPRESSION, as it stands for a value or for a piece of SQL, a statement of Jinja
with STATEMENT, as SQL before it need not go on behind it, the inside of quotes with QUOTED and comments with blanks.
"""

from __future__ import annotations

import re

EXPRESSION, STATEMENT, QUOTED, HIDDEN = "\x01", "\x02", "\x03", "\x04"
VALUES = EXPRESSION + QUOTED

_PIECES = re.compile(
    r"(?P<comment>{#.*?#}|--[^\n]*|/\*.*?\*/)"
    r"|(?P<statement>{%.*?%})"
    r"|(?P<expression>{{.*?}})"
    r"|(?P<quoted>'(?:[^'{]|{{.*?}}|{%.*?%}|{)*'|\"(?:[^\"{]|{{.*?}}|{%.*?%}|{)*\")",
    re.DOTALL,
)
_JINJA_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
# What is said to people is no SQL, whatever it looks like.
_SAYS = re.compile(r"raise_\w+|\blog\s*\(|\berror\w*\s*\(|\bwarn\w*\s*\(|\bprint\s*\(|\bmessage\b")


class Regions:
    """The views of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = [(match.lastgroup, match.start(), match.end()) for match in _PIECES.finditer(text)]

    def sql(self) -> str:
        """The SQL outside of Jinja."""
        fill = {"comment": " ", "statement": STATEMENT, "expression": EXPRESSION, "quoted": QUOTED}
        shown = list(self.text)
        for kind, start, end in self.pieces:
            shown[start:end] = fill[str(kind)] * (end - start)
        return "".join(shown)

    def jinja(self) -> str:
        """The code of Jinja, without the strings in it."""
        shown = [HIDDEN] * len(self.text)
        for start, end in self._code():
            shown[start:end] = self.text[start:end]
            for string in _JINJA_STRING.finditer(self.text, start, end):
                shown[string.start() : string.end()] = QUOTED * (string.end() - string.start())
        return "".join(shown)

    def jinja_strings(self) -> str:
        """The inside of strings in the code of Jinja: pieces of SQL, as a rule."""
        shown = [HIDDEN] * len(self.text)
        for start, end in self._code():
            if _SAYS.search(self.text, start, end):
                continue
            for string in _JINJA_STRING.finditer(self.text, start, end):
                inside = slice(string.start() + 1, string.end() - 1)
                shown[inside] = self.text[inside]
        return "".join(shown)

    def _code(self) -> list[tuple[int, int]]:
        """The places of statements and expressions of Jinja, also of those inside quotes of SQL."""
        found = []
        for kind, start, end in self.pieces:
            if kind in ("statement", "expression"):
                found.append((start, end))
            elif kind == "quoted":
                blocks = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL).finditer(self.text, start, end)
                found.extend((block.start(), block.end()) for block in blocks)
        return found
