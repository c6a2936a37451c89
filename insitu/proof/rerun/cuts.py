"""Cutting declared relations at an instant: what had been known by then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from insitu.proof.project import declarations as d
from insitu.quoting import identifier as quote

FOREVER = "9999-12-31 00:00:00"


def known_at(declaration: Any) -> tuple[str, str | None, bool] | None:
    """(column, lag, strict) that decides when a row is known; None when rows are always there."""
    if isinstance(declaration, d.Event):
        return declaration.available_at, declaration.lag, declaration.strict
    if isinstance(declaration, d.Labels):
        return declaration.matured_at, declaration.lag, declaration.strict
    if isinstance(declaration, d.Validity):
        return declaration.valid_from, declaration.lag, declaration.strict
    if isinstance(declaration, d.Spine):
        return declaration.as_of, None, False  # what is asked later is not there yet
    return None


def moment_of(declaration: Any) -> str | None:
    """SQL of the instant at which a row is known."""
    known = known_at(declaration)
    if known is None:
        return None
    column, lag, _ = known
    return quote(column) + (f" + interval '{lag}'" if lag else "")


def cut(
    relation: str, columns: dict[str, str | None], declaration: Any, at: datetime | str, poison: bool = False
) -> str:
    """A query for the relation as it was known at an instant.

    Args:
        relation: quoted SQL name.
        columns: its columns and type families.
        at: rows known strictly before (or at, if so declared) remain as they are; an instant, or SQL of one.
        poison: keep about half of the later rows, with other numbers in them, and those of the next hours moved to the
            instant itself: a leak shows more by them than by rows that are missing.
    """
    instant = at if isinstance(at, str) else f"timestamp '{at.isoformat(sep=' ')}'"
    moment = moment_of(declaration)
    ours = _as_of(columns, declaration, instant)
    selected = ", ".join(f"{ours.get(c, quote(c))} as {quote(c)}" for c in columns)
    if moment is None:
        return f"select {selected} from {relation}"
    known = known_at(declaration)
    assert known is not None
    strict = known[2]
    query = f"select {selected} from {relation} where {moment} {'<' if strict else '<='} {instant}"
    if not poison or isinstance(declaration, d.Spine):
        return query
    spoiled = ", ".join(
        f"{_spoiled(c, family, declaration, instant, ours)} as {quote(c)}" for c, family in columns.items()
    )
    later = f"{moment} {'>=' if strict else '>'} {instant}"
    # About half, by the seconds modulo 11, as no calendar unit is a multiple of 11 seconds. Rows of the next hours all
    # stay: `_spoiled` moves them to the instant itself.
    half = (
        f"(mod(cast(extract(epoch from {quote(known[0])}) as bigint), 11) < 5 "
        f"or {quote(known[0])} < {instant} + interval '12 hours')"
    )
    return f"{query} union all select {spoiled} from {relation} where {later} and {half}"


def _as_of(columns: dict[str, str | None], declaration: Any, instant: str) -> dict[str, str]:
    """Columns that looked different then."""
    if isinstance(declaration, d.Validity):
        result = {flag: "null" for flag in declaration.current_flags}
        if declaration.valid_to:
            column = declaration.valid_to
            open_end = f"timestamp '{FOREVER}'" if column in declaration.not_null else "null"
            lag = f" + interval '{declaration.lag}'" if declaration.lag else ""
            known = f"{quote(column)}{lag} {'<' if declaration.strict else '<='} {instant}"
            result[column] = f"case when {known} then {quote(column)} else {open_end} end"
        return {c: sql for c, sql in result.items() if c in columns}
    if isinstance(declaration, d.Mutable):
        return {c: "null" for c in columns if c not in declaration.immutable}
    return {}


def _spoiled(column: str, family: str | None, declaration: Any, instant: str, ours: dict[str, str]) -> str:
    known = known_at(declaration)
    assert known is not None
    keys = {c for key in declaration.unique for c in key}
    if column in ours:
        return ours[column]
    if column == known[0]:
        if column in keys or known[1] or not known[2]:
            return quote(column)
        # Ties: rows of the next hours are moved to the instant itself.
        return f"case when {quote(column)} < {instant} + interval '12 hours' then {instant} else {quote(column)} end"
    if column not in keys and family in ("float", "decimal"):
        return f"{quote(column)} * 7 + 1000"
    return quote(column)
