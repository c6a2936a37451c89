"""A hash of contents is what it is said to be: of rows, their number and the names of columns, by hand."""

from __future__ import annotations

from hashlib import md5
from itertools import combinations

from tests.dbt.bodies.project import Bodies, Row

Values = tuple[str | None, int | None, str | None]
CONTENTS: list[list[Values]] = [
    [],
    [(None, None, None)],
    [("", None, None)],
    [("", 0, "")],
    [("a", 1, "b")],
    [("a", 1, "b")] * 2,
    [("a", 1, "b"), (None, 1, "b")],
    [("", 1, "b"), ("a", 1, "b")],
    [("a|b", 1, 'say "x"'), ("Ä", -7, "∅")],
    [(f"{i}", i, None) for i in range(40)],
]


def row_text(row: Values) -> str:
    """A line of CSV: texts in quotes, numbers bare, nothing for NULL."""
    quoted = ['"' + value.replace('"', '""') + '"' if isinstance(value, str) else value for value in row]
    return "|".join("" if value is None else str(value) for value in quoted)


def by_hand(rows: list[Values]) -> str:
    digests = [md5(row_text(row).encode()).hexdigest() for row in rows]
    halves = [sum(int(digest[at : at + 15], 16) for digest in digests) for at in (0, 16)]
    return md5(f'"a","b","c":{len(rows)}:{halves[0]}:{halves[1]}'.encode()).hexdigest()[:16]


def test_the_hash_by_hand(bodies: Bodies) -> None:
    found = []
    for rows in CONTENTS:
        given: list[Row] = [dict(zip("abc", row, strict=True)) for row in rows]
        found += [row["hash"] for row in bodies.run("hashes", {"hashed": given})]
    assert found == [by_hand(rows) for rows in CONTENTS]
    assert all(one != other for one, other in combinations(found, 2))
