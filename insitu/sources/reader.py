"""Read a source file as typed Arrow batches; DuckDB does the parsing, whatever the warehouse is."""

import duckdb
import pyarrow as pa

from insitu.errors import ConfigurationError
from insitu.sources.files import file_path


def read_file(package: str, path: str, columns: dict[str, str]) -> pa.RecordBatchReader:
    """Return the columns of a CSV or Parquet file, cast to their declared types.

    Args:
        package: see `file_path`.
        path: see `file_path`.
        columns: SQL type by column name; other columns of the file are left out.

    Raises:
        ConfigurationError: the file lacks a column.
        duckdb.ConversionException: a value is not of its column's type.
    """
    found = file_path(package, path)
    connection = duckdb.connect()
    file = (
        connection.read_parquet(found)
        if found.endswith(".parquet")
        else connection.read_csv(found, header=True, all_varchar=True, na_values=["NA", ""])
    )
    missing = [name for name in columns if name not in file.columns]
    if missing:
        raise ConfigurationError(
            f"The source file `{path}` has no column `{'`, `'.join(missing)}` (it has: {', '.join(file.columns)}). "
            "Have the source delivered as agreed, or change the contract of the source."
        )
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns}
    return file.project(
        ", ".join(f"cast({quoted[name]} as {type_}) as {quoted[name]}" for name, type_ in columns.items())
    ).to_arrow_reader(100_000)
