"""Column types: what a text, or a value of Parquet, becomes by strict rules, alike on every warehouse.

A value is taken only if nothing of it is lost or guessed. Every conversion is of a whole array, and raises
`pa.ArrowInvalid` or `ValueError` if one of its values does not fit.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from insitu.sources.declaration import Column, Declaration, Refused

Convert = Callable[[Any], Any]  # an array to an array

_TYPE = re.compile(r"([a-z][a-z0-9_ ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?( (?:with|without) time zone)?")
_SYNONYMS = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "long": "bigint",
    "numeric": "decimal",
    "float4": "real",
    "double precision": "double",
    "float8": "double",
    "bool": "boolean",
    "text": "varchar",
    "string": "varchar",
    "character varying": "varchar",
    "datetime": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "character": "char",
    "bpchar": "char",
}
_INTEGERS = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64()}
_FLOATS = {"real": pa.float32(), "double": pa.float64()}
_INSTEAD = {
    "float": "it has 4 bytes on DuckDB and 8 on PostgreSQL. Write `real` or `double`",
    "tinyint": "PostgreSQL has none. Write `smallint`",
    "utinyint": "PostgreSQL has none. Write `smallint`",
    "usmallint": "PostgreSQL has none. Write `integer`",
    "uinteger": "PostgreSQL has none. Write `bigint`",
    "ubigint": "PostgreSQL has none. Write `decimal(20, 0)`",
    "hugeint": "PostgreSQL has none. Write `decimal(38, 0)`",
    "uhugeint": "PostgreSQL has none. Write `decimal(38, 0)`",
}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_TIME = r"^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"
_OFFSET = r":\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True)
class Kind:
    """A type that columns of files may have.

    Attributes:
        arrow: the type of the converted values; None: as Parquet has them.
        expected: what its values look like, for messages.
        from_text: the conversion of texts; None if there is no rule for them.
    """

    arrow: pa.DataType | None
    expected: str
    from_text: Convert | None


def kind_of(column: Column, declaration: Declaration) -> Kind:
    """The type of a column.

    Raises Refused: the warehouses do not have it in common.
    """
    matched = _TYPE.fullmatch(" ".join(column.data_type.lower().split()))
    name = matched and matched[1] + (matched[4] or "")
    name = _SYNONYMS.get(name or "", name)
    sizes = [int(size) for size in (matched[2], matched[3]) if size] if matched else []
    if name in _INSTEAD:
        raise Refused(f"column `{column.name}` is declared `{column.data_type}`: {_INSTEAD[name]}.")
    if sizes and name not in ("decimal", "varchar", "char"):
        raise Refused(f"column `{column.name}` is declared `{column.data_type}`: write `{name}`, without a precision.")
    if name in _INTEGERS:
        return _integer(_INTEGERS[name])
    if name in _FLOATS:
        return _float(_FLOATS[name], declaration)
    if name == "decimal":
        return _decimal(column, sizes, declaration)
    if name in ("varchar", "char"):
        return _text(sizes[0] if sizes else 1 if name == "char" else None)
    if name == "date":
        return _date(column.format or declaration.date_format)
    if name in ("timestamp", "timestamptz"):
        return _timestamp(column.format or declaration.timestamp_format, "UTC" if name == "timestamptz" else None)
    if name == "time":
        return Kind(pa.time64("us"), "a time of day such as 18:00:00", _times_of_day)
    if name == "boolean":
        return Kind(pa.bool_(), f"one of {', '.join(_TRUE + _FALSE)}", _booleans)
    if name == "uuid":
        return Kind(pa.string(), "a UUID such as 6f1c0a52-8a3e-4b0e-9c59-3f0f4f9a7d11", _matching(_UUID))
    if name == "json":
        return Kind(pa.string(), "JSON", _documents)
    return Kind(None, f"what `{column.data_type}` holds", None)


def from_text(kind: Kind, array: Any) -> Any:
    """The conversion of texts, for a type that has one."""
    return kind.from_text(array) if kind.from_text else array


def from_typed(kind: Kind, array: Any) -> Any:
    """The conversion of values that have a type already."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if isinstance(array.type, pa.UuidType):
        array = pa.array([value and str(value) for value in array.to_pylist()], pa.string())
    if kind.arrow is None:
        return array
    if pa.types.is_null(array.type):  # nothing at all, in a column of no type
        return array.cast(kind.arrow)
    if array.type in (pa.string(), pa.large_string(), pa.string_view()):
        return from_text(kind, array.cast(pa.string()))
    if array.type == kind.arrow:
        return array
    if _family(array.type) != _family(kind.arrow) and kind.arrow != pa.string():
        raise ValueError(f"{array.type} is no {kind.arrow}")
    if pa.types.is_integer(array.type) and pa.types.is_decimal(kind.arrow):
        array = array.cast(pa.decimal128(38, kind.arrow.scale))
    converted = array.cast(kind.arrow)
    if kind.arrow != pa.float32() and kind.arrow != pa.string():
        _require(pc.equal(converted.cast(array.type), array), "a value would be rounded")
    if kind.arrow == pa.float32():
        _require(pc.equal(pc.is_inf(converted), pc.is_inf(array.cast(pa.float64()))), "a value is too large")
    return from_text(kind, converted) if kind.arrow == pa.string() else converted


