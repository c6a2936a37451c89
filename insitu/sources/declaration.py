"""What a source says of its files (`config.meta.file`) and columns, checked word by word."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any

from insitu.errors import ConfigurationError

COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".psv": "csv", ".parquet": "parquet"}
_TAB_SEPARATED = ".tsv"


class Refused(ConfigurationError):
    """What is wrong with a source's files, without the source's name; the message is completed where it is known."""


@dataclass(frozen=True)
class Column:
    """One column to read."""

    name: str
    data_type: str
    format: str | None = None  # of dates and times, as strptime has them


@dataclass(frozen=True)
class Declaration:
    """How to read the files of a source; all but `path` has a default.

    Attributes:
        path: path or pattern of several files.
        package: installed package that the path lies in; "" for none.
        format: csv or parquet; None: by the name's ending.
        compression: gzip, bzip2, xz, zip or none; None: by the name's ending.
        encoding: name of the text's encoding, as Python has them.
        delimiter: what stands between two values; None: a comma, or a tab in `.tsv`.
        quote: what encloses values that hold a delimiter; "" for nothing.
        escape: what precedes a quote inside quotes; None: quotes are doubled.
        header: whether the first line names the columns; if not, they are the declared ones in their order.
        skip: lines before the header.
        footer: lines at the end that are no rows.
        decimal: the decimal point of numbers.
        na_values: texts that mean that there is no value; nothing at all always does.
        quoted_na: whether these texts, and the empty one, mean that in quotes, too.
        date_format: how dates are written, as strptime has it; None: 2024-01-31.
        timestamp_format: how times are written; None: 2024-01-31 18:00:00.
    """

    path: str
    package: str = ""
    format: str | None = None
    compression: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    quote: str = '"'
    escape: str | None = None
    header: bool = True
    skip: int = 0
    footer: int = 0
    decimal: str = "."
    na_values: tuple[str, ...] = ()
    quoted_na: bool = False
    date_format: str | None = None
    timestamp_format: str | None = None

    @classmethod
    def of(cls, settings: Any) -> Declaration:
        """The declaration in a source's YAML.

        Raises Refused, naming the word, what was found and what was expected.
        """
        if not isinstance(settings, Mapping):
            raise Refused(f"`config.meta.file` is `{settings}`; expected words such as {{path: data/orders.csv}}.")
        known = [field.name for field in fields(cls)]
        for word in settings:
            if word not in known:
                close = difflib.get_close_matches(str(word), known, 1)
                meant = f" Did you mean `{close[0]}`?" if close else ""
                raise Refused(f"`config.meta.file` knows no word `{word}`.{meant} It knows: {', '.join(known)}.")
        for word, value in settings.items():
            expected, fits = _WORDS[word]
            if not fits(value):
                raise Refused(f"`{word}: {value}` in `config.meta.file`: expected {expected}.")
        if "path" not in settings:
            raise Refused("`config.meta.file` has no `path`; expected one such as `path: data/orders.csv`.")
        values = dict(settings)
        if "na_values" in values:
            values["na_values"] = tuple(str(value) for value in values["na_values"])
        found = cls(**values)
        if (found.delimiter or ",") == found.quote:
            raise Refused(f"`delimiter` and `quote` in `config.meta.file` are both `{found.quote}`; expected two.")
        return found

    def format_of(self, name: str) -> str:
        """The format of a file whose name, without the ending of its compression, is this."""
        suffix = PurePath(name).suffix.lower()
        found = self.format or FORMATS.get(suffix)
        if found is None:
            raise Refused(
                f"the file `{name}` ends in `{suffix}`, which is no known format. Expected CSV ({_listed('csv')}) or "
                f"Parquet ({_listed('parquet')}): convert it, or say `format: csv` if that is what it holds."
            )
        if found == "parquet" and (given := sorted(_TEXT_ONLY & self._given())):
            raise Refused(f"`{given[0]}` in `config.meta.file` is a word for CSV, but the file `{name}` is Parquet.")
        return found

    def compression_of(self, name: str) -> str:
        """The compression of a file of this name."""
        return self.compression or COMPRESSIONS.get(PurePath(name).suffix.lower(), "none")

    def delimiter_of(self, name: str) -> str:
        """The delimiter of a file of this name."""
        return self.delimiter or ("\t" if PurePath(name).suffix.lower() == _TAB_SEPARATED else ",")

    def _given(self) -> set[str]:
        return {field.name for field in fields(self) if getattr(self, field.name) != field.default}


def _listed(kind: str) -> str:
    return ", ".join(suffix for suffix, format_ in FORMATS.items() if format_ == kind)


def _is_encoding(value: Any) -> bool:
    try:
        return isinstance(codecs.lookup(value).decode(b"")[0], str)
    except (LookupError, TypeError, ValueError):
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_character(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and value not in "\r\n\0"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(type(item) in (str, int, float) for item in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_format = ("a format as strptime has it, such as %d/%m/%Y", lambda value: _is_text(value) and "%" in value)
_WORDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "path": ("a path or a pattern such as data/orders.csv or data/orders_*.csv", _is_path),
    "package": ("the name of an installed Python package", _is_text),
    "format": ("csv or parquet", lambda value: value in ("csv", "parquet")),
    "compression": (
        f"none, {', '.join(COMPRESSIONS.values())}",
        lambda value: value == "none" or value in COMPRESSIONS.values(),
    ),
    "encoding": ("an encoding of text that Python knows, such as utf-8, latin-1 or utf-16", _is_encoding),
    "delimiter": ('one ASCII character, such as ";" or "\\t"', _is_character),
    "quote": ('one ASCII character, or "" for none', lambda value: value == "" or _is_character(value)),
    "escape": ('one ASCII character, such as "\\\\"', _is_character),
    "header": ("true or false", _is_flag),
    "skip": ("a number of lines", _is_count),
    "footer": ("a number of lines", _is_count),
    "decimal": ('"." or ","', lambda value: value in (".", ",")),
    "na_values": (
        'a list of texts, such as ["NA", "-"] (in quotes what YAML knows: no, null)',
        _are_texts,
    ),
    "quoted_na": ("true or false", _is_flag),
    "date_format": _format,
    "timestamp_format": _format,
}
_TEXT_ONLY = set(_WORDS) - {"path", "package", "format", "compression"}
