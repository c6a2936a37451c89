"""Abstract interpretation of compiled SQL: which source rows each row and each value can depend on.

The rules live in `insitu.proof.rules`, one construct per file; this module holds the dispatch and the memo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.rebase import compact, instantiate, share
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Symbols
from insitu.proof.domain.terms import Place
from insitu.proof.domain.variants import Relation, Value
from insitu.proof.rules import dispatch as values
from insitu.proof.rules import grouping, queries
from insitu.proof.sql import audit
from insitu.proof.sql.lines import line_of


class Catalog(Protocol):
    """Where the analyser finds relations outside of the statement."""

    def resolve(self, table: exp.Table, analyser: Analyser) -> Relation:
        """The relation that a table reference means; raises Refusal."""
        ...


class Analyser:
    """Analyses the queries of one project.

    Args:
        catalog: resolves table references.
        dialect: sqlglot's name of the SQL dialect (duckdb or postgres).
    """

    def __init__(self, catalog: Catalog, dialect: str = "duckdb") -> None:
        self.catalog = catalog
        self.dialect = dialect
        self.symbols = Symbols()
        self.model = ""
        self.trusting = False  # inside a staging model whose declaration is an axiom: local-time shifts are allowed
        self.outer_read: set[int] = set()  # ids of the outer rows of which a subquery has read a column
        self._audited: set[int] = set()
        self._ctes: dict[int, Relation] = {}
        self._kept: list[Any] = []  # keeps memoised nodes alive, so that their ids stay theirs

    def relation(self, query: exp.Expr, env: Env) -> Relation:
        """The relation that a query gives."""
        if id(query) not in self._audited:
            self._audited.update(audit.check(query))
            self._kept.append(query)
        rule = _find(queries.RULES, query)
        if rule is None:
            raise Refusal(f"{type(query).__name__} is not understood here", query)
        result: Relation = rule(self, query, env)
        return result

    def value(self, node: exp.Expr, row: Row) -> Value:
        """The value of an expression in a row."""
        known = row.values.get(id(node))
        if known is not None and known[0] is node:
            return known[1]
        rule = _find(values.RULES, node)
        if rule is None:
            raise Refusal(f"{self.show(node)} ({type(node).__name__}) is not understood", node)
        key = grouping.key_value(self, node, row) if row.group is not None else None
        result: Value = key if key is not None else rule(self, node, row)
        row.values[id(node)] = (node, result)
        return result

    def cte(self, query: exp.Expr, env: Env) -> Relation:
        """A common table expression, analysed once and instantiated for each reference."""
        known = self._ctes.get(id(query))
        if known is None:
            known = self._ctes[id(query)] = compact(self.relation(query, env), self.symbols, limit=24)
            self._kept.append(query)
            return share(known)
        return instantiate(known, self.symbols)

    def show(self, node: exp.Expr) -> str:
        """The SQL of a node, short enough for a message."""
        text = node.sql(self.dialect, normalize_functions="lower")
        return text if len(text) <= 60 else text[:57] + "…"

    def place(self, node: Any) -> Place:
        return Place(self.model, line_of(node))

    @contextmanager
    def inside(self, model: str, trusting: bool) -> Iterator[None]:
        """Analyse the text of another model."""
        before = self.model, self.trusting
        self.model, self.trusting = model, trusting
        try:
            yield
        finally:
            self.model, self.trusting = before


Rule = Callable[..., Any]


def _find(rules: dict[type, Rule], node: exp.Expr) -> Rule | None:
    return rules.get(type(node))