def _family(arrow: pa.DataType) -> str:
    types = pa.types
    if types.is_integer(arrow) or types.is_floating(arrow) or types.is_decimal(arrow):
        return "number"
    if types.is_timestamp(arrow) or types.is_date(arrow):
        return "time"
    return str(arrow.id)


def _require(held: Any, otherwise: str) -> None:
    """Raise ValueError unless all values are true or NULL."""
    if pc.all(held, min_count=0).as_py() is False:
        raise ValueError(otherwise)


def _number_text(array: Any, declaration: Declaration) -> Any:
    """Numbers with a decimal point, whatever the file has."""
    if declaration.decimal == ",":
        _require(pc.invert(pc.match_substring(array, ".")), "a point")
        array = pc.replace_substring(array, ",", ".")
    return array


def _integer(arrow: pa.DataType) -> Kind:
    largest = 2 ** (arrow.bit_width - 1) - 1

    def convert(array: Any) -> Any:
        _require(pc.invert(pc.match_substring(array, "x", ignore_case=True)), "hexadecimal")
        return array.cast(arrow)

    return Kind(arrow, f"a whole number from {-largest - 1} to {largest}", convert)


def _float(arrow: pa.DataType, declaration: Declaration) -> Kind:
    def convert(array: Any) -> Any:
        converted = _number_text(array, declaration).cast(arrow)
        _require(pc.is_finite(converted), "not finite")
        return converted

    return Kind(arrow, f"a number such as 1{declaration.decimal}5", convert)


def _decimal(column: Column, sizes: list[int], declaration: Declaration) -> Kind:
    precision, scale = [*sizes, 0][:2] if sizes else (18, 3)
    if not 1 <= precision <= 38 or scale > precision:
        raise Refused(
            f"column `{column.name}` is declared `{column.data_type}`: expected 1 to 38 digits, no more of them behind "
            "the point."
        )
    arrow = pa.decimal128(precision, scale)
    return Kind(
        arrow,
        f"a number of at most {precision} digits, {scale} of them behind the point"
        + ("" if sizes else f" (what `{column.data_type}` means without sizes: write `decimal(<digits>, <behind>)`)"),
        lambda array: _number_text(array, declaration).cast(arrow),
    )


def _text(length: int | None) -> Kind:
    def convert(array: Any) -> Any:
        _require(pc.invert(pc.match_substring(array, "\0")), "a NUL character")
        if length is not None:
            _require(pc.less_equal(pc.utf8_length(array), length), "too long")
        return array

    limit = "" if length is None else f" of at most {length} characters"
    return Kind(pa.string(), f"text{limit}, without NUL characters", convert)


