"""Faults that put one word or sign in the place of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.mutation.edits import Edit
from tools.mutation.sql.regions import HIDDEN, VALUES


@dataclass(frozen=True)
class Swap:
    """What matches `pattern` becomes `becomes`, a template of `re`."""

    operator: str
    pattern: re.Pattern[str]
    becomes: str


def _swap(operator: str, pattern: str, becomes: str) -> Swap:
    return Swap(operator, re.compile(pattern), becomes)


def _calls(operator: str, *pairs: tuple[str, str]) -> list[Swap]:
    return [_swap(operator, rf"\b{name}(?=\()", other) for name, other in pairs]


_VALUE = rf"[\w)\].{VALUES}]"

_BOUNDARIES = [
    _swap("boundary", r"(?<=\s)<(?=\s)", "<="),
    _swap("boundary", r"(?<=\s)<=(?=\s)", "<"),
    _swap("boundary", r"(?<=\s)>(?=\s)", ">="),
    _swap("boundary", r"(?<=\s)>=(?=\s)", ">"),
    _swap("comparison", r"(?<=\s)<(=?)(?=\s)", r">\1"),
    _swap("comparison", r"(?<=\s)>(=?)(?=\s)", r"<\1"),
]
_SIGNS = [
    _swap("sign", rf"(?<={_VALUE}\s)\+(?=\s)", "-"),
    _swap("sign", rf"(?<={_VALUE}\s)-(?=\s)", "+"),
    _swap("sign", rf"(?<={_VALUE}\s)/(?=\s)", "*"),
    _swap("sign", rf"(?<!\bselect\s)(?<!\bdistinct\s)(?<={_VALUE}\s)\*(?=\s)", "/"),
    _swap("sign", r"(?<=[(,=*]\s)-(?=[\w(\x01])|(?<=\()-(?=[\w(\x01])|(?<=\belse\s)-(?=[\w(\x01])", ""),
]
_AGGREGATES = [
    *_calls("aggregate", ("sum", "avg"), ("avg", "sum"), ("min", "max"), ("max", "min")),
    *_calls(
        "aggregate", ("greatest", "least"), ("least", "greatest"), ("bool_and", "bool_or"), ("bool_or", "bool_and")
    ),
    *_calls(
        "aggregate", ("lag", "lead"), ("lead", "lag"), ("first_value", "last_value"), ("last_value", "first_value")
    ),
    *_calls("aggregate", ("arg_max", "arg_min"), ("arg_min", "arg_max"), ("max_by", "min_by"), ("min_by", "max_by")),
    *_calls("aggregate", ("stddev_samp", "stddev_pop"), ("var_samp", "var_pop"), ("row_number", "rank")),
    _swap("aggregate", r"(?<=\bcount\()distinct ", ""),
    _swap("aggregate", r"(?<=\bselect )distinct (?!on\b)", ""),
    _swap("aggregate", r"\bunion all\b", "union"),
]
_JOINS = [
    _swap("join kind", r"\bleft (outer )?join\b", "inner join"),
    _swap("join kind", r"\binner join\b", "left join"),
    _swap("join kind", r"\bfull (outer )?join\b", "left join"),
    _swap(
        "join kind",
        r"(?<!left )(?<!right )(?<!inner )(?<!outer )(?<!full )(?<!cross )(?<!asof )(?<=\s)join\b",
        "left join",
    ),
]
_ORDER = [
    _swap("order", r"\sdesc\b", ""),
    _swap("order", r"\bnulls last\b", "nulls first"),
    _swap("order", r"\bnulls first\b", "nulls last"),
]
_EQUALS = [
    _swap("comparison", r"(?<=\s)=(?=\s)", "<>"),
    _swap("comparison", r"(?<=\s)(<>|!=)(?=\s)", "="),
    _swap("comparison", r"\bis null\b", "is not null"),
    _swap("comparison", r"\bis not null\b", "is null"),
    _swap("comparison", r"\bis distinct from\b", "<>"),
    _swap("comparison", r"\bis not distinct from\b", "="),
]

IN_BOTH = [*_BOUNDARIES, *_SIGNS]
IN_SQL = [
    *_EQUALS,
    *_AGGREGATES,
    *_JOINS,
    *_ORDER,
    _swap("negation", r"\bnot (?=in\b|exists\b|like\b|between\b|\()", ""),
]
# In a piece of SQL in a string there may be words to people as well: only what prose does not have.
IN_STRINGS = [*_BOUNDARIES, *_EQUALS, *_AGGREGATES, *_JOINS, *_ORDER]
IN_JINJA = [
    _swap("comparison", r"(?<=\s)==(?=\s)", "!="),
    _swap("comparison", r"(?<=\s)!=(?=\s)", "=="),
    _swap("comparison", r"\bis not (?=none\b|defined\b)", "is "),
    _swap("comparison", r"\bis (?=none\b|defined\b)", "is not "),
    _swap("dropped condition", r"(?<=\s)and(?=\s)", "or"),
    _swap("dropped condition", r"(?<=\s)or(?=\s)", "and"),
    _swap("negation", r"(?<!is )\bnot (?!in\b)", ""),
    _swap("negation", r"(?<=\s)not in(?=\s)", "in"),
    _swap("negation", r"(?<=[\s(,=])true\b", "false"),
    _swap("negation", r"(?<=[\s(,=])false\b", "true"),
]


def swaps(view: str, kinds: Sequence[Swap]) -> Iterator[Edit]:
    """Every place of the view where one of the swaps fits."""
    for kind in kinds:
        for match in kind.pattern.finditer(view):
            yield Edit(kind.operator, match.start(), match.end(), match.expand(kind.becomes))


def other_numbers(view: str) -> Iterator[Edit]:
    """Each whole number and one more. Nobody reads the one of `select 1`, nor how far SQL is indented."""
    for match in re.finditer(r"(?<![\w.\])])(?<!\bselect\s)(?<!\bindent\()\d+(?![\w.])", view):
        yield Edit("number", match.start(), match.end(), str(int(match[0]) + 1))


def negated_conditions(view: str, text: str) -> Iterator[Edit]:
    """The condition of each `if` of Jinja, as a statement or inside an expression, turned round."""
    for match in re.finditer(rf"\b(?:el)?if\s+(?!not\b)([^{HIDDEN}]+?)(?=\s+else\b|\s*-?[%}}]}})", view):
        start, end = match.span(1)
        yield Edit("negation", start, end, f"not ({text[start:end]})")


def first_arguments(view: str) -> Iterator[Edit]:
    """`coalesce(a, b)` and `nullif(a, b)` that are only `a`."""
    for match in re.finditer(r"\b(coalesce|nullif)\(", view):
        depth, comma = 1, None
        for place in range(match.end(), len(view)):
            character = view[place]
            depth += (character in "([{") - (character in ")]}")
            if character == "," and depth == 1 and comma is None:
                comma = place
            if not depth:
                if comma is not None:
                    yield Edit("coalesce", comma, place, "")
                break
