"""Symbols for column values and the facts that order them in time.

A symbol stands for the value of one column in one (arbitrary) row. A *weight* `(c, flag)` on the edge x → y says
`x − y ≤ c` microseconds, or `< c` when flag is 0. Every edge also promises: if x is not NULL then y is not NULL. Paths
therefore keep both promises, and a shortest path from an availability time (never NULL: an obligation) to the as-of
column is a proof.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

Weight = tuple[int, int]

ORIGIN = 0  # the symbol of the instant 1970-01-01 00:00, from which literals are measured
STRICT, LOOSE = 0, 1
_SAME = (0, LOOSE)  # there and back: neither is later

SECOND = 1_000_000
DAY = 86_400 * SECOND
UNIT = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": SECOND,
    "MINUTE": 60 * SECOND,
    "HOUR": 3_600 * SECOND,
    "DAY": DAY,
    "WEEK": 7 * DAY,
}
# Calendar units have no fixed length: shortest and longest.
CALENDAR = {"MONTH": (28 * DAY, 31 * DAY), "QUARTER": (89 * DAY, 92 * DAY), "YEAR": (365 * DAY, 366 * DAY)}
_NESTED = {
    "SECOND": {"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"},
    "MINUTE": {"MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"},
    "HOUR": {"HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"},
    "DAY": {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"},
    "WEEK": {"WEEK"},
    "MONTH": {"MONTH", "QUARTER", "YEAR"},
    "QUARTER": {"QUARTER", "YEAR"},
    "YEAR": {"YEAR"},
}


def add(a: Weight, b: Weight) -> Weight:
    """The weight of two edges one after the other: strict when either is."""
    return a[0] + b[0], min(a[1], b[1])


def length(unit: str) -> tuple[int, int]:
    """Shortest and longest length of a unit, in microseconds."""
    return (UNIT[unit], UNIT[unit]) if unit in UNIT else CALENDAR[unit]


class Zone:
    """Difference constraints between symbols (a zone; edges x → y with `x − y ≤ c`)."""

    __slots__ = ("cache", "edges", "present", "touched", "version")

    def __init__(self) -> None:
        self.cache: dict[int, dict[int, Weight]] = {}  # shortest paths, as long as nothing changes
        self.version = -1
        self.edges: dict[int, dict[int, Weight]] = {}
        self.present: set[int] = set()  # symbols known not to be NULL
        self.touched: set[int] = set()  # symbols at either end of an edge

    def copy(self) -> Zone:
        other = Zone()
        other.present, other.touched = set(self.present), set(self.touched)
        other.edges = {x: dict(ys) for x, ys in self.edges.items()}
        return other

    def add(self, x: int, y: int, weight: Weight = (0, LOOSE)) -> None:
        if x == y:
            return
        ys = self.edges.setdefault(x, {})
        if y not in ys or weight < ys[y]:
            ys[y] = weight
            self.touched |= {x, y}
            self.version = -1

    def equal(self, x: int, y: int) -> None:
        self.add(x, y)
        self.add(y, x)

    def update(self, other: Zone) -> None:
        self.present |= other.present
        for x, ys in other.edges.items():
            for y, weight in ys.items():
                self.add(x, y, weight)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The symbol is a multiple of a calendar unit; `end` is the start of the next period."""

    unit: str
    end: int


