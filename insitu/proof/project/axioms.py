"""A declared relation as the analysis sees it: its columns, and when its rows are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import LOOSE, Symbols
from insitu.proof.domain.terms import NOTHING, RAW, Place, Term, Terms
from insitu.proof.domain.types import TIME
from insitu.proof.domain.variants import UNLISTED, Identified, Read, Relation, Value, Variant
from insitu.proof.project import declarations as d


def relation(
    name: str, declaration: Any, base: Relation, symbols: Symbols, place: Place, trusting: bool = False
) -> Relation:
    """The relation `name`, referenced at `place`: what its declaration says about time replaces where it comes from.

    Args:
        base: its columns; for a model, as its SQL derives them, with the facts that hold between them.
        trusting: in a staging model that is declared itself, raw rows may be read.
    """
    _find(name, declaration, base.names, place)
    present = set(declaration.not_null)
    if isinstance(declaration, d.Anchored):
        present.add(declaration.as_of)
        present.update(getattr(declaration, "key", []))
    variants = [_declared(name, declaration, base.names, v, present, symbols, place, trusting) for v in base.variants]
    unique = [frozenset(key) for key in declaration.unique]
    if isinstance(declaration, d.Spine | d.Features) and declaration.key:
        unique.append(frozenset((*declaration.key, declaration.as_of)))
    if isinstance(declaration, d.Raw):
        unique.append(frozenset(declaration.key))
    return Relation(base.names, variants, unique + base.unique)


def _find(name: str, declaration: Any, names: list[str], place: Place) -> None:
    """Refuse a relation in which the columns of its declaration are not to be told from others."""
    missing = next((c for c in declaration.columns() if c not in names), None)
    if missing is not None:
        has = ", ".join(n for n in names[:10] if n != UNLISTED)
        raise Refusal(f"`{name}` has no column {missing}, which its declaration names (it has: {has})", place=place)


def source(columns: Mapping[str, str | None], symbols: Symbols, listed: bool = True) -> Relation:
    """A relation of which only the columns and their type families are known.

    Args:
        listed: these are all of its columns.
    """
    values = {} if listed else {("", UNLISTED): Value(symbols.fresh(), type="other")}
    for column, family in columns.items():
        symbol = symbols.fresh()
        if family == "date":
            symbols.align(symbol, "DAY")
        values["", column] = Value(symbol, type=family)
    return Relation([*columns, *([] if listed else [UNLISTED])], [Variant(values)])


def _declared(
    name: str, declaration: Any, names: list[str], base: Variant, present: set[str], symbols: Symbols, place: Place,
    trusting: bool,
) -> Variant:  # fmt: skip
    values: dict[str, Value] = {}
    for column in names:
        value = base.columns["", column]
        not_null = value.not_null or column in present
        values[column] = value._replace(not_null=not_null, reads=value.reads | {(name, column)}, closing=False)
    presence: Terms = NOTHING
    late: dict[str, Term] = {}  # columns that are known later than their row
    if isinstance(declaration, d.Anchored):
        presence = frozenset({asked(name, declaration, values[declaration.as_of], place)})
    if isinstance(declaration, d.Event | d.Labels | d.Validity):
        presence = _available(name, declaration, values, symbols, place)
    if isinstance(declaration, d.Validity):
        late = _versions(name, declaration, values, place)
    elif isinstance(declaration, d.Mutable):
        late = _todays(name, declaration, values, place)
        if declaration.rows_are_permanent is None:
            why = (
                f"rows of mutable `{name}` come and go, without history: counting them counts those of the future; if "
                "every row is there at every as-of, say why in `rows_are_permanent`"
            )
            presence = frozenset({_never(name, place, why)})
    elif isinstance(declaration, d.Raw):
        presence = _raw(name, declaration, values, place, trusting)
    for column, value in values.items():
        terms = presence | ({late[column]} if column in late else NOTHING)
        values[column] = value._replace(terms=frozenset(terms))
    _identify(name, declaration, values)
    columns = {("", c): v for c, v in values.items()}
    return Variant(columns, base.zone.copy(), presence, NOTHING, base.reads | _told_by(name, declaration))


def _identify(name: str, declaration: Any, values: dict[str, Value]) -> None:
    """Note what a key of one column tells of its row: the time at which it is known; of a static row, its times."""
    known = d.known_by(declaration)
    times = [known] if known else [c for c, v in values.items() if isinstance(declaration, d.Static) and v.type in TIME]
    told: dict[str, list[Identified]] = {}
    for key in declaration.unique:
        for column in times if len(key) == 1 else ():
            value = values[column]
            told.setdefault(key[0], []).append(Identified(name, key[0], column, value.symbol, value.not_null))
    for rule in declaration.determined:
        value = values[rule.column]
        same = Identified(rule.as_in, rule.their_key, rule.their_column, value.symbol, value.not_null)
        told.setdefault(rule.by, []).append(same)
    for column, some in told.items():
        values[column] = values[column]._replace(identifies=values[column].identifies + tuple(some))


def asked(name: str, declaration: Any, as_of: Value, place: Place) -> Term:
    """A row of a spine exists from its as-of on: rows that are asked for later are not seen."""
    return Term(name, declaration.as_of, ((as_of.symbol, 0, LOOSE),), place, inclusive=True)


def _told_by(name: str, declaration: Any) -> frozenset[Read]:
    """The columns that decide when a row is seen."""
    column = d.known_by(declaration)
    return frozenset({(name, column)} if column else ())


def _raw(name: str, declaration: d.Raw, values: dict[str, Value], place: Place, trusting: bool) -> Terms:
    if trusting:
        # The row's identity stands in for the time that the staging model will declare.
        return frozenset(Term(name, k, ((values[k].symbol, 0, LOOSE),), place, code=RAW) for k in declaration.key)
    why = (
        f"raw `{name}` is read without a staging model that says when its rows are known; read a model declared as "
        "event, static or validity instead"
    )
    return frozenset({Term(name, "", (), place, code="009", why=why)})


def _available(name: str, declaration: Any, values: dict[str, Value], symbols: Symbols, place: Place) -> Terms:
    column = d.known_by(declaration)
    assert column is not None
    family = values[column].type
    if family is None:
        raise Refusal(
            f"the type of `{name}.{column}` is not known; give its data_type in YAML, write a catalog (`dbt docs "
            "generate`), or build the warehouse so that it can be asked",
            place=place,
        )
    if family in ("text", "integer", "float", "decimal", "boolean"):
        raise Refusal(f"`{name}.{column}` is {family}, not a time; derive a timestamp in staging", place=place)
    values[column] = values[column]._replace(not_null=True)
    symbol = symbols.offset(values[column].symbol, declaration.lag_microseconds, declaration.lag_microseconds)
    label = isinstance(declaration, d.Labels)
    shown = column + (f" + {declaration.lag}" if declaration.lag_microseconds else "")
    return frozenset({Term(name, shown, ((symbol, 0, LOOSE),), place, inclusive=not declaration.strict, label=label)})


def _versions(name: str, declaration: d.Validity, values: dict[str, Value], place: Place) -> dict[str, Term]:
    late = {}
    if declaration.valid_to:
        column = declaration.valid_to
        values[column] = values[column]._replace(closing=True)
        never = _never(name, place, f"`{name}.{column}` is known only when the next version comes")
        late[column] = never._replace(inclusive=not declaration.strict, closing=True, lag=declaration.lag_microseconds)
    for flag in declaration.current_flags:
        late[flag] = _never(name, place, f"`{name}.{flag}` says what is current today, not at as-of")
    return late


def _todays(name: str, declaration: d.Mutable, values: dict[str, Value], place: Place) -> dict[str, Term]:
    why = "holds today's value, without history; use a validity dimension or a snapshot"
    return {c: _never(name, place, f"`{name}.{c}` {why}") for c in values if c not in declaration.immutable}


def _never(name: str, place: Place, why: str) -> Term:
    return Term(name, "", (), place, code="005", why=why)
