"""The abstract domain: what a row's existence and each of its values depend on.

A `Term` reads: "on rows of this source that were available no later than each of these instants". A `Variant` is one
disjunct of a relation (a branch of a UNION, the unmatched half of an outer join). Let T be any instant and cut every
source at T. For each variant, the rows whose presence terms lie at or before T are the same with and without the cut,
and in them every value whose terms lie at or before T is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from insitu.proof.symbols import Symbols, Weight, Zone, add

Key = tuple[str, str]  # (alias, column); alias is "" in a finished relation
Read = tuple[str, str]  # (source relation, column), for lineage

NULL = ("null",)
RAW = "raw"  # the code of a term on a raw row, inside a staging model that is declared itself


class Place(NamedTuple):
    """Where in the compiled SQL of a model; a negative line is one of the raw file."""

    model: str = ""
    line: int = 0


class Term(NamedTuple):
    """On which rows of a source something depends."""

    source: str
    available_at: str
    bounds: tuple[tuple[int, int, int], ...]  # (symbol, c, flag); empty: unbounded
    place: Place
    inclusive: bool = False  # available exactly at as-of is allowed
    code: str = "001"
    why: str = ""
    label: bool = False
    closing: bool = False  # of a version's end, which is known `lag` later
    lag: int = 0

    @property
    def unbounded(self) -> bool:
        return not self.bounds


Terms = frozenset[Term]
NOTHING: Terms = frozenset()


class Value(NamedTuple):
    """A column's value in a row."""

    symbol: int
    terms: Terms = NOTHING
    constant: Any = None  # a Python constant, NULL, or None when not constant
    type: str | None = None
    not_null: bool = False
    closing: bool = False  # the valid_to of a validity table
    reads: frozenset[Read] = frozenset()


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
        """Whether the row is there with these values, however often."""
        return self.presence | self.copies(reads_of(values))

    def copies(self, reads: Iterable[Read]) -> Terms:
        """What the copies depend on that differ in something which reads these columns.

        The copies that a join makes of a row are alike in the columns of one side. They need not be alike in what looks
        at the other side, whatever it hides of it: CASE … ELSE shows its ELSE for late copies.
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


class Refusal(Exception):
    """A construct that the checker has no rule for."""

    def __init__(self, message: str, node: Any = None, code: str = "008", place: Place | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.code = code
        self.place = place


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


def refused(place: Place, code: str, why: str) -> Term:
    """A term that no bound can satisfy."""
    return Term("", "", (), place, code=code, why=why)


def tighten(terms: Terms, symbols: Symbols, zone: Zone, visible: set[int]) -> Terms:
    """Add to each term the bounds that the facts in `zone` give over the visible symbols."""
    return frozenset(_bounded(t, symbols, zone, visible) if t.bounds else t for t in terms)


def _bounded(term: Term, symbols: Symbols, zone: Zone, allowed: set[int], cache: dict[Any, Any] | None = None) -> Term:
    best: dict[int, Weight] = {}
    for symbol, c, flag in term.bounds:
        if cache is None:
            paths = symbols.paths(zone, symbol)
        else:
            if symbol not in cache:
                cache[symbol] = symbols.paths(zone, symbol)
            paths = cache[symbol]
        for y, weight in paths.items():
            if y in allowed:
                total = add((c, flag), weight)
                if y not in best or total < best[y]:
                    best[y] = total
    return term._replace(bounds=tuple(sorted((y, c, flag) for y, (c, flag) in best.items())))


def restrict(
    terms: Terms, symbols: Symbols, zone: Zone, allowed: set[int], place: Place | None = None, code: str = "001",
    why: str | Callable[[], str] = "",
) -> Terms:  # fmt: skip
    """Re-express terms over the allowed symbols only; what has no bound there becomes unbounded, for the reason given.

    Without a place, the loss is reported where the source is read.
    """
    result = set()
    cache: dict[int, dict[int, Weight]] = {}
    for term in terms:
        if term.unbounded:
            lost = term.code == RAW and place is not None
            result.add(_lost(term, place, code, why) if lost else term)
            continue
        bounded = _bounded(term, symbols, zone, allowed, cache)
        if bounded.unbounded and not (term.code == RAW and place is None):
            bounded = _lost(bounded, place, "006" if term.label else code, why)
        result.add(bounded)
    return prune(frozenset(result))


def _lost(term: Term, place: Place | None, code: str, why: str | Callable[[], str]) -> Term:
    reason = why if isinstance(why, str) else why()
    return term._replace(place=place or term.place, code=code, why=reason or term.why)


def prune(terms: Terms, limit: int = 48) -> Terms:
    """Drop terms that another one implies: weaker bounds everywhere are harder to prove."""
    if len(terms) < 2:
        return terms
    groups: dict[tuple[Any, ...], list[Term]] = {}
    for term in terms:
        if term.unbounded:
            continue
        groups.setdefault((term.source, term.available_at, term.inclusive, term.label), []).append(term)
    kept: set[Term] = {t for t in terms if t.unbounded}
    for group in groups.values():
        best: list[tuple[Term, dict[int, Weight]]] = []
        for term in sorted(group, key=lambda t: (len(t.bounds), t.place.model, t.place.line, t.bounds)):
            bounds = {s: (c, flag) for s, c, flag in term.bounds}
            if any(_weaker(other, bounds) for _, other in best):
                continue
            best = [(t, b) for t, b in best if not _weaker(bounds, b)]
            best.append((term, bounds))
        if len(best) > limit:  # never lose soundness: keep the weakest common bounds of all
            common = set.intersection(*(set(b) for _, b in best))
            weakest = tuple(sorted((s, *max(b[s] for _, b in best)) for s in common))
            best = [(best[0][0]._replace(bounds=weakest), {})]
        kept.update(t for t, _ in best)
    return frozenset(kept)


def _weaker(a: Mapping[int, Weight], b: Mapping[int, Weight]) -> bool:
    """Every bound of a is also a bound of b, at least as tight there."""
    return all(symbol in b and b[symbol] <= weight for symbol, weight in a.items())
