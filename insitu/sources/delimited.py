"""CSV as a stream of record batches of text, NULL where there is no value; refusals name the line.

Arrow reads it. The csv module, slower and exact about lines, looks for what is wrong once something is, and wherever
there are quotes: Arrow takes `"a"b` for `ab`, and a quote that is never closed for the end of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from insitu.sources.declaration import Declaration, Refused
from insitu.sources.plain import text_lines

BLOCK = 8 << 20  # the longest row that can be read
LARGEST_FOOTER = 10

Record = tuple[int, int, list[str]]  # first line, last line, values


class DelimitedFile:
    """A CSV file, its header read."""

    def __init__(self, path: Path, shown: str, delimiter: str, declaration: Declaration, declared: list[str]) -> None:
        """Args: the UTF-8 text, how messages call it, its delimiter, its declaration, the names of declared columns."""
        self.path = path
        self.shown = shown
        self.declaration = declaration
        self._dialect: dict[str, Any] = {
            "delimiter": delimiter,
            "quotechar": declaration.quote or None,
            "quoting": csv.QUOTE_MINIMAL if declaration.quote else csv.QUOTE_NONE,
            "escapechar": declaration.escape,
            "doublequote": declaration.escape is None,
            "strict": True,
        }
        self.columns, self._lines_before = self._header(declared)

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows, with these columns.

        Raises Refused: a line has too few or too many values, or a quote where none may be.
        """
        if self.declaration.quote and self._has_quotes():
            self._scrutinise()
        try:
            yield from self._reader(columns)
        except (pa.ArrowException, UnicodeError) as error:
            self._scrutinise()
            raise Refused(f"the file `{self.shown}` cannot be read: {' '.join(str(error).split())}.") from error

    def line_of(self, row: int) -> int:
        """The number of the line at which a row begins, counted from 0 among the rows."""
        return next(islice((line for line, _, _ in self._rows()), row, None))

    def _header(self, declared: list[str]) -> tuple[list[str], int]:
        """The names of the columns, and how many lines come before the rows."""
        if not self.declaration.header:
            return declared, self.declaration.skip
        for line, last, names in self._records(self.declaration.skip):
            repeated = next((name for name in names if names.count(name) > 1 and name in declared), None)
            if repeated:
                raise Refused(
                    f"the file `{self.shown}`, line {line}: the column `{repeated}` comes twice. Correct its header."
                )
            return names, last
        raise Refused(f"the file `{self.shown}` is empty; expected a line with the names of the columns, and rows.")

    def _reader(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        positions = [f"{number}" for number in range(len(self.columns))]
        wanted = [positions[self.columns.index(name)] for name in columns]
        declaration = self.declaration
        reader = arrow_csv.open_csv(
            pa.OSFile(str(self.path)),  # of a path, Arrow takes the ending for a compression
            read_options=arrow_csv.ReadOptions(column_names=positions, skip_rows=self._lines_before, block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._dialect["delimiter"],
                quote_char=declaration.quote or False,
                double_quote=declaration.escape is None,
                escape_char=declaration.escape or False,
                newlines_in_values=bool(declaration.quote),
                ignore_empty_lines=True,
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                null_values=["", *declaration.na_values],
                strings_can_be_null=True,
                quoted_strings_can_be_null=declaration.quoted_na,
            ),
        )
        for batch in reader:
            yield batch.rename_columns(columns)

    def _scrutinise(self) -> None:
        """Raise Refused for the first line that is no row of these columns, if there is one."""
        expected = len(self.columns)
        rows = self._rows()
        for line, last, values in rows:
            if len(values) != expected:
                more = deque((end for _, end, _ in self._rest(rows)), maxlen=1)
                footer = (more[0] if more else last) - line + 1
                hint = f" If it is a footer, say `footer: {footer}`." if footer <= LARGEST_FOOTER else ""
                raise Refused(
                    f"the file `{self.shown}`, line {line}: {len(values)} values where {expected} were expected "
                    f"({shortened(', '.join(self.columns))}): `{shortened(' | '.join(values))}`. Correct the file, or "
                    f"`delimiter` and `quote` in `config.meta.file`.{hint}"
                )

    @staticmethod
    def _rest(rows: Iterator[Record]) -> Iterator[Record]:
        """The rows that are left, as far as they can be read."""
        with suppress(Refused):
            yield from rows

    def _rows(self) -> Iterator[Record]:
        return self._records(self._lines_before)

    def _records(self, lines_before: int) -> Iterator[Record]:
        """What follows these lines: the numbers of each record's first and last line, and its values.

        Raises Refused: a quote is where none may be.
        """
        csv.field_size_limit(BLOCK)
        lines = islice(text_lines(self.path, "utf-8", self.shown), lines_before, None)
        records = csv.reader(lines, **self._dialect)
        last = lines_before
        try:
            for values in records:
                first, last = last + 1, lines_before + records.line_num
                if values:
                    yield first, last, values
        except csv.Error as error:
            open_quote = f"a quote (`{self.declaration.quote}`) is not closed, or " if self.declaration.quote else ""
            found = "text follows the one that closes"
            if "field limit" in str(error):
                found = f"a value is longer than {BLOCK >> 20} MiB"
            raise Refused(
                f"the file `{self.shown}`, line {last + 1}: {open_quote}{found} ({error}). Correct the file, or "
                "`quote` and `escape` in `config.meta.file`."
            ) from error

    def _has_quotes(self) -> bool:
        quote = self.declaration.quote.encode()
        with self.path.open("rb") as opened:
            return any(quote in block for block in iter(lambda: opened.read(1 << 20), b""))


def shortened(text: str, length: int = 100) -> str:
    """A text for a message."""
    return text if len(text) <= length else f"{text[:length]} …"
