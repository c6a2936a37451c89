"""The mutants of a file of macros or of a model: SQL, and the Jinja that writes it."""

from __future__ import annotations

from collections.abc import Iterator

import jinja2
from dbt_common.clients.jinja import get_environment

from tools.mutation.edits import Edit
from tools.mutation.sql.conditions import dropped_conditions
from tools.mutation.sql.regions import Regions
from tools.mutation.sql.swaps import (
    IN_BOTH,
    IN_JINJA,
    IN_SQL,
    IN_STRINGS,
    first_arguments,
    negated_conditions,
    other_numbers,
    swaps,
)


def faults(text: str) -> Iterator[Edit]:
    """Every fault that can be planted in the text."""
    regions = Regions(text)
    sql, jinja, strings = regions.sql(), regions.jinja(), regions.jinja_strings()
    yield from swaps(sql, IN_BOTH + IN_SQL)
    yield from swaps(jinja, IN_BOTH + IN_JINJA)
    yield from swaps(strings, IN_STRINGS)
    for view in (sql, strings):
        yield from first_arguments(view)
    for view in (sql, jinja):
        yield from other_numbers(view)
    yield from dropped_conditions(sql)
    yield from negated_conditions(jinja, text)


def is_jinja(text: str) -> bool:
    try:
        get_environment(None).parse(text)
    except jinja2.TemplateSyntaxError:
        return False
    return True