def _date(format_: str | None) -> Kind:
    if format_ is None:
        expected = "a date such as 2024-01-31 (another way to write it: `date_format`)"
        return Kind(pa.date32(), expected, lambda array: array.cast(pa.date32()))
    _check_format(format_)

    def parse(text: str) -> dt.date:
        return dt.datetime.strptime(text, format_).date()

    return Kind(pa.date32(), f"a date as `{format_}` says", lambda array: _each(array, parse, pa.date32()))


def _timestamp(format_: str | None, zone: str | None) -> Kind:
    arrow = pa.timestamp("us", zone)
    if format_ is None:
        expected = (
            "a time such as 2024-01-31 18:00:00, in UTC or with its offset (+02:00), to the microsecond (another way "
            "to write it: `timestamp_format`)"
        )
        return Kind(arrow, expected, lambda array: _moments(array).cast(arrow))
    _check_format(format_)

    def parse(text: str) -> dt.datetime:
        moment = dt.datetime.strptime(text, format_)
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment

    moment = pa.timestamp("us")
    return Kind(arrow, f"a time as `{format_}` says", lambda array: _each(array, parse, moment).cast(arrow))


def _check_format(format_: str) -> None:
    """Raise Refused for a format that leaves the day or the half of the day open, or is none."""
    sample = dt.datetime(2031, 11, 23, 14, 35, 46, tzinfo=dt.UTC)
    try:
        found = dt.datetime.strptime(sample.strftime(format_), format_)
    except (ValueError, re.error) as error:
        raise Refused(f"the format `{format_}` cannot be read: {error}. Expected one such as %d/%m/%Y.") from error
    if found.date() != sample.date():
        raise Refused(f"the format `{format_}` does not say the day. Expected one such as %d/%m/%Y.")
    if found.hour not in (0, sample.hour):
        raise Refused(
            f"the format `{format_}` has %I without %p, so that 2 is morning or afternoon. Add %p, or write %H."
        )


def _moments(array: Any) -> Any:
    """Times in UTC, without a zone, of texts with or without an offset."""
    moment = pa.timestamp("us")
    try:
        return array.cast(moment)
    except pa.ArrowInvalid:
        has_offset = pc.match_substring_regex(array, _OFFSET)
        absent = pa.scalar(None, pa.string())
        with_offset = pc.if_else(has_offset, array, absent).cast(pa.timestamp("us", "UTC")).cast(moment)
        return pc.coalesce(with_offset, pc.if_else(has_offset, absent, array).cast(moment))


def _times_of_day(array: Any) -> Any:
    array = _matching(_TIME)(array)
    return _each(array, dt.time.fromisoformat, pa.time64("us"))


def _booleans(array: Any) -> Any:
    lower = pc.utf8_lower(array)
    _require(pc.if_else(pc.is_null(array), True, pc.is_in(lower, pa.array(_TRUE + _FALSE))), "neither")
    return pc.if_else(pc.is_null(array), pa.scalar(None, pa.bool_()), pc.is_in(lower, pa.array(_TRUE)))


def _matching(pattern: str) -> Convert:
    def convert(array: Any) -> Any:
        _require(pc.match_substring_regex(array, pattern), "another pattern")
        return array

    return convert


def _documents(array: Any) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def check(text: str) -> str:
        json.loads(text, parse_constant=refuse)
        return text

    _require(pc.invert(pc.match_substring(array, "\\u0000")), "a NUL character")
    return _each(array, check, pa.string())


def _each(array: Any, convert: Callable[[str], Any], arrow: pa.DataType) -> Any:
    """Each different value converted once."""
    encoded = array.dictionary_encode()
    values = pa.array([convert(value) for value in encoded.dictionary.to_pylist()], arrow)
    return values.take(encoded.indices)
