"""Comparing two results of the same query, row by row, within rounding."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two results differ: a column, or rows that only one of them has."""

    column: str
    rows: int
    example: str


def differences(
    names: Sequence[str], a: Sequence[Sequence[Any]], b: Sequence[Sequence[Any]], key: Sequence[str]
) -> list[Difference]:
    """Differences between results a (all data) and b (cut).

    Args:
        key: columns that identify a row; rows are compared as bags where they do not.
    """
    positions = [names.index(k) for k in key if k in names]
    left = _grouped(a, positions)
    right = _grouped(b, positions)
    found: dict[str, list[str]] = {}
    for identity in left.keys() | right.keys():
        ours, theirs = left.get(identity, []), right.get(identity, [])
        if len(ours) != len(theirs):
            found.setdefault("(row)", []).append(
                f"{_shown(identity)}: {len(ours)} rows with all data, {len(theirs)} cut"
            )
            continue
        for i, name in enumerate(names):
            x, y = Counter(_plain(r[i]) for r in ours), Counter(_plain(r[i]) for r in theirs)
            if x != y:
                example = f"{_shown(identity)}: {_values(ours, i)} with all data, {_values(theirs, i)} cut"
                found.setdefault(name, []).append(example)
    return [Difference(column, len(examples), sorted(examples)[0]) for column, examples in found.items()]


def _grouped(rows: Sequence[Sequence[Any]], positions: list[int]) -> dict[tuple[Any, ...], list[Sequence[Any]]]:
    result: dict[tuple[Any, ...], list[Sequence[Any]]] = {}
    for row in rows:
        result.setdefault(tuple(_plain(row[p]) for p in positions), []).append(row)
    return result


def _plain(value: Any) -> Any:
    """Hashable, and equal within 9 significant digits."""
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return float(f"{value:.9g}")
    if isinstance(value, list | dict | set):
        return repr(value)
    return value


def _values(rows: Sequence[Sequence[Any]], i: int) -> str:
    values = [str(r[i]) if r[i] is not None else "NULL" for r in rows]
    return ", ".join(values[:3]) + (", …" if len(values) > 3 else "")


def _shown(identity: tuple[Any, ...]) -> str:
    return ", ".join(str(v) for v in identity) or "all rows"
