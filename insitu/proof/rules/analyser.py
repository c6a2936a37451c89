"""Abstract interpretation of compiled SQL: which source rows each row and each value can depend on.

The analyser finds the rule for each node and remembers the results. It knows no rule itself: `dispatch` hands it all of
them, so each rule can import this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp
from sqlglot.errors import SqlglotError

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.rebase import compact, instantiate, share
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Symbols
from insitu.proof.domain.terms import Place
from insitu.proof.domain.variants import Relation, Value
from insitu.proof.sql import audit
from insitu.proof.sql.lines import line_of
from insitu.proof.sql.words import shown

# What a rule meets where a call lacks arguments, or has one of another kind: the parser lets both through.
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Catalog(Protocol):
    """Where the analyser finds relations outside of the statement."""

    def resolve(self, table: exp.Table, analyser: Analyser) -> Relation:
        """The relation that a table reference means; raises Refusal."""
        ...


QueryRule = Callable[["Analyser", Any, Env], Relation]
ValueRule = Callable[["Analyser", Any, Row], Value]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the analyser knows about SQL. A node class that is in neither table is refused."""

    queries: Mapping[type, QueryRule]
    values: Mapping[type, ValueRule]
    # In a grouped select: the value of an expression that is one of the grouping keys, None for any other.
    key: Callable[[Analyser, exp.Expr, Row], Value | None]


class Analyser:
    """Analyses the queries of one project.

    Args:
        catalog: resolves table references.
        rules: the rule of each node class.
        dialect: sqlglot's name of the SQL dialect (duckdb or postgres).
    """

    def __init__(self, catalog: Catalog, rules: Rules, dialect: str = "duckdb") -> None:
        self.catalog = catalog
        self.rules = rules
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
        rule = self.rules.queries.get(type(query))
        if rule is None:
            raise Refusal(f"{self.show(query)} is not understood here", query)
        return rule(self, query, env)

    def value(self, node: exp.Expr, row: Row) -> Value:
        """The value of an expression in a row."""
        known = row.values.get(id(node))
        if known is not None and known[0] is node:
            return known[1]
        rule = self.rules.values.get(type(node))
        if rule is None:
            raise Refusal(f"{self.show(node)} is not understood", node)
        try:
            key = self.rules.key(self, node, row) if row.group is not None else None
            result = key if key is not None else rule(self, node, row)
        except _MALFORMED as error:
            raise Refusal(f"{self.show(node)} has not the arguments that it should have", node) from error
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
        try:
            return shown(node, self.dialect)
        except (SqlglotError, *_MALFORMED):
            return "a malformed expression"

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
