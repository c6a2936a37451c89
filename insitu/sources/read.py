"""Files behind a source, read by the same rules for every warehouse into one Parquet file of the declared types."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from insitu.sources.declaration import Column, Declaration, Refused
from insitu.sources.delimited import DelimitedFile, shortened
from insitu.sources.files import source_files
from insitu.sources.plain import as_text, decompressed
from insitu.sources.types import Convert, Kind, from_text, from_typed, kind_of

MISFITS = (pa.ArrowException, ValueError, OverflowError)


def read_files(declaration: Declaration, columns: Sequence[Column]) -> Path:
    """Read, check and convert the files of a source; return a Parquet file that lives as long as this process.

    Memory: the blocks that Arrow reads ahead (32), whatever the size of a file.

    Raises:
        ConfigurationError: the first thing that is wrong, naming the file, the line, the column, the value and what
            was expected.
    """
    kinds = {column.name: kind_of(column, declaration) for column in columns}
    folder = _temporary_folder()
    target = folder / "typed.parquet"
    writer: parquet.ParquetWriter | None = None
    rows = 0
    try:
        for file in source_files(declaration.package, declaration.path):
            for batch in _typed(file, declaration, columns, kinds, folder):
                if writer is None:
                    writer = parquet.ParquetWriter(target, batch.schema, store_schema=False)
                elif batch.schema != writer.schema:
                    raise Refused(
                        f"the file `{file}` has other types than those before it. Load it as a source of its own."
                    )
                writer.write_batch(batch)
                rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    if not rows:
        raise Refused(f"the file `{declaration.path}` has no rows; at least one was expected. Put the data there.")
    return target


def _typed(
    file: Path, declaration: Declaration, columns: Sequence[Column], kinds: dict[str, Kind], copies: Path
) -> Iterator[pa.RecordBatch]:
    """The rows of one file, converted."""
    plain = decompressed(file, declaration, copies)
    shown = str(file)
    names = [column.name for column in columns]
    if declaration.format_of(plain.name) == "parquet":
        yield from _typed_parquet(plain.path, shown, columns, kinds)
        return
    for column in columns:
        if kinds[column.name].from_text is None:
            raise Refused(
                f"column `{column.name}` is declared `{column.data_type}`, and there is no rule how a text "
                "becomes one. Declare `varchar`, and convert it in the staging model."
            )
    text = DelimitedFile(
        as_text(plain, shown, declaration, copies), shown, declaration.delimiter_of(plain.name), declaration, names
    )
    _require_columns(names, text.columns, shown)
    before = 0
    for batch in text.batches(names):
        yield _converted(batch, columns, kinds, from_text, partial(_line, text, before))
        before += batch.num_rows


def _line(text: DelimitedFile, before: int, row: int) -> str:
    return f"{text.shown}`, line {text.line_of(before + row)}"


def _typed_parquet(
    path: Path, shown: str, columns: Sequence[Column], kinds: dict[str, Kind]
) -> Iterator[pa.RecordBatch]:
    names = [column.name for column in columns]
    before = 0
    with _damaged_parquet(shown):
        file = parquet.ParquetFile(path)
        _require_columns(names, list(file.schema_arrow.names), shown)
        batches = file.iter_batches(columns=names)
    while True:
        with _damaged_parquet(shown):
            batch = next(batches, None)
        if batch is None:
            return
        yield _converted(batch, columns, kinds, from_typed, partial(_row, shown, before))
        before += batch.num_rows


def _row(shown: str, before: int, row: int) -> str:
    return f"{shown}`, row {before + row + 1}"


def _converted(
    batch: pa.RecordBatch,
    columns: Sequence[Column],
    kinds: dict[str, Kind],
    convert: Callable[[Kind, Any], Any],
    place: Callable[[int], str],
) -> pa.RecordBatch:
    """The batch in the declared types.

    Raises Refused: the first value that does not fit, at its place in the file.
    """
    arrays, misfits = [], []
    for column in columns:
        values = batch.column(column.name)
        of_kind = partial(convert, kinds[column.name])
        try:
            arrays.append(of_kind(values))
        except MISFITS:
            misfits.append((_first_misfit(of_kind, values), column, values))
    if misfits:
        row, column, values = min(misfits, key=lambda misfit: misfit[0])
        raise Refused(
            f"the file `{place(row)}, column `{column.name}`: `{shortened(str(values[row].as_py()))}` is no "
            f"{column.data_type}. Expected {kinds[column.name].expected}."
        )
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def _first_misfit(convert: Convert, array: Any) -> int:
    """The position of the first value that cannot be converted, in an array that cannot be."""
    fits, fails = 0, len(array)  # all before `fits` can be; between it and `fails` lies the first that can not
    while fails - fits > 1:
        middle = (fits + fails) // 2
        try:
            convert(array.slice(fits, middle - fits))
            fits = middle
        except MISFITS:
            fails = middle
    return fits


def _require_columns(declared: list[str], found: list[str], shown: str) -> None:
    missing = [name for name in declared if name not in found]
    if missing:
        raise Refused(
            f"the file `{shown}` has no column `{'`, `'.join(missing)}` (it has: {shortened(', '.join(found), 300)}). "
            "Names are compared letter by letter."
        )


@contextmanager
def _damaged_parquet(shown: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise Refused(
            f"the file `{shown}` cannot be read as Parquet: {' '.join(str(error).split())}. Fetch it again, or say its "
            "`format`."
        ) from error


def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="insitu-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
