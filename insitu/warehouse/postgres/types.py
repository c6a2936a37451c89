"""PostgreSQL types and Arrow types: what a read yields, and what a write needs."""

from __future__ import annotations

import pyarrow as pa

# PostgreSQL type name (pg_type.typname) → the Arrow type it is read as. A type missing here is read as text.
READ: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
    "bpchar": pa.string(),
    "name": pa.string(),
    "bytea": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
# The libraries that read these numbers compute in double precision, so exact decimals would gain nothing.
CAST = {"numeric": "float8", "money": "numeric::float8", "oid": "int8", "char": "text"}

# Type names that DuckDB has and PostgreSQL has not: one YAML file serves both.
SYNONYMS = {
    "double": "double precision",
    "blob": "bytea",
    "string": "text",
    "datetime": "timestamp",
    "tinyint": "smallint",
    "hugeint": "numeric(38, 0)",
}


def native(declared: str) -> str:
    """A `data_type` from YAML as PostgreSQL spells it."""
    return SYNONYMS.get(declared.strip().lower(), declared)


def read_as(type_name: str) -> tuple[str, pa.DataType]:
    """How to read a column of a PostgreSQL type: the cast to append (may be empty), and the Arrow type that comes.

    `type_name` is pg_type.typname; an array's begins with an underscore.
    """
    array = type_name.startswith("_")
    name = type_name.removeprefix("_")
    if name in READ:
        cast, arrow = "", READ[name]
    else:
        target = CAST.get(name, "text")
        cast, arrow = f"::{target}", READ[target.rpartition(":")[2]]
    if not array:
        return cast, arrow
    return "".join(f"::{step}[]" for step in cast.split("::")[1:]), pa.list_(arrow)


def column_type(arrow: pa.DataType) -> str | None:
    """The PostgreSQL column type that holds an Arrow type, or None where there is none."""
    types = pa.types
    if types.is_dictionary(arrow) or types.is_run_end_encoded(arrow):
        return column_type(arrow.value_type)
    if types.is_list(arrow) or types.is_large_list(arrow) or types.is_fixed_size_list(arrow):
        element = column_type(_innermost(arrow))
        return None if element in (None, "jsonb") else f"{element}[]"
    if isinstance(arrow, pa.BaseExtensionType):
        named = {"arrow.uuid": "uuid", "arrow.json": "jsonb"}.get(arrow.extension_name)
        return named or column_type(arrow.storage_type)
    for test, name in _WRITE:
        if test(arrow):
            return name
    if types.is_decimal(arrow):
        return f"numeric({arrow.precision}, {max(arrow.scale, 0)})" if arrow.scale >= 0 else "numeric"
    if types.is_timestamp(arrow):
        return "timestamp with time zone" if arrow.tz else "timestamp without time zone"
    return None


def _innermost(arrow: pa.DataType) -> pa.DataType:
    """A PostgreSQL array has one element type, however many dimensions."""
    while pa.types.is_list(arrow) or pa.types.is_large_list(arrow) or pa.types.is_fixed_size_list(arrow):
        arrow = arrow.value_type
    return arrow


_WRITE = (
    (pa.types.is_boolean, "boolean"),
    (lambda t: t in (pa.int8(), pa.uint8(), pa.int16()), "smallint"),
    (lambda t: t in (pa.uint16(), pa.int32()), "integer"),
    (lambda t: t in (pa.uint32(), pa.int64()), "bigint"),
    (lambda t: t == pa.uint64(), "numeric(20, 0)"),
    (lambda t: t in (pa.float16(), pa.float32()), "real"),
    (pa.types.is_float64, "double precision"),
    (lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or t == pa.string_view(), "text"),
    (lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t) or t == pa.binary_view(), "bytea"),
    (pa.types.is_fixed_size_binary, "bytea"),
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time without time zone"),
    (lambda t: pa.types.is_duration(t) or t == pa.month_day_nano_interval(), "interval"),
    (lambda t: pa.types.is_struct(t) or pa.types.is_map(t), "jsonb"),
    (pa.types.is_null, "text"),
)
