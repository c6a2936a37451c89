"""Parsing a model's SQL, with care for what the parser would lose."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

from insitu.errors import ConfigurationError
from insitu.proof.sql import pivots

_HEADER = re.compile(r"\A(\s*--[^\n]*\n)+")  # generated SQL begins with a long comment
_INTERVAL = re.compile(r"\binterval\s*('[^']*')", re.IGNORECASE)
_SIMPLE = re.compile(r"'\s*-?\d+\s*([a-z]+\s*)?'", re.IGNORECASE)


class NotOneQuery(ConfigurationError):
    """The text cannot be parsed, or is not one statement."""


def parse(sql: str, dialect: str) -> exp.Expr:
    """The query that the text holds.

    The parser keeps the first part only of `interval '1 day 02:30:00'` and of `interval '1 hour ago'`; as a cast the
    text stays whole.

    Raises NotOneQuery.
    """
    sql = _HEADER.sub(lambda m: "\n" * m[0].count("\n"), sql)
    whole = _INTERVAL.sub(lambda m: m[0] if _SIMPLE.fullmatch(m[1]) else f"cast({m[1]} as interval)", sql)
    try:
        statements = sqlglot.parse(whole, dialect=dialect)
    except (sqlglot.errors.SqlglotError, AttributeError, IndexError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [""])[0][:100]
        raise NotOneQuery(f"the SQL cannot be parsed: {reason}") from error
    except RecursionError as error:
        raise NotOneQuery("the SQL is nested too deeply to be read") from error
    queries = [s for s in statements if s is not None and not isinstance(s, exp.Semicolon)]
    if len(queries) != 1:
        raise NotOneQuery(f"the SQL has {len(queries)} statements; a model is one query")
    for call in queries[0].find_all(exp.Func):
        if "start" in call.meta:
            call.meta["word"] = whole[call.meta["start"] : call.meta["end"] + 1].lower()
    return pivots.written_out(queries[0]) if dialect == "duckdb" else queries[0]
