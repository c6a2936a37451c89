"""A declared relation as the analysis sees it: its columns, and when its rows are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from insitu.proof import declarations as d
from insitu.proof.domain import NOTHING, RAW, Place, Relation, Term, Terms, Value, Variant
from insitu.proof.symbols import LOOSE, Symbols


def relation(
    name: str,
    declaration: Any,
    columns: Mapping[str, str | None],
    symbols: Symbols,
    place: Place,
    trusting: bool = False,
) -> Relation:
    """The relation `name`, referenced at `place`.

    Args:
        columns: names (as the warehouse compares them) and type families.
        trusting: in a staging model that is declared itself, raw rows may be read.
    """
    values: dict[str, Value] = {}
    present = {c.lower() for c in declaration.not_null}
    if isinstance(declaration, d.Spine | d.Features | d.TrainingSet):
        present.add(declaration.as_of.lower())
    for column, family in columns.items():
        symbol = symbols.fresh()
        if family == "date":
            symbols.align(symbol, "DAY")
        values[column] = Value(
            symbol, type=family, not_null=column.lower() in present, reads=frozenset({(name, column)})
        )
    presence: Terms = NOTHING
    late: dict[str, Term] = {}  # columns that are known later than their row
    if isinstance(declaration, d.Event | d.Labels | d.Validity):
        presence = _available(name, declaration, values, symbols, place)
    if isinstance(declaration, d.Validity):
        late = _versions(name, declaration, values, place)
    elif isinstance(declaration, d.Mutable):
        late = _todays(name, declaration, values, place)
        if not declaration.rows_are_permanent:
            presence = frozenset({_never(name, place, f"rows of mutable `{name}` come and go, without history")})
    elif isinstance(declaration, d.Raw):
        if trusting:
            # The row's identity stands in for the time that the staging model will declare.
            presence = frozenset(
                Term(name, key, ((values[key.lower()].symbol, 0, LOOSE),), place, code=RAW) for key in declaration.key
            )
        else:
            why = (
                f"raw `{name}` is read without a staging model that says when its rows are known; read a model declared "
                "as event, static or validity instead"
            )
            presence = frozenset({Term(name, "", (), place, code="009", why=why)})
    for column, value in values.items():
        terms = presence | ({late[column]} if column in late else NOTHING)
        values[column] = replace(value, terms=frozenset(terms))
    variant = Variant({("", c): v for c, v in values.items()}, presence=presence)
    unique = [frozenset(c.lower() for c in key) for key in declaration.unique]
    if isinstance(declaration, d.Spine) or (isinstance(declaration, d.Raw) and declaration.key):
        unique.append(
            frozenset(
                c.lower()
                for c in [*declaration.key, *([declaration.as_of] if isinstance(declaration, d.Spine) else [])]
            )
        )
    return Relation(list(columns), [variant], unique)


def _available(name: str, declaration: Any, values: dict[str, Value], symbols: Symbols, place: Place) -> Terms:
    column = {
        d.Event: lambda: declaration.available_at,
        d.Labels: lambda: declaration.matured_at,
        d.Validity: lambda: declaration.valid_from,
    }[type(declaration)]().lower()
    values[column] = replace(values[column], not_null=True)
    symbol = symbols.offset(values[column].symbol, declaration.lag_microseconds, declaration.lag_microseconds)
    label = isinstance(declaration, d.Labels)
    shown = column + (f" + {declaration.lag}" if declaration.lag_microseconds else "")
    return frozenset({Term(name, shown, ((symbol, 0, LOOSE),), place, inclusive=not declaration.strict, label=label)})


def _versions(name: str, declaration: d.Validity, values: dict[str, Value], place: Place) -> dict[str, Term]:
    late = {}
    if declaration.valid_to:
        column = declaration.valid_to.lower()
        values[column] = replace(values[column], closing=True)
        late[column] = _never(name, place, f"`{name}.{column}` is known only when the next version comes")
    for flag in declaration.current_flags:
        late[flag.lower()] = _never(name, place, f"`{name}.{flag}` says what is current today, not at as-of")
    return late


def _todays(name: str, declaration: d.Mutable, values: dict[str, Value], place: Place) -> dict[str, Term]:
    immutable = {c.lower() for c in declaration.immutable}
    why = "holds today's value, without history; use a validity dimension or a snapshot"
    return {c: _never(name, place, f"`{name}.{c}` {why}") for c in values if c.lower() not in immutable}


def _never(name: str, place: Place, why: str) -> Term:
    return Term(name, "", (), place, code="005", why=why)
