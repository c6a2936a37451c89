"""The dispatch of queries: node class → rule. What is not here is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from insitu.proof.rules import select, setops, tables

RULES: dict[type, Callable[..., Any]] = {
    exp.Select: select.select,
    exp.Subquery: tables.subquery,
    exp.Union: setops.set_operation,
    exp.Except: setops.set_operation,
    exp.Intersect: setops.set_operation,
    exp.Table: tables.query_table,
    exp.Values: tables.values,
}
