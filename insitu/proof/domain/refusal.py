"""The answer to SQL that no rule covers."""

from __future__ import annotations

from typing import Any

from insitu.proof.domain.terms import Place


class Refusal(Exception):
    """A construct that the checker has no rule for."""

    def __init__(self, message: str, node: Any = None, code: str = "008", place: Place | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.code = code
        self.place = place
