"""The SQL of a model as dbt compiled it, reading other relations in place of some."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import Dialect
from sqlglot.tokenizer_core import Token, TokenType

Place = tuple[str, str, str]  # database ("" for the one that is connected to), schema and name, folded


def place(database: str, schema: str, name: str) -> Place:
    """How a relation is looked up, however it is spelled in SQL."""
    return database.casefold(), schema.casefold(), name.casefold()


def read_instead(sql: str, instead: Mapping[Place, str], dialect: str) -> str:
    """The same text, with the names of relations replaced.

    All else stays as it was written: a query that is parsed and written anew may round its literals otherwise. A
    relation that had no alias keeps its name as one, since its columns may be qualified by it.

    Args:
        instead: what is read in place of a relation, quoted as SQL wants it.
        dialect: that of the text, as sqlglot calls it.
    """
    tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    pieces, done = [], 0
    for first, last in _names(tokens):
        names = tokens[first : last + 1 : 2]
        after = tokens[last + 1].token_type if last + 1 < len(tokens) else None
        replaced = _replaced(sql, names, after, instead)
        if replaced is not None:
            pieces += [sql[done : tokens[first].start], replaced]
            done = tokens[last].end + 1
    return "".join([*pieces, sql[done:]])


def _names(tokens: list[Token]) -> list[tuple[int, int]]:
    """Where names of several parts begin and end."""
    found, at = [], 0
    while at < len(tokens):
        end = at
        while end + 2 < len(tokens) and tokens[end + 1].token_type == TokenType.DOT:
            end += 2
        if end > at:
            found.append((at, end))
        at = end + 1
    return found


def _replaced(sql: str, names: list[Token], after: TokenType | None, instead: Mapping[Place, str]) -> str | None:
    for n in range(2, len(names) + 1):
        database = names[n - 3].text if n > 2 else ""
        other = instead.get(place(database, names[n - 2].text, names[n - 1].text))
        if other is None:
            continue
        called = sql[names[n - 1].start : names[-1].end + 1]
        if n < len(names):  # a column, qualified by the whole name of its relation
            return called
        return other if after in (TokenType.ALIAS, TokenType.VAR, TokenType.IDENTIFIER) else f"{other} as {called}"
    return None
