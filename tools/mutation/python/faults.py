"""The mutants of a file of Python: cosmic-ray's operators, and what they lack."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.mutation.edits import Fault
from tools.mutation.python.kept import kept
from tools.mutation.python.ours import ours
from tools.mutation.python.places import Places, declarations

# The `/` and `*` of a signature, in which cosmic-ray sees operators.
_MARKERS = re.compile(r"(?<=[(\s])[*/](?=\s*[,)])")


def faults(text: str) -> Iterator[Fault]:
    """Every fault that can be planted in what the text runs."""
    never_run = [*declarations(text, Places(text)), *(match.span() for match in _MARKERS.finditer(text))]
    for fault in (*kept(text), *ours(text)):
        if not any(start <= fault.start < end for start, end in never_run):
            yield fault


def is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True
