"""What the session decides: its clock, its time zone, its settings. Nothing that hangs on it is a value of the data.

PostgreSQL reads a text beside a time as one: 'today 08:00' by the clock, '01/02/2024' by DateStyle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import Term, refused
from insitu.proof.domain.types import ALIKE, TIME, family, in_session
from insitu.proof.domain.variants import NULL, Value
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql import functions

_CLOCK = re.compile(r"(?<![a-z])(now|today|tomorrow|yesterday)(?![a-z])", re.IGNORECASE)
_DIGITS = r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?)?"
_FIXED = re.compile(rf"\s*(-?infinity|epoch|{_DIGITS})\s*", re.IGNORECASE)
_LIKE_A_DATE = re.compile(r"\s*\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}")
_LOCAL_FORMAT = re.compile(r"%[ZzAaBb]|TM|TZ|OF|L|G")  # zone, names of months and days, currency, grouping
_POINT = re.compile(r"%u|D")  # the decimal point of the session, in a format of numbers
# Types, and families of them, whose values every session reads and writes alike.
_PLAIN = ("integer", "float", "decimal", "text", "boolean", "uuid", "interval", "json", "jsonb", "bytea")


def names_clock(text: str) -> bool:
    """May a warehouse read the text as the time of the run?"""
    return bool(_CLOCK.search(text))


def at_run(a: Analyser, node: exp.Expr) -> Term:
    """The term of a text that names the clock."""
    why = f"{a.show(node)} may be read as the time of the run; use the variable as_of or a column"
    return refused(a.place(node), "007", why)


def bring_together(a: Analyser, node: exp.Expr, values: Sequence[Value]) -> None:
    """Refuse what the session brings to one type: times with and without zone, and texts that are read as times."""
    types = {v.type for v in values if v.constant != NULL}
    if in_session(types) and not a.trusting:
        raise Refusal(
            f"{a.show(node)} brings times with and without time zone together, in the session's zone; convert to UTC "
            "in staging",
            node,
        )
    if a.dialect == "postgres" and not types <= ALIKE:
        for v in values:
            text = v.constant if isinstance(v.constant, str) and v.type == "text" else ""
            as_time = types & TIME or names_clock(text) or _LIKE_A_DATE.match(text)
            if text and as_time and not _FIXED.fullmatch(text):
                _read_as_time(a, node, text)


def _read_as_time(a: Analyser, node: exp.Expr, text: str) -> None:
    raise Refusal(
        f"{text!r} in {a.show(node)} is read as a time by the clock or the settings of the session; write "
        "`timestamp '2024-12-31 00:00:00'`, or use the variable as_of or a column",
        node,
        "007",
    )


def cast(a: Analyser, node: exp.Expr, value: Value, name: str) -> None:
    """Refuse a cast that the session decides.

    Args:
        name: the type that it is cast to.
    """
    to = family(name)
    if not a.trusting and value.constant != NULL and to != value.type and "timestamptz" in (to, value.type):
        raise Refusal(f"{a.show(node)} depends on the session's time zone; convert to UTC in staging", node)
    if a.dialect != "postgres":
        return
    if to in ("text", "other", "named") and not a.trusting:
        _writes(a, node, value)
    if a.trusting and value.reads:
        return  # what a source writes is for the staging model to know
    if to in _PLAIN or name in _PLAIN or family(name.removesuffix("[]")) in _PLAIN or value.constant == NULL:
        return
    literal = node.this.unnest()
    if value.type in TIME and (to in TIME or name == "time"):
        return
    if to in TIME and isinstance(literal, exp.Literal) and _FIXED.fullmatch(str(literal.this)):
        return
    if to in (*TIME, "timestamptz"):
        raise Refusal(
            f"{a.show(node)} reads a text by the clock or the settings of the session; write a time in digits "
            "(`timestamp '2024-12-31 00:00:00'`), and turn texts of a source into times in staging",
            node,
            "007",
        )
    raise Refusal(f"{a.show(node)}: what that type reads may hang on the session", node)


def written(a: Analyser, node: exp.Expr, values: Sequence[Value]) -> None:
    """Refuse a text of a time or number that the settings of the session shape."""
    if a.dialect != "postgres" or a.trusting:
        return
    if isinstance(node, exp.TimeToStr | exp.ToChar):
        pattern = node.args.get("format")
        text = str(pattern.this) if isinstance(pattern, exp.Literal) else "TM"
        if _LOCAL_FORMAT.search(text) or (values[0].type not in TIME and _POINT.search(text)):
            raise Refusal(f"{a.show(node)}: the format must be a literal, without zone, local names and signs", node)
    elif functions.of(node).writes:
        for value in values:
            _writes(a, node, value)


def _writes(a: Analyser, node: exp.Expr, value: Value) -> None:
    """Refuse to write as text what each session may write in its own way."""
    if value.type in ALIKE or value.constant is not None:
        return
    if value.type in TIME:
        why = "writes a time as DateStyle says; use to_char(…, 'YYYY-MM-DD HH24:MI:SS')"
    elif value.type == "float":
        why = "writes a number with as many digits as extra_float_digits says; cast it to numeric first"
    elif value.type is None:
        why = "writes a value whose type is not known as text, by the settings of the session; declare its data_type"
    else:
        why = "may be written by the settings of the session (DateStyle, IntervalStyle, …); cast it to its type first"
    raise Refusal(f"{a.show(node)} {why}", node)
