"""Terms: on which source rows something depends, and how late those rows can be.

A `Term` reads: "on rows of this source that were available no later than each of these instants".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from insitu.proof.domain.symbols import LOOSE, Symbols, Weight, Zone, add

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
    closing: bool = False  # a term on the end of a version, which is known `lag` after it
    lag: int = 0
    tie: bool = False  # nothing of the future, but rows that tie: the value may differ from run to run

    @property
    def unbounded(self) -> bool:
        return not self.bounds


Terms = frozenset[Term]
NOTHING: Terms = frozenset()


def refused(place: Place, code: str, why: str) -> Term:
    """A term that no bound can satisfy."""
    return Term("", "", (), place, code=code, why=why)


def tied(place: Place, why: str) -> Term:
    """A term on which of several rows that tie comes first."""
    return Term("", "", (), place, code="007", why=why, tie=True)


def tighten(terms: Terms, symbols: Symbols, zone: Zone, visible: set[int]) -> Terms:
    """Add to each term the bounds that the facts in `zone` give over the visible symbols."""
    return frozenset(_bounded(t, symbols, zone, visible) if t.bounds else t for t in terms)


def _bounded(term: Term, symbols: Symbols, zone: Zone, allowed: set[int], cache: dict[Any, Any] | None = None) -> Term:
    if term.code == RAW:
        same = set().union(*(symbols.as_distinct(zone, symbol) for symbol, _, _ in term.bounds))
        return term._replace(bounds=tuple(sorted((y, 0, LOOSE) for y in same & allowed)))
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
            bounded = _lost(bounded, place, "006" if term.label else code, without_rule(term, symbols) or why)
        result.add(bounded)
    return prune(frozenset(result))


def without_rule(term: Term, symbols: Symbols) -> str:
    """What to say of a predicate on the term's time that was seen, but that no rule covers; empty for none."""
    seen = next((symbols.without_rule[s] for s, _, _ in term.bounds if s in symbols.without_rule), "")
    return f"the predicate {seen} was seen, but no rule makes a bound in time of it; compare the times" if seen else ""


def _lost(term: Term, place: Place | None, code: str, why: str | Callable[[], str]) -> Term:
    reason = why if isinstance(why, str) else why()
    if term.code == RAW:
        reason, term = (
            f"{reason}; a row of raw `{term.source}` is told by its whole key",
            term._replace(available_at=""),
        )
    return term._replace(place=place or term.place, code=code, why=reason or term.why)


def prune(terms: Terms, limit: int = 48) -> Terms:
    """Drop each term that follows from another one: if a term with weaker bounds everywhere is proved, so is it."""
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
