"""From a file as it is stored to one that can be read: decompressed, and text as UTF-8 without marks and footer."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insitu.sources.declaration import Declaration, Refused

_OPENERS: dict[str, Callable[[Path], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
# How stored files begin, for those whose name or declaration says otherwise.
_BEGINNINGS = {
    b"\x1f\x8b": "compressed by gzip (`compression: gzip`)",
    b"BZh": "compressed by bzip2 (`compression: bzip2`)",
    b"\xfd7zXZ": "compressed by xz (`compression: xz`)",
    b"PK\x03\x04": "a zip archive (`compression: zip`) or a workbook",
    b"\x28\xb5\x2f\xfd": "compressed by zstd, which is not supported: decompress it",
    b"PAR1": "Parquet (`format: parquet`)",
    b"\xd0\xcf\x11\xe0": "an Excel workbook, which is not supported: export it as CSV",
}
_WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class PlainFile:
    """A file that is ready to be read.

    Attributes:
        path: where it is: the file itself, or a copy.
        name: what it is called, without the ending of its compression.
    """

    path: Path
    name: str


def decompressed(file: Path, declaration: Declaration, copies: Path) -> PlainFile:
    """The file itself or a decompressed copy in the folder `copies`.

    Raises Refused: it is damaged, not compressed as said, or an archive of several files.
    """
    compression = declaration.compression_of(file.name)
    if compression == "none":
        return PlainFile(file, file.name)
    copy = copies / "decompressed"
    with _damage(file, compression), copy.open("wb") as target:
        if compression == "zip":
            with zipfile.ZipFile(file) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
                if len(members) != 1:
                    raise Refused(f"the archive `{file}` holds {len(members)} files; a source's archive holds one.")
                with archive.open(members[0]) as source:
                    shutil.copyfileobj(source, target, 1 << 20)
            return PlainFile(copy, Path(members[0].filename).name)
        with _OPENERS[compression](file) as source:
            shutil.copyfileobj(source, target, 1 << 20)
    return PlainFile(copy, file.stem if declaration.compression is None else file.name)


def as_text(file: PlainFile, shown: str, declaration: Declaration, copies: Path) -> Path:
    """The same text as UTF-8, without byte order mark and footer: the file itself where it is so already.

    Raises Refused: it is no text, or not in the declared encoding.
    """
    with file.path.open("rb") as opened:
        beginning = opened.read(8)
    for signature, found in _BEGINNINGS.items():
        if beginning.startswith(signature):
            raise Refused(f"the file `{shown}` is no text: it is {found}.")
    encoding = codecs.lookup(declaration.encoding).name
    if encoding == "utf-8":
        for mark, wide in _WIDE_MARKS.items():
            if beginning.startswith(mark):
                raise Refused(f"the file `{shown}` is no UTF-8: say `encoding: {wide}` in `config.meta.file`.")
        if not beginning.startswith(codecs.BOM_UTF8) and not declaration.footer:
            return file.path
        encoding = "utf-8-sig"
    copy = copies / "text"
    with copy.open("w", encoding="utf-8", newline="") as target:
        held: deque[str] = deque()
        for line in text_lines(file.path, encoding, shown):
            held.append(line)
            if len(held) > declaration.footer:
                target.write(held.popleft())
    return copy


def text_lines(path: Path, encoding: str, shown: str) -> Iterator[str]:
    """The lines of a text, with their ends.

    Raises Refused: naming the line that is not in this encoding.
    """
    try:
        with path.open(encoding=encoding, newline="") as opened:
            yield from opened
    except UnicodeError as error:
        raise Refused(
            f"the file `{shown}`, {_undecodable(path, encoding)} is no {encoding.removesuffix('-sig')}. Correct the "
            "file, or say its `encoding` in `config.meta.file` (latin-1, windows-1252, utf-16 …)."
        ) from error


def _undecodable(path: Path, encoding: str) -> str:
    """Where a text cannot be decoded: the number of the line and the byte."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as opened:
        while block := opened.read(1 << 16):
            state = decoder.getstate()
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeError:
                decoder.setstate(state)
                for byte in block:
                    try:
                        line += decoder.decode(bytes([byte])).count("\n")
                    except UnicodeError:
                        return f"line {line}: the byte 0x{byte:02x}"
    return f"line {line}: its end"


@contextmanager
def _damage(file: Path, compression: str) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Refused(
            f"the file `{file}` cannot be decompressed ({compression}): {error}. Fetch it again, or correct "
            "`compression` in `config.meta.file`."
        ) from error
    except (RuntimeError, NotImplementedError) as error:  # zipfile: a password, an unknown method
        raise Refused(f"the archive `{file}` cannot be read: {error}. Pack it anew, without a password.") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Refused(f"the file `{file}` cannot be decompressed ({compression}): {error}.") from error
