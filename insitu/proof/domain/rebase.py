"""Carry variants over to new column symbols: what projection, grouping and the reuse of a relation have in common.

Terms and facts are re-expressed over the columns that stay visible; facts of several variants are weakened to what
holds in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from insitu.proof.domain.symbols import ORIGIN, Symbols, Weight, Zone
from insitu.proof.domain.terms import Place, Term, Terms, prune, restrict
from insitu.proof.domain.variants import NULL, Identified, Relation, Value, Variant


@dataclass(slots=True)
class Rebased:
    """Columns under new symbols, and the facts between them that hold in every member."""

    values: list[Value]  # without terms
    zone: Zone
    maps: list[dict[int, list[int]]]  # per member: old symbol → new symbols


def rebase(members: Sequence[tuple[Variant, Sequence[Value]]], symbols: Symbols, outer: frozenset[int]) -> Rebased:
    """New symbols for the columns of `members` (variants with equally many values), and the facts that hold in all."""
    width = len(members[0][1])
    fresh: list[int] = []
    values: list[Value] = []
    hidden: list[tuple[Identified, ...]] = []
    for i in range(width):
        column = [vs[i] for _, vs in members]
        symbol = symbols.fresh()
        units = {a.unit if (a := symbols.aligned.get(v.symbol)) else None for v in column}
        if len(units) == 1 and (unit := units.pop()):
            symbols.align(symbol, unit)
        fresh.append(symbol)
        first = column[0]
        hidden.append(_hidden(members, column, symbols))
        types = {v.type for v in column if v.constant != NULL}
        values.append(
            Value(
                symbol,
                constant=first.constant if all(_same(v.constant, first.constant) for v in column) else None,
                type=types.pop() if len(types) == 1 else None if len(types) == 0 else _common(types),
                not_null=all(
                    v.not_null or v.symbol in variant.zone.present
                    for (variant, _), v in zip(members, column, strict=True)
                ),
                closing=all(v.closing for v in column),
                reads=frozenset().union(*(v.reads for v in column)),
                identifies=hidden[-1],
            )
        )
    maps: list[dict[int, list[int]]] = []
    facts: list[tuple[dict[tuple[int, int], Weight], set[int]]] = []
    for variant, vs in members:
        names: dict[int, list[int]] = {o: [o] for o in outer}
        names.setdefault(ORIGIN, [ORIGIN])
        null: set[int] = set()
        for value, new, told in zip(vs, fresh, hidden, strict=True):
            if value.constant == NULL:
                null |= symbols.with_ends([new, *(t.symbol for t in told)])
                continue
            theirs = {t.name: t.symbol for t in value.identifies}
            _follow(names, value.symbol, new, variant.zone, symbols)
            for t in told:
                _follow(names, theirs[t.name], t.symbol, variant.zone, symbols)
        maps.append(names)
        here: dict[tuple[int, int], Weight] = {}
        for x, new_xs in names.items():
            for y, weight in symbols.paths(variant.zone, x).items():
                for new_y in names.get(y, ()):
                    for new_x in new_xs:
                        if new_x != new_y and ((new_x, new_y) not in here or weight < here[new_x, new_y]):
                            here[new_x, new_y] = weight
        facts.append((here, null))
    everywhere: dict[tuple[int, int], Weight] = {}
    for edge in set().union(*(here for here, _ in facts)):
        # Where its first column is NULL an edge promises nothing, so it holds.
        weights = [here.get(edge) for here, null in facts if edge in here or edge[0] not in null]
        if None not in weights:
            everywhere[edge] = max(w for w in weights if w is not None)
    zone = Zone()
    for (x, y), weight in everywhere.items():
        zone.add(x, y, weight)
    return Rebased(values, zone, maps)


def _hidden(
    members: Sequence[tuple[Variant, Sequence[Value]]], column: Sequence[Value], symbols: Symbols
) -> tuple[Identified, ...]:
    """What the values of a column identify in all members, under new symbols. Where they are NULL nothing is said."""
    told = [
        (variant, {t.name: t for t in value.identifies})
        for (variant, _), value in zip(members, column, strict=True)
        if value.constant != NULL
    ]
    result = []
    for name in set.intersection(*(set(known) for _, known in told)) if told else ():
        symbol = symbols.fresh()
        units = {a.unit if (a := symbols.aligned.get(known[name].symbol)) else None for _, known in told}
        if len(units) == 1 and (unit := units.pop()):
            symbols.align(symbol, unit)
        present = all(known[name].present or symbols.is_present(m.zone, known[name].symbol) for m, known in told)
        result.append(Identified(*name, symbol, present))
    return tuple(sorted(result))


def _follow(names: dict[int, list[int]], old: int, new: int, zone: Zone, symbols: Symbols) -> None:
    """The old symbol is the new one, and so are the ends and starts of its periods."""
    names.setdefault(old, []).append(new)
    a, b = symbols.aligned.get(old), symbols.aligned.get(new)
    if a and b:
        names.setdefault(a.end, []).append(b.end)
    for unit, start in symbols.starts(old, zone):
        names.setdefault(start, []).append(symbols.truncate(new, unit))


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def _common(types: set[str | None]) -> str | None:
    return "timestamp" if types == {"timestamp", "date"} else "other"


def translate(terms: Terms, names: dict[int, list[int]]) -> Terms:
    """Rename the symbols of terms that are already restricted to `names`."""
    result: set[Term] = set()
    for term in terms:
        bounds = tuple(sorted((new, c, flag) for s, c, flag in term.bounds for new in names.get(s, ())))
        result.add(term._replace(bounds=bounds))
    return frozenset(result)


def carry(
    terms: Terms, variant: Variant, names: dict[int, list[int]], symbols: Symbols, place: Place | None = None,
    code: str = "001", why: str | Callable[[], str] = "", zone: Zone | None = None,
) -> Terms:  # fmt: skip
    """Restrict terms of a variant to the symbols of `names`, and rename them."""
    kept = restrict(terms, symbols, zone or variant.zone, set(names), place, code, why)
    return prune(translate(kept, names))


def project(
    variant: Variant, names: list[str], values: list[Value], symbols: Symbols, outer: frozenset[int]
) -> Variant:
    """The variant as a finished relation with these columns only."""
    based = rebase([(variant, values)], symbols, outer)
    mapping = based.maps[0]

    def keep(terms: Terms) -> Terms:
        return carry(terms, variant, mapping, symbols)

    cache: dict[Terms, Terms] = {}
    columns = {}
    for name, old, new in zip(names, values, based.values, strict=True):
        if old.terms not in cache:
            cache[old.terms] = keep(old.terms)
        columns["", name] = new._replace(terms=cache[old.terms])
    return Variant(columns, based.zone, keep(variant.presence), keep(variant.multiplicity), variant.reads)


def instantiate(relation: Relation, symbols: Symbols) -> Relation:
    """Another reference to the same relation: the same facts about other rows."""
    nothing: frozenset[int] = frozenset({ORIGIN})
    variants = [
        project(v, relation.names, [v.columns["", n] for n in relation.names], symbols, nothing)
        for v in relation.variants
    ]
    return replace(relation, variants=variants)


def share(relation: Relation) -> Relation:
    """The first reference to a relation keeps its symbols; only its containers are its own."""
    variants = [Variant(dict(v.columns), v.zone.copy(), v.presence, v.multiplicity, v.reads) for v in relation.variants]
    return replace(relation, variants=variants, unique=list(relation.unique), ranks=dict(relation.ranks))


def merge(variants: list[Variant], symbols: Symbols, outer: frozenset[int]) -> Variant:
    """One variant instead of many, with the facts that hold in all of them and the terms of each."""
    keys = list(variants[0].columns)
    based = rebase([(v, [v.columns[k] for k in keys]) for v in variants], symbols, outer)
    cache: dict[tuple[int, Terms], Terms] = {}

    def keep(pick: list[Terms]) -> Terms:
        result: set[Term] = set()
        for i, terms in enumerate(pick):
            if (i, terms) not in cache:
                cache[i, terms] = carry(terms, variants[i], based.maps[i], symbols)
            result |= cache[i, terms]
        return prune(frozenset(result))

    columns = {
        k: based.values[i]._replace(terms=keep([v.columns[k].terms for v in variants])) for i, k in enumerate(keys)
    }
    return Variant(
        columns,
        based.zone,
        keep([v.presence for v in variants]),
        keep([v.multiplicity for v in variants]),
        frozenset().union(*(v.reads for v in variants)),
    )


def compact(relation: Relation, symbols: Symbols, limit: int = 8) -> Relation:
    """Merge variants with equal constants: no later predicate could treat them differently."""
    if len(relation.variants) < 2:
        return relation
    nothing: frozenset[int] = frozenset({ORIGIN})
    groups: dict[tuple[object, ...], list[Variant]] = {}
    for v in relation.variants:
        signature = tuple(repr(v.columns["", n].constant) for n in relation.names)
        groups.setdefault(signature, []).append(v)
    variants = [merge(g, symbols, nothing) if len(g) > 1 else g[0] for g in groups.values()]
    if len(variants) > limit:
        variants = [merge(variants, symbols, nothing)]
    return replace(relation, variants=variants)
