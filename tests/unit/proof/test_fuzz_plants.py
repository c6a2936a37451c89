"""The fuzzer finds what it is there to find: each rule is taken away once, and a query that leaks is then proved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlglot import exp

from insitu.proof.fuzz import declared, fuzzer, lists, names, scopes, sessions
from insitu.proof.fuzz.case import Case
from insitu.proof.fuzz.worlds import ERRORS, World, engine
from insitu.proof.project import proving
from insitu.proof.rules import dispatch, limits, literals, projection, select, session, setops, tables, unique_keys
from insitu.proof.rules import names as names_rule
from insitu.proof.rules.calls import frames, levels
from insitu.proof.sql import functions, identifiers
from tests.postgres import skip_if_asked

TRIES = 300
Plant = Callable[[pytest.MonkeyPatch], None]
Shape = Callable[[random.Random, str], Case | str]


@pytest.fixture(scope="module")
def duckdb_world() -> World:
    return World(seed=3)


@pytest.fixture(scope="module")
def postgres_world() -> Iterator[World]:
    skip_if_asked()
    with engine("postgres") as database:
        yield World(datasets=8, seed=3, database=database)


def aggregates_stay_where_they_stand(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(levels, "is_own", lambda *_: True)


def the_session_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    for rule in ("bring_together", "cast", "written"):
        patch.setattr(session, rule, lambda *_: None)


def texts_are_ordered_by_their_code_points(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(literals, "earlier", lambda a, b, binary, real=literals.earlier: real(a, b, True))


def numbers_are_those_of_python(patch: pytest.MonkeyPatch) -> None:
    def literal(a: Any, node: Any, row: Any, real: Any = literals.literal) -> Any:
        value = real(a, node, row)
        return value if node.is_string else value._replace(constant=float(node.this))

    def kind(constant: object, real: Any = literals.kind) -> Any:
        return ("number", constant) if isinstance(constant, float) else real(constant)

    patch.setattr(literals, "kind", kind)
    patch.setitem(dispatch.VALUES, exp.Literal, literal)


def the_second_of_a_name_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(projection, "_given_again", lambda *_: False)
    patch.setattr(names_rule, "_may_be_called", lambda *_: False)


def capitals_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    def folded(node: Any, dialect: str) -> str:
        return "" if node is None else str(node.name).lower()

    for module in (names_rule, projection, limits, select, tables, unique_keys, identifiers):
        patch.setattr(module, "identifier", folded)


def every_function_identifies(patch: pytest.MonkeyPatch) -> None:
    known = {name: replace(facts, identifying=facts.pure) for name, facts in functions.FUNCTIONS.items()}
    patch.setattr(functions, "FUNCTIONS", known)
    patch.setattr(functions, "_BY_CLASS", {k: replace(f, identifying=f.pure) for k, f in functions._BY_CLASS.items()})


def the_end_of_a_version_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proving, "_known", lambda relation, declared, symbols: {})


def every_session_writes_alike(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(session, "_writes", lambda a, node, value: None)


def groups_end_before_the_row(patch: pytest.MonkeyPatch) -> None:
    def explicit(a: Any, function: Any, spec: Any, kind: str, *more: Any, real: Any = frames._explicit) -> Any:
        frame = real(a, function, spec, kind, *more)
        return replace(frame, bounded=True, strict=True, positional=False) if kind == "GROUPS" else frame

    patch.setattr(frames, "_explicit", explicit)


def columns_have_the_same_place(patch: pytest.MonkeyPatch) -> None:
    def filled(a: Any, relation: Any, names: list[str], real: Any = setops._filled) -> Any:
        again = real(a, relation, names)
        if len(relation.names) == len(names):
            for variant, own in zip(again.variants, relation.variants, strict=True):
                variant.columns |= {("", n): own.columns["", m] for n, m in zip(names, relation.names, strict=True)}
        return again

    patch.setattr(setops, "_filled", filled)


FOUND_BY: list[tuple[str, Plant, Shape]] = [
    ("duckdb", aggregates_stay_where_they_stand, scopes.scopes),
    ("postgres", aggregates_stay_where_they_stand, scopes.scopes),
    ("duckdb", the_session_does_not_matter, sessions.zones),
    ("postgres", the_session_does_not_matter, sessions.zones),
    ("postgres", the_session_does_not_matter, sessions.texts),
    ("postgres", every_session_writes_alike, sessions.written),
    ("duckdb", texts_are_ordered_by_their_code_points, sessions.ordered),
    ("postgres", texts_are_ordered_by_their_code_points, sessions.ordered),
    ("duckdb", numbers_are_those_of_python, sessions.constants),
    ("postgres", numbers_are_those_of_python, sessions.constants),
    ("duckdb", every_function_identifies, declared.declared),
    ("duckdb", the_second_of_a_name_is_lost, names.names),
    ("postgres", capitals_do_not_matter, names.names),
    ("duckdb", the_end_of_a_version_is_not_looked_at, declared.declared),
    ("postgres", the_end_of_a_version_is_not_looked_at, declared.declared),
    ("duckdb", groups_end_before_the_row, lists.groups),
    ("postgres", groups_end_before_the_row, lists.groups),
    ("duckdb", columns_have_the_same_place, lists.by_name),
]


@pytest.mark.parametrize(("dialect", "plant", "shape"), FOUND_BY, ids=[f"{d}-{p.__name__}" for d, p, _ in FOUND_BY])
def test_the_fault_is_found(
    dialect: str, plant: Plant, shape: Shape, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    world = request.getfixturevalue(f"{dialect}_world")
    assert _leak(world, dialect, shape, 20) is None
    plant(monkeypatch)
    assert _leak(world, dialect, shape, TRIES) is not None


def _leak(world: World, dialect: str, shape: Shape, tries: int) -> str | None:
    """The first query of a shape that is proved and leaks."""
    for n in range(tries):
        rng = random.Random(f"{shape.__name__}/{n}")
        made = shape(rng, dialect)
        case = made if isinstance(made, Case) else Case(made)
        try:
            if fuzzer.verdict(case, dialect) and world.leak(case.text, rng, 6):
                return case.text
        except ERRORS:
            continue
    return None
