"""Mutants that change nothing: `equivalents.yml`, each with a reason why no test can tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.mutation.areas import ROOT, UsageError
from tools.mutation.mutants import Change

EQUIVALENTS = Path(__file__).with_name("equivalents.yml")


@dataclass(frozen=True)
class Equivalent:
    """In the macro or function `within` of `file`, the line(s) `before` may as well be `after`."""

    file: str
    within: str
    before: str
    after: str
    reason: str

    def is_of(self, change: Change) -> bool:
        mine = (self.file, self.within, _lines(self.before), _lines(self.after))
        return mine == (change.file, change.within, _lines(change.before), _lines(change.after))


def equivalents(path: Path = EQUIVALENTS, root: Path = ROOT) -> list[Equivalent]:
    """All of them. One whose line is no longer in its file is an error: what was said of it may no longer hold."""
    found = [Equivalent(**entry) for entry in yaml.safe_load(path.read_text()) or []]
    for entry in found:
        text = (root / entry.file).read_text(encoding="utf-8") if (root / entry.file).exists() else ""
        if not entry.reason.strip():
            raise UsageError(f"{path.name}: {entry.file}, `{entry.before}`: say the reason why no test can tell")
        if f"\n{_lines(entry.before)}\n" not in f"\n{_lines(text)}\n":
            raise UsageError(
                f"{path.name}: {entry.file} has no longer the line `{entry.before.strip()}`; see whether the mutant of "
                "what stands there now is still equivalent, then write the entry anew or take it out"
            )
    return found


def _lines(text: str) -> str:
    """The text without indentation, which says nothing about the fault."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
