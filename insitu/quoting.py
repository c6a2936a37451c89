"""Names and texts as SQL takes them, whatever characters they hold; DuckDB and PostgreSQL alike."""

from __future__ import annotations

import re
from collections.abc import Callable


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(*names: str) -> str:
    """Quoted identifiers, separated by commas: a list of columns."""
    return ", ".join(map(identifier, names))


def qualified(*parts: str) -> str:
    """A quoted name of several parts: `"schema"."table"`."""
    return ".".join(map(identifier, parts))


def parts(name: str) -> list[str]:
    """The parts of a qualified name, quoted or not, as they are called."""
    found = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', name)
    return [plain or quoted.replace('""', '"') for quoted, plain in found]


def literal(text: str) -> str:
    """A text literal; the same text whatever PostgreSQL's standard_conforming_strings says."""
    quoted = plain_literal(text)
    return f" E{quoted}".replace("\\", "\\\\") if "\\" in quoted else quoted


def plain_literal(text: str) -> str:
    """A text literal of the SQL standard, for DuckDB, whose `comment on` takes a backslash in E'…' as two."""
    return "'" + text.replace("'", "''") + "'"


def replace_unquoted(pattern: str, replacement: Callable[[str], str], sql: str) -> str:
    """Replace what matches, but for what stands in a quoted name or a text."""
    quoted = r""""(?:[^"]|"")*"|'(?:[^']|'')*'"""
    return re.sub(f"{quoted}|({pattern})", lambda match: replacement(match[1]) if match[1] else match[0], sql)
