"""Where an expression is evaluated: the row, its group, the CTEs in reach and the outer rows of a subquery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from insitu.proof.domain.symbols import ORIGIN, Zone
from insitu.proof.domain.variants import Key, Relation, Value, Variant


@dataclass(frozen=True, slots=True)
class Cte:
    """A common table expression: its query, what is in reach of it, and the column names it is given."""

    query: exp.Expr
    env: Env
    columns: tuple[str, ...]
    relation: Relation | None = None  # what it gives, where that is known already


@dataclass(frozen=True, slots=True)
class Env:
    """What is in reach of a query."""

    ctes: Mapping[str, Cte] = field(default_factory=dict)
    outer: tuple[Variant, ...] = ()  # innermost first
    outer_symbols: frozenset[int] = frozenset({ORIGIN})
    windows: Mapping[str, exp.Expr] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Rows of one group: its members with their key values, and how to carry their terms over to the group's keys."""

    members: list[tuple[Variant, list[Value]]]
    keys: list[Value]
    key_types: frozenset[type]
    env: Env
    aliases: dict[str, exp.Expr]
    unique: list[frozenset[Key]]
    translate: list[dict[int, list[int]]]  # per member: symbol → symbols of the group
    scope: Scope  # the FROM clause of the members


@dataclass(slots=True)
class Row:
    """Where an expression is evaluated."""

    variant: Variant
    env: Env
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    group: Group | None = None
    peers: list[Row] | None = None  # all rows of the select, for windows
    unique: list[frozenset[Key]] = field(default_factory=list)
    resolving: frozenset[str] = frozenset()
    # Memos of this very row, by node; the node is kept so that its id stays its own.
    values: dict[int, tuple[exp.Expr, Value]] = field(default_factory=dict, init=False)
    assumed: dict[int, tuple[exp.Expr, Row | None]] = field(default_factory=dict, init=False)

    def with_zone(self, zone: Zone) -> Row:
        v = self.variant
        variant = Variant(v.columns, zone, v.presence, v.multiplicity, v.reads)
        return Row(variant, self.env, self.aliases, self.group, self.peers, self.unique, self.resolving)


@dataclass(slots=True)
class Source:
    """An item of FROM: its alias, its columns, and those hidden by USING."""

    alias: str
    names: list[str]
    hidden: set[str]


@dataclass(slots=True)
class Scope:
    """The FROM clause so far: joined rows, where their columns come from, and keys."""

    variants: list[Variant]
    sources: list[Source] = field(default_factory=list)
    unique: list[frozenset[Key]] = field(default_factory=list)
    ranks: dict[Key, frozenset[Key]] = field(default_factory=dict)
    follows: list[tuple[frozenset[Key], frozenset[Key]]] = field(default_factory=list)
