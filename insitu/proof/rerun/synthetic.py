"""Small made-up rows for declared relations: few values, so keys meet, and times on a grid, so ties happen."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from insitu.proof.project import declarations as d

START = datetime(2013, 3, 10)
_HOURS = (-800, -170, -49, -30, -25, -24, -13, -7, -6, -2, -1, 0, 1, 2, 5, 6, 12, 24, 25, 48, 170, 700)
_STEPS = [timedelta(hours=h) for h in _HOURS]
_STEPS += [timedelta(minutes=m) for m in (-1, 1)]
TYPES = {
    "timestamp": "timestamp", "date": "date", "integer": "bigint", "float": "double precision",
    "decimal": "numeric(18, 2)", "text": "varchar", "boolean": "boolean",
}  # fmt: skip


class Maker:
    """Makes rows.

    Args:
        literals: numbers and texts of the SQL, used as values now and then.
    """

    def __init__(self, seed: int, literals: Iterable[Any] = ()) -> None:
        self.random = random.Random(seed)
        self.numbers = [x for x in literals if isinstance(x, float)]
        self.texts = [x for x in literals if isinstance(x, str)]

    def moment(self) -> datetime:
        return START + self.random.choice(_STEPS)

    def value(self, family: str | None, not_null: bool) -> Any:
        r = self.random
        if not not_null and r.random() < 0.12:
            return None
        if family in ("timestamp", "timestamptz"):
            return self.moment()
        if family == "date":
            return self.moment().date()
        if family == "boolean":
            return r.random() < 0.5
        if family in ("float", "decimal"):
            return float(r.choice([1, 2, 3, 10, 100, *self.numbers]))
        if family == "text":
            return r.choice(["a", "a", "b", *self.texts])
        return int(r.choice([1, 1, 1, 2, 3, *(x for x in self.numbers if x == int(x))]))

    def rows(self, columns: dict[str, str | None], declaration: Any, count: int) -> list[dict[str, Any]]:
        """Rows that keep what the declaration promises: keys unique, times not NULL, versions in order."""
        present = {*declaration.not_null, *(c for key in declaration.unique for c in key)}
        present |= {getattr(declaration, a) for a in _TIMES if getattr(declaration, a, None)}
        present.update(getattr(declaration, "key", []))
        rows: list[dict[str, Any]] = []
        for i in range(count):
            row = {c: self.value(f, c in present) for c, f in columns.items()}
            for key in declaration.unique:
                if len(key) == 1 and columns.get(key[0]) == "integer":
                    row[key[0]] = 100 + i if self.random.random() < 0.5 else i + 1
            if isinstance(declaration, d.Validity) and declaration.valid_to:
                start, end = declaration.valid_from, declaration.valid_to
                if row[end] is not None and row[end] <= row[start]:
                    row[end] = row[start] + timedelta(hours=self.random.choice([1, 24, 200]))
            rows.append(row)
        return _unique(rows, _keys(declaration))


_TIMES = ("available_at", "matured_at", "valid_from", "as_of")


def _keys(declaration: Any) -> list[list[str]]:
    keys = [*declaration.unique]
    if isinstance(declaration, d.Spine | d.Features) and declaration.key:
        keys.append([*declaration.key, declaration.as_of])
    return keys


def _unique(rows: list[dict[str, Any]], keys: list[list[str]]) -> list[dict[str, Any]]:
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for row in rows:
        identities = {(i, *(row.get(c) for c in key)) for i, key in enumerate(keys)}
        if not identities & seen:
            seen |= identities
            kept.append(row)
    return kept