class Symbols:
    """All symbols of one analysis: fresh ones, those of derived values, and what holds for them always."""

    def __init__(self) -> None:
        self._count = ORIGIN
        self._interned: dict[Hashable, int] = {}
        self.structural: dict[int, list[tuple[int, Weight]]] = {}
        self._version = 0  # of structural
        self.aligned: dict[int, Aligned] = {}
        self.without_rule: dict[int, str] = {}  # symbol → a predicate that compares it in a way that no rule covers
        self._derivations: dict[int, list[tuple[str, int]]] = {}  # symbol → units it was truncated to, and the starts
        self.told_apart: dict[int, set[int]] = {}  # value → values that differ wherever it does

    def fresh(self) -> int:
        self._count += 1
        return self._count

    def intern(self, key: Hashable) -> int:
        """The same deterministic expression of the same symbols is the same symbol."""
        if key not in self._interned:
            self._interned[key] = self.fresh()
        return self._interned[key]

    def _always(self, x: int, y: int, c: int, flag: int = LOOSE) -> None:
        self.structural.setdefault(x, []).append((y, (c, flag)))
        self._version += 1

    def identify(self, symbol: int, derived: int) -> None:
        """`derived` is another value for each other value of `symbol`. Their order in time stays unknown."""
        if symbol != derived:
            self.told_apart.setdefault(symbol, set()).add(derived)

    def as_distinct(self, zone: Zone, symbol: int) -> set[int]:
        """The symbols that differ wherever this one does: equal to it, at a fixed distance from it, or a key of it."""
        found, pending = {symbol}, [symbol]
        while pending:
            x = pending.pop()
            near = {
                y for y, w in self.paths(zone, x).items() if add(w, self.paths(zone, y).get(x, (1, LOOSE))) == _SAME
            }
            new = (near | self.told_apart.get(x, set())) - found
            found |= new
            pending += new
        return found

    def literal(self, microseconds: int) -> int:
        key = ("time literal", microseconds)
        known = key in self._interned
        symbol = self.intern(key)
        if not known:
            self._always(symbol, ORIGIN, microseconds)
            self._always(ORIGIN, symbol, -microseconds)
            if microseconds % DAY == 0:
                self.align(symbol, "DAY")
        return symbol

    def offset(self, symbol: int, low: int, high: int) -> int:
        """symbol + d, low ≤ d ≤ high."""
        if low == high == 0:
            return symbol
        key = ("offset", symbol, low, high)
        known = key in self._interned
        result = self.intern(key)
        if not known:
            self._always(result, symbol, high)
            self._always(symbol, result, -low)
        return result

    def truncate(self, symbol: int, unit: str) -> int:
        """The start of the period that holds `symbol`."""
        aligned = self.aligned.get(symbol)
        if aligned and aligned.unit in _NESTED[unit]:
            return symbol  # a month's first day truncated to the day is itself
        key = ("truncate", symbol, unit)
        known = key in self._interned
        result = self.intern(key)
        if not known:
            self._derivations.setdefault(symbol, []).append((unit, result))
            self._always(result, symbol, 0)
            end = self.align(result, unit)
            finer = aligned.unit if aligned and unit in _NESTED[aligned.unit] and aligned.unit in UNIT else None
            if finer:
                self._always(symbol, end, -UNIT[finer], LOOSE)
            else:
                self._always(symbol, end, 0, STRICT)
        return result

    def bucket(self, symbol: int, length_: int, origin: str) -> int:
        """The start of the bucket of a fixed length that holds `symbol`."""
        key = ("bucket", symbol, length_, origin)
        known = key in self._interned
        result = self.intern(key)
        if not known:
            self._always(result, symbol, 0)
            self._always(symbol, result, length_, STRICT)
        return result

    def align(self, symbol: int, unit: str, end: int | None = None) -> int:
        """Note that the symbol is a multiple of unit; returns the symbol of the next multiple."""
        if symbol in self.aligned:
            return self.aligned[symbol].end
        end = end or self.fresh()
        low, high = length(unit)
        self.aligned[symbol] = Aligned(unit, end)
        self._always(end, symbol, high)
        self._always(symbol, end, -low)
        return end

    def with_ends(self, symbols: Iterable[int]) -> set[int]:
        """The symbols, and the end of its period for each that is aligned."""
        result = set(symbols)
        for symbol in list(result):
            if symbol in self.aligned:
                result.add(self.aligned[symbol].end)
        return result

    def starts(self, symbol: int, zone: Zone) -> list[tuple[str, int]]:
        """Units and starts of the periods that hold the symbol, of which the zone knows something."""
        known = self._derivations.get(symbol)
        return [(unit, start) for unit, start in known if start in zone.touched] if known else []

    def compare(self, zone: Zone, x: int, y: int, strict: bool) -> None:
        """Add x ≤ y (or <), and what it means for two aligned values; both are not NULL then."""
        zone.present |= {x, y}
        zone.add(x, y, (0, STRICT if strict else LOOSE))
        a, b = self.aligned.get(x), self.aligned.get(y)
        if a and b and a.unit == b.unit:
            zone.add(a.end, b.end, (0, STRICT if strict else LOOSE))
        if strict and a and b and b.unit in _NESTED[a.unit]:
            # x < y, both multiples of x's unit: the whole period of x ends at or before y.
            zone.add(a.end, y, (0, LOOSE))
            zone.add(x, y, (-length(a.unit)[0], LOOSE))

    def equate(self, zone: Zone, x: int, y: int) -> None:
        """Add x = y, and the same of the starts of their periods."""
        units = {unit for symbol in (x, y) for unit, _ in self.starts(symbol, zone)}
        zone.equal(x, y)
        for unit in units:
            zone.equal(self.truncate(x, unit), self.truncate(y, unit))
        a, b = self.aligned.get(x), self.aligned.get(y)
        if a and b and a.unit == b.unit:
            zone.equal(a.end, b.end)

    def is_present(self, zone: Zone, symbol: int) -> bool:
        """Known not to be NULL: by itself, or because another one is not."""
        return symbol in zone.present or any(symbol in self.paths(zone, other) for other in zone.present)

    def paths(self, zone: Zone, start: int) -> dict[int, Weight]:
        """Shortest paths from `start`: y → (c, flag) with start − y ≤ c. Not to be changed by the caller."""
        if zone.version != self._version:
            zone.cache, zone.version = {}, self._version
        known = zone.cache.get(start)
        if known is None:
            known = zone.cache[start] = self._paths(zone, start)
        return known

    def _paths(self, zone: Zone, start: int) -> dict[int, Weight]:
        distance: dict[int, Weight] = {start: (0, LOOSE)}
        if start not in zone.edges and start not in self.structural:
            return distance
        queue, steps = deque([start]), 0
        # Contradictory facts make a negative cycle, which must not loop. Any walk is a valid bound.
        while queue and steps < 5_000:
            steps += 1
            x = queue.popleft()
            here = distance[x]
            edges = zone.edges.get(x)
            for y, weight in [*(edges.items() if edges else ()), *self.structural.get(x, ())]:
                length_ = (here[0] + weight[0], min(here[1], weight[1]))
                if y not in distance or length_ < distance[y]:
                    if y == start:
                        continue
                    distance[y] = length_
                    queue.append(y)
        return distance
