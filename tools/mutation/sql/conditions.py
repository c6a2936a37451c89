"""Faults that leave a condition out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.mutation.edits import Edit
from tools.mutation.sql.regions import EXPRESSION, QUOTED, STATEMENT

# What a condition after this word is replaced with, so that it makes no difference.
_NEUTRAL = {"where": "true", "on": "true", "having": "true", "and": "true", "or": "false", "when": "false"}
# A condition ends before these, where they are not inside of its brackets.
_ENDS = {
    *("and", "or", "then", "when", "else", "end", "where", "on", "group", "order", "having", "qualify", "window"),
    *("limit", "union", "except", "intersect", "join", "left", "right", "inner", "full", "cross", "asof", "select"),
    *("from", "rows", "range"),
}
_TOKENS = re.compile(rf"\w+|[{EXPRESSION}{QUOTED}]+|{STATEMENT}+|\S")


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int


def dropped_conditions(view: str) -> Iterator[Edit]:
    """Each condition of WHERE, ON, HAVING and WHEN, each part of one, replaced with what makes no difference."""
    tokens = [_Token(match[0].lower(), match.start(), match.end()) for match in _TOKENS.finditer(view)]
    open_betweens = [0]  # per bracket that is open, and CASE
    for place, token in enumerate(tokens):
        if token.text in ("(", "case"):
            open_betweens.append(0)
        elif token.text in (")", "end") and len(open_betweens) > 1:
            open_betweens.pop()
        elif token.text == "between":
            open_betweens[-1] += 1
        elif token.text == "and" and open_betweens[-1]:
            open_betweens[-1] -= 1
        elif token.text in _NEUTRAL and not (token.text == "on" and tokens[place - 1].text in ("distinct", "conflict")):
            condition = _condition(tokens, place + 1)
            if condition:
                yield Edit("dropped condition", condition[0].start, condition[-1].end, _NEUTRAL[token.text])


def _condition(tokens: list[_Token], first: int) -> list[_Token]:
    """The tokens of the condition that begins at a place."""
    depth, betweens = 0, 0
    for place in range(first, len(tokens)):
        text = tokens[place].text
        if not depth:
            if text == "and" and betweens:
                betweens -= 1
                continue
            if text in _ENDS or text in (")", ",", ";") or text.startswith(STATEMENT):
                return tokens[first:place]
            betweens += text == "between"
        depth += (text in ("(", "[", "case")) - (text in (")", "]", "end"))
    return tokens[first:]
