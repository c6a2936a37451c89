"""Write an Arrow stream into a table by COPY, one statement per slice of bounded size.

A slice is copied in a thread while the model computes the next one. Each is a COPY of its own, so that the connection
is free in between for a lazy model, which takes turns by the same lock.
"""

from __future__ import annotations

import datetime
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from insitu.quoting import identifiers
from insitu.warehouse.postgres.types import column_type

ROWS_PER_COPY = 65_536
BYTES_PER_COPY = 32 * 2**20
# Every value is quoted and every NULL is not, so the empty string and NULL stay apart.
_CSV = csv.WriteOptions(include_header=False, quoting_style="all_valid")

Encoder = Callable[[pa.Array], pa.Array]


class UnsupportedType(ValueError):
    """A column of the model's result cannot be written; the message names it and says what to do."""


def copy_batches(
    cursor: Any,
    relation: str,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    declared: dict[str, str],
    turn: threading.RLock | None = None,
) -> int:
    """Append the batches to `relation` (rendered SQL) on the cursor's connection; returns the number of rows.

    `declared` are the column types from YAML, by column name; `turn` is held while the connection is in use.
    Memory: one batch and two encoded slices.
    """
    encoders = [encoder(field, declared.get(field.name, "")) for field in schema]
    columns = identifiers(*schema.names)
    statement = f"copy {relation} ({columns}) from stdin with (format csv, encoding 'UTF8')"
    turn = turn or threading.RLock()

    def copy(buffer: io.BytesIO) -> None:
        with turn:
            try:
                cursor.copy_expert(statement, buffer, size=1 << 20)
            except psycopg2.OperationalError as error:
                if not cursor.connection.closed:
                    raise
                raise psycopg2.OperationalError(  # psycopg2's own message is "invalid socket"
                    f"The connection was lost while rows were copied into {relation} ({str(error).strip()}). The "
                    "transaction was rolled back; the server's log says why. `dbt retry` goes on from here."
                ) from error

    rows = 0
    with ThreadPoolExecutor(1, thread_name_prefix="insitu-copy") as thread:
        copying: Future[None] | None = None
        for part in slices(batches):
            arrays = [encode(column) for encode, column in zip(encoders, part.columns, strict=True)]
            buffer = io.BytesIO()
            csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=schema.names), buffer, _CSV)
            buffer.seek(0)
            if copying:
                copying.result()
            copying = thread.submit(copy, buffer)
            rows += part.num_rows
        if copying:
            copying.result()
    return rows


def slices(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of bounded size."""
    for batch in batches:
        size = max(1, min(ROWS_PER_COPY, BYTES_PER_COPY * batch.num_rows // max(batch.nbytes, 1)))
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)


def encoder(field: pa.Field, declared: str = "") -> Encoder:
    """How to turn a column into one that the CSV writer renders as PostgreSQL reads it.

    Raises UnsupportedType where no PostgreSQL type holds the column's Arrow type and none is declared.
    """
    arrow = field.type
    types = pa.types
    if column_type(arrow) is None and not declared:
        raise UnsupportedType(
            f"column `{field.name}` has the Arrow type {arrow}, which no PostgreSQL column type holds. Cast it in the "
            "model, or give the column a `data_type` in YAML."
        )
    if types.is_dictionary(arrow):
        inner = encoder(field.with_type(arrow.value_type), declared)
        return lambda column: inner(column.dictionary_decode())
    if types.is_run_end_encoded(arrow):
        inner = encoder(field.with_type(arrow.value_type), declared)
        return lambda column: inner(pc.run_end_decode(column))
    if isinstance(arrow, pa.BaseExtensionType):
        if arrow.extension_name == "arrow.uuid":
            return lambda column: _each(column, str, field)
        inner = encoder(field.with_type(arrow.storage_type), declared or "text")
        return lambda column: inner(column.storage)
    if types.is_nested(arrow):
        listed = not (types.is_struct(arrow) or types.is_map(arrow))
        render = array_literal if listed and not declared.lower().startswith("json") else _json
        return lambda column: _each(column, render, field)
    if column_type(arrow) == "bytea":
        return lambda column: _each(column, lambda value: "\\x" + value.hex(), field)
    if types.is_duration(arrow):
        return lambda column: pc.binary_join_element_wise(
            column.cast(pa.duration("us")).cast(pa.int64()).cast(pa.string()), "microseconds", " "
        )
    if arrow == pa.month_day_nano_interval():
        return lambda column: _each(
            column, lambda v: f"{v.months} months {v.days} days {v.nanoseconds // 1000} microseconds", field
        )
    if types.is_timestamp(arrow) and arrow.unit == "ns":
        # PostgreSQL keeps microseconds: what is finer is cut off, not refused.
        return lambda column: column.cast(pa.timestamp("us", arrow.tz), safe=False)
    replacement = {pa.string_view(): pa.string(), pa.float16(): pa.float32(), pa.date64(): pa.date32()}.get(arrow)
    return (lambda column: column.cast(replacement)) if replacement else (lambda column: column)


def array_literal(value: Any) -> str:
    """A list as a PostgreSQL array literal, of any number of dimensions."""
    return "{" + ",".join(array_literal(v) if isinstance(v, list) else _element(v) for v in value) + "}"


def _element(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "t" if value else "f"
        case int() | float():
            return str(value)
        case bytes():
            text = "\\x" + value.hex()
        case datetime.timedelta():
            text = f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
        case datetime.datetime() | datetime.date() | datetime.time():
            text = value.isoformat()
        case _:
            text = str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, default=_json_scalar, ensure_ascii=False)


def _json_scalar(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _each(column: pa.Array, render: Callable[[Any], str], field: pa.Field) -> pa.Array:
    try:
        return pa.array([None if v is None else render(v) for v in column.to_pylist()], pa.string())
    except ValueError as error:
        raise UnsupportedType(
            f"column `{field.name}` ({field.type}) holds a value with no SQL form: {error}"
        ) from error
