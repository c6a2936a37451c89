"""Progress of a run: one line that changes on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """Rows scored so far, rows a second, and the time that is left."""

    name: str
    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)
    told: float = field(init=False)
    is_open: bool = False  # a line on the terminal that is not ended yet

    def __post_init__(self) -> None:
        self.began = self.told = self.clock()

    def __call__(self, done: int, total: int) -> None:
        """Tell of it, if it is time to."""
        now = self.clock()
        on_terminal = self.stream.isatty()
        if now - self.told < (0.2 if on_terminal else 10):
            return
        self.told = now
        per_second = done / max(now - self.began, 1e-9)
        left = round((total - done) / per_second) if per_second else 0
        text = f"{self.name}: {done:,} of {total:,} rows, {per_second:,.0f} rows/s, {left // 60}:{left % 60:02d} left"
        self.stream.write(f"\r{text}\x1b[K" if on_terminal else f"{text}\n")
        self.stream.flush()
        self.is_open = on_terminal

    def end(self) -> None:
        """Take the line back from the terminal."""
        if self.is_open:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self.is_open = False
