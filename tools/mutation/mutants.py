"""The mutants of an area, and a sample of them."""

from __future__ import annotations

import difflib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutation.edits import Fault
from tools.mutation.sql import faults as sql

_NAMED = re.compile(r"^[ \t]*(?:async )?(?:def|class) (\w+)|{%-?\s*(?:macro|test) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """One fault in a file. `before` and `after` are the lines that differ."""

    file: str
    line: int
    within: str
    operator: str
    before: str
    after: str


@dataclass(frozen=True)
class Mutant(Change):
    """The file with the fault in it."""

    text: str


def sample(root: Path, files: Iterable[str], seed: int) -> Iterator[Mutant]:
    """The mutants of the files in an order that the seed decides: one per place, each of other text."""
    order = random.Random(seed)
    places: dict[tuple[str, int], list[Fault]] = defaultdict(list)
    texts = {file: (root / file).read_text(encoding="utf-8") for file in sorted(files)}
    for file, text in texts.items():
        for fault in _kind(file)[0](text):
            places[file, fault.start].append(fault)
    for file, start in order.sample(sorted(places), len(places)):
        faults = places[file, start]
        for fault in order.sample(faults, len(faults)):
            changed = fault.applied(texts[file])
            if changed != texts[file] and _kind(file)[1](changed):
                yield mutant(file, texts[file], changed, fault)
                break


def mutant(file: str, text: str, changed: str, fault: Fault) -> Mutant:
    """The mutant of a fault: its lines, and the macro or function around it."""
    before, after = text.splitlines(), changed.splitlines()
    blocks = [
        block
        for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if block[0] != "equal"
    ]
    first, last = blocks[0], blocks[-1]
    within = [name for match in _NAMED.finditer(text, 0, fault.start) for name in match.groups() if name]
    return Mutant(
        file,
        text.count("\n", 0, fault.start) + 1,
        within[-1] if within else "",
        fault.operator,
        "\n".join(before[first[1] : last[2]]),
        "\n".join(after[first[3] : last[4]]),
        changed,
    )


def _kind(file: str) -> tuple[Callable[[str], Iterable[Fault]], Callable[[str], bool]]:
    """How the faults of a file are found, and how a text is known to be of its language."""
    if file.endswith(".sql"):
        return sql.faults, sql.is_jinja
    from tools.mutation.python import faults as python  # needs cosmic-ray, which SQL does not

    return python.faults, python.is_python
