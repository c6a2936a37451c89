"""What is quoted comes back from the database as it was; and nothing is quoted by hand."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insitu.quoting import identifier, identifiers, literal, parts, qualified, replace_unquoted

LIBRARY = Path(__file__).parents[2] / "insitu"
ODD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
NASTY = ("a", "it's", 'a"b', '""', "a\\'b", "a.b", '"."', "-- x", "select", "Ä ö", "a\\")


@given(ODD)
def test_a_name_and_a_text_come_back(text: str) -> None:
    query = duckdb.sql(f"select{literal(text)} as {identifier(text)}")
    assert query.columns == [text] and query.fetchall() == [(text,)]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_ones_too(name: str) -> None:
    assert duckdb.sql(f"select {literal(name)} as {identifier(name)}").fetchall() == [(name,)]


@given(st.lists(ODD, min_size=1, max_size=3))
def test_parts_are_what_was_qualified(names: list[str]) -> None:
    assert parts(qualified(*names)) == names


def test_parts_of_a_plain_name() -> None:
    assert parts("staging.departures") == ["staging", "departures"]
    assert parts('"a.b".departures') == ["a.b", "departures"]
    assert identifiers("a", 'b"c') == '"a", "b""c"'


def test_nothing_is_quoted_by_hand() -> None:
    by_hand = re.compile(r"""replace\('"', '""'\)|replace\("'", "''"\)|f'"\{|'"' \+ """)
    found = [
        f"{path.relative_to(LIBRARY)}:{number}"
        for path in LIBRARY.rglob("*.py")
        if path.name != "quoting.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if by_hand.search(line)
    ]
    # a PostgreSQL array's element, in which quotes are escaped by backslashes
    assert [place for place in found if "write.py" not in place] == []


def test_what_is_quoted_is_no_placeholder() -> None:
    names = ", ".join([identifier("it's ? {a}"), literal("? {a}"), identifier('say "?"')])
    values = iter(["1", "2"])
    sql = f"select {names}, ? from {{a}} where x = ?"
    assert replace_unquoted(r"\?", lambda _: next(values), sql) == f"select {names}, 1 from {{a}} where x = 2"
    assert replace_unquoted(r"\{\w+\}", lambda found: found[1:-1], sql) == f"select {names}, ? from a where x = ?"
