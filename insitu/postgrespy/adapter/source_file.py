"""Read a source that is a file, CSV or Parquet, as a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyarrow import csv, parquet

# As in the example's files and in R's: an empty field and NA mean that there is no value.
NULLS = ["", "NA"]


def file_columns(path: str) -> list[str]:
    """The names of a file's columns."""
    if path.endswith(".parquet"):
        return list(parquet.read_schema(path).names)
    return list(csv.open_csv(path).schema.names)


def open_file(path: str, columns: list[str]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The named columns of a file; those of a CSV file come as text, for the server to convert.

    Raises OSError where there is no such file, pyarrow.ArrowInvalid or KeyError where it lacks a column.
    """
    if path.endswith(".parquet"):
        file = parquet.ParquetFile(path)
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        return schema, (batch.select(columns) for batch in file.iter_batches(columns=columns))
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=8 << 20),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            column_types={name: pa.string() for name in columns},
            null_values=NULLS,
            strings_can_be_null=True,
        ),
    )
    return reader.schema, iter(reader)
