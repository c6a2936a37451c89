"""A fault that can be planted in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Fault(Protocol):
    """The kind of fault, where it begins, and the text with it."""

    @property
    def operator(self) -> str: ...
    @property
    def start(self) -> int: ...
    def applied(self, text: str) -> str: ...


@dataclass(frozen=True)
class Edit:
    """`text[start:end]` becomes `becomes`."""

    operator: str
    start: int
    end: int
    becomes: str

    def applied(self, text: str) -> str:
        return text[: self.start] + self.becomes + text[self.end :]
