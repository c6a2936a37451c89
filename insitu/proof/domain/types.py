"""Column types, as far as time needs them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_FAMILIES = {
    "timestamp": {"timestamp", "timestamp without time zone", "datetime", "timestampntz"},
    "timestamptz": {"timestamptz", "timestamp with time zone", "timestampltz"},
    "date": {"date"},
    "integer": {
        "tinyint", "smallint", "int", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint",
        "int2", "int4", "int8", "uint", "int128",
    },
    "float": {"double", "double precision", "float", "real", "float4", "float8"},
    "decimal": {"decimal", "numeric"},
    "text": {"varchar", "text", "char", "character varying", "string", "bpchar"},
    "uuid": {"uuid"},
    "boolean": {"boolean", "bool"},
}  # fmt: skip
_BY_NAME = {name: family for family, names in _FAMILIES.items() for name in names}
TIME = {"timestamp", "date"}
# PostgreSQL writes their texts by the settings of the session, as it does floats and times.
_SHAPED = re.compile(r"interval|bytea|money|xml|time\b|.*(range|\[\])$|_")
# What every session writes alike; `plain` is what a function makes of such, `named` a type that somebody named.
ALIKE = {"integer", "decimal", "text", "boolean", "uuid", "plain", "named"}
_UNKNOWN = {None, "opaque", "plain"}


def family(sql_type: str | None) -> str | None:
    """The family of a SQL type name: timestamp, date, integer, …; None when not known."""
    if not sql_type:
        return None
    name = sql_type.strip().lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    base, _, rest = name.partition("(")
    if rest.endswith("with time zone"):
        return "timestamptz"
    known = {"character": "text"}.get(base.strip()) or _BY_NAME.get(base.strip())
    return known or ("other" if _SHAPED.match(name) else "named")


def common(types: Collection[str | None]) -> str | None:
    """The type of one of several values that are brought together."""
    if len(types) == 1:
        return next(iter(types))
    return (
        "opaque" if not types else "timestamp" if set(types) <= TIME else "plain" if set(types) <= ALIKE else "opaque"
    )


def in_session(types: Iterable[str | None]) -> bool:
    """Is bringing values of these types together left to the session's time zone?

    A time without zone (or a text) becomes one with zone by the zone of the session, and some local times stand for two
    instants or for none.
    """
    known = set(types)
    return "timestamptz" in known and len(known) > 1


def comparable(a: str | None, b: str | None) -> bool:
    """Does `a < b` in SQL order the two values as the checker does?

    Comparing text or a local time with a timestamp depends on formats and on the session, so it proves nothing.
    An `opaque` value (the result of a function) may be compared with a time, not with another opaque value.
    """
    if a in TIME and b in TIME:
        return True
    if {a, b} & _UNKNOWN:
        return a in TIME or b in TIME
    return a == b and a not in ("other", "named")
