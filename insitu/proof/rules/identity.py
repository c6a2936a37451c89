"""The same row met twice: rows of one relation that agree in its key agree in what the key identifies.

`posts` is bounded by its time, the number of the post is kept, and the post is joined again by it: its time is that of
the post before, so it is bounded already. Nothing is said where the key is NULL.
"""

from __future__ import annotations

from dataclasses import replace

from insitu.proof.domain.symbols import Zone
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import Identified, Value, Variant
from insitu.proof.rules.analyser import Analyser


def equate(a: Analyser, x: Value, y: Value, zone: Zone) -> None:
    """Two values that are equal, and not NULL, identify the same."""
    for t in x.identifies:
        for u in y.identifies:
            if t.name != u.name or t.symbol == u.symbol:
                continue
            there, here = (told.present or a.symbols.is_present(zone, told.symbol) for told in (u, t))
            if there:
                _within(a, t.symbol, u.symbol, zone)
            if here:
                _within(a, u.symbol, t.symbol, zone)


def _within(a: Analyser, x: int, y: int, zone: Zone) -> None:
    """x is y where x is not NULL; y is not NULL."""
    units = {unit for symbol in (x, y) for unit, _ in a.symbols.starts(symbol, zone)}
    zone.add(x, y)
    for unit in units:
        zone.add(a.symbols.truncate(x, unit), a.symbols.truncate(y, unit))
    p, q = a.symbols.aligned.get(x), a.symbols.aligned.get(y)
    if p and q and p.unit == q.unit:
        zone.add(p.end, q.end)


def shared(variant: Variant, equal: list[tuple[Value, Value]]) -> Variant:
    """The variant, in which values that are equal tell the same."""
    told: dict[int, tuple[Identified, ...]] = {}
    for x, y in equal:
        if comparable(x.type, y.type):
            told[x.symbol] = told.get(x.symbol, ()) + y.identifies
            told[y.symbol] = told.get(y.symbol, ()) + x.identifies
    if not any(told.values()):
        return variant
    columns = {key: with_told(value, told.get(value.symbol, ())) for key, value in variant.columns.items()}
    return replace(variant, columns=columns)


def with_told(value: Value, more: tuple[Identified, ...]) -> Value:
    """The value, which identifies more."""
    known = {t.name for t in value.identifies}
    added = tuple({t.name: t for t in more if t.name not in known}.values())
    return value._replace(identifies=value.identifies + added) if added else value
