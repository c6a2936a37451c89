"""Relations as the analysis sees them: what the existence of each row and each of its values depends on.

A `Variant` is one disjunct of a relation (a branch of a UNION, the unmatched half of an outer join). Let T be any
instant and cut every source at T. For each variant, the rows whose presence terms lie at or before T are the same with
and without the cut, and in them every value whose terms lie at or before T is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.terms import NOTHING, Terms

Key = tuple[str, str]  # (alias, column); alias is "" in a finished relation
Read = tuple[str, str]  # (source relation, column), for lineage

NULL = ("null",)
UNLISTED = "*"  # stands for the columns of a relation that nobody listed


class Identified(NamedTuple):
    """What a value tells of the row of a relation that has it as its key.

    Where neither the value nor `symbol` is NULL, `column` of the row whose `key` is the value is `symbol`. So rows that
    come back to the same key, by whatever way, agree in that column.
    """

    relation: str
    key: str
    column: str
    symbol: int
    present: bool = True  # the symbol is not NULL where the value is not

    @property
    def name(self) -> tuple[str, str, str]:
        return self.relation, self.key, self.column


class Value(NamedTuple):
    """A column's value in a row."""

    symbol: int
    terms: Terms = NOTHING
    constant: Any = None  # a Python constant, NULL, or None when not constant
    type: str | None = None
    not_null: bool = False
    closing: bool = False  # the valid_to of a validity table
    reads: frozenset[Read] = frozenset()
    identifies: tuple[Identified, ...] = ()


@dataclass(slots=True)
class Variant:
    """A disjunct of a relation: columns, facts between them, and what its rows depend on."""

    columns: dict[Key, Value]
    zone: Zone = field(default_factory=Zone)
    presence: Terms = NOTHING
    multiplicity: Terms = NOTHING  # only how often the row occurs, not whether
    reads: frozenset[Read] = frozenset()

    @property
    def existence(self) -> Terms:
        return self.presence | self.multiplicity

    def existence_of(self, values: Iterable[Value]) -> Terms:
        """What it depends on whether there is a row with these values, in however many copies."""
        return self.presence | self.copies(reads_of(values))

    def copies(self, reads: Iterable[Read]) -> Terms:
        """Of the terms on multiplicity, those that matter to an expression over these columns.

        A join makes copies of a row, which are equal in the columns of that row's side. An expression over columns of
        the other side can differ between the copies, so it depends on which of them there are. That holds also for one
        that seems to hide late rows: CASE … ELSE shows its ELSE for them.
        """
        sources = {relation for relation, _ in reads}
        return frozenset(t for t in self.multiplicity if not t.source or t.source in sources)


@dataclass(slots=True)
class Relation:
    """Column names, the variants that its rows are of, and keys that hold over all of them."""

    names: list[str]
    variants: list[Variant]
    unique: list[frozenset[str]] = field(default_factory=list)
    ranks: dict[str, frozenset[str]] = field(default_factory=dict)  # row_number column → its partition columns
    # Rows that agree in the first columns (NULL with NULL) agree in the second.
    follows: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)


def terms_of(values: Iterable[Value]) -> Terms:
    """All that the values depend on."""
    return NOTHING.union(*(value.terms for value in values))


def reads_of(values: Iterable[Value]) -> frozenset[Read]:
    """The source columns that any of the values reads."""
    empty: frozenset[Read] = frozenset()
    return empty.union(*(value.reads for value in values))


def is_present(value: Value, zone: Zone) -> bool:
    """Never NULL in the rows of this variant."""
    return value.not_null or value.symbol in zone.present


def symbols_of(variant: Variant) -> set[int]:
    """The symbols of the columns, and of what they identify."""
    told = {t.symbol for value in variant.columns.values() for t in value.identifies}
    return told | {value.symbol for value in variant.columns.values()}
