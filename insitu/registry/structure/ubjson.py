"""Reads UBJSON, the binary form of JSON that XGBoost writes."""

from __future__ import annotations

import struct
from typing import Any

from insitu.registry.structure.parts import BadStructure, require

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_INTEGERS = b"iUIlL"
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}
_DEEPEST = 100


def loads(data: bytes) -> Any:
    """The document in these bytes, all of them.

    Raises BadStructure.
    """
    reader = _Reader(data)
    try:
        document = reader.value(reader.take(1), 0)
    except (struct.error, UnicodeDecodeError) as error:
        raise BadStructure(f"XGBoost: no UBJSON ({error})") from error
    require(reader.position == len(data), "XGBoost: bytes behind the document")
    return document


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        require(0 <= count <= len(self.data) - self.position, "XGBoost: it ends too early")
        self.position += count
        return self.data[self.position - count : self.position]

    def next_is(self, mark: bytes) -> bool:
        found = self.data[self.position : self.position + 1] == mark
        self.position += found
        return found

    def number(self, kind: bytes) -> Any:
        format_ = _NUMBERS[kind]
        return struct.unpack(format_, self.take(struct.calcsize(format_)))[0]

    def length(self) -> int:
        kind = self.take(1)
        require(kind in _INTEGERS, "XGBoost: a length that is no number")
        return int(self.number(kind))

    def text(self) -> str:
        return self.take(self.length()).decode()

    def value(self, kind: bytes, depth: int) -> Any:
        require(depth < _DEEPEST, "XGBoost: nested too deep")
        if kind in _NUMBERS:
            return self.number(kind)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == b"S":
            return self.text()
        if kind == b"C":
            return self.take(1).decode()
        if kind == b"[":
            return self.array(depth + 1)
        require(kind == b"{", f"XGBoost: no UBJSON ({kind!r})")
        return self.object(depth + 1)

    def array(self, depth: int) -> list[Any]:
        if self.next_is(b"$"):
            kind = self.take(1)
            require(kind in _NUMBERS and self.next_is(b"#"), "XGBoost: an array of no numbers")
            count, format_ = self.length(), _NUMBERS[kind]
            return list(struct.unpack(f">{count}{format_[1]}", self.take(count * struct.calcsize(format_))))
        if self.next_is(b"#"):
            return [self.value(self.take(1), depth) for _ in range(self.length())]
        items = []
        while not self.next_is(b"]"):
            items.append(self.value(self.take(1), depth))
        return items

    def object(self, depth: int) -> dict[str, Any]:
        require(self.data[self.position : self.position + 1] not in (b"$", b"#"), "XGBoost: an object of known size")
        items: dict[str, Any] = {}
        while not self.next_is(b"}"):
            name = self.text()
            require(name not in items, f"XGBoost: `{name}` comes twice")
            items[name] = self.value(self.take(1), depth)
        return items
