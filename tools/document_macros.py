"""Write the `_macros.yml` of every folder of macros: what dbt's documentation shows of them.

    python tools/document_macros.py            write the files
    python tools/document_macros.py --check    only say what differs; exit 1 if anything does

A macro is described once, by the comment above it (or by the first one inside it), and an argument once, in
`macro_docs.yml` beside this script. A variant for one warehouse (`duckdb__name`) needs no comment of its own.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

MACROS = Path(__file__).parents[1] / "insitu" / "dbt" / "macros"
DOCS = Path(__file__).with_name("macro_docs.yml")
HEADER = "# Written by tools/document_macros.py from the comments above the macros; do not change it by hand.\n"
WIDTH = 120
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\((.*?)\)\s*-?%}", re.DOTALL)
COMMENT_BEFORE = re.compile(r"{#-?((?:(?!#}).)*?)-?#}\n\Z", re.DOTALL)
COMMENT_INSIDE = re.compile(r"\n?{#-?(.*?)-?#}", re.DOTALL)
WAREHOUSES = {
    "default": "every other warehouse",
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL",
    "postgrespy": "PostgreSQL",
}


@dataclass(frozen=True)
class Macro:
    """A macro as its file says."""

    name: str
    folder: Path
    arguments: tuple[str, ...]
    comment: str

    @property
    def variant_of(self) -> tuple[str, str] | None:
        """The warehouse and the macro that dispatches to this one."""
        warehouse, _, name = self.name.partition("__")
        return (warehouse, name) if name and warehouse in WAREHOUSES else None

    @property
    def description(self) -> str:
        """The comment, lines joined but for those of a list; what a variant is of."""
        lines: list[str] = []
        for line in self.comment.strip().splitlines():
            text = line.strip()
            if lines and not text.startswith("- "):
                lines[-1] += f" {text}"
            else:
                lines.append(text)
        text = "\n".join(lines)
        if self.variant_of is None:
            return text
        warehouse, name = self.variant_of
        return f"`{name}` on {WAREHOUSES[warehouse]}{f': {text[:1].lower()}{text[1:]}' if text else '.'}"


def argument_names(signature: str) -> Iterator[str]:
    """The names in a signature such as `a, b=[1, 2]`."""
    depth, start = 0, 0
    for place, character in enumerate(f"{signature},"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            if name := signature[start:place].partition("=")[0].strip():
                yield name
            start = place + 1


def macros() -> list[Macro]:
    """Every macro of the package, in the order of folders, files and lines."""
    found = []
    for path in sorted(MACROS.rglob("*.sql"), key=lambda path: (path.parent, path.name)):
        text = path.read_text()
        for match in MACRO.finditer(text):
            comment = COMMENT_BEFORE.search(text, 0, match.start()) or COMMENT_INSIDE.match(text, match.end())
            names = tuple(argument_names(match[2]))
            found.append(Macro(match[1], path.parent, names, comment[1] if comment else ""))
    return found


class Documentation:
    """What `macro_docs.yml` says, and what of it was used."""

    def __init__(self) -> None:
        content = yaml.safe_load(DOCS.read_text())
        self.public: list[str] = content["public"]
        self.arguments: dict[str, list[str]] = content["arguments"]
        self.used: set[str] = set()

    def is_public(self, macro: Macro) -> bool:
        return any(fnmatch(macro.name, pattern) for pattern in self.public)

    def argument(self, macro: Macro, name: str) -> list[str] | None:
        """Type and description: of this macro's argument, of its folder's, of any."""
        owner = macro.variant_of[1] if macro.variant_of else macro.name
        for key in (f"{owner}.{name}", f"{macro.folder.name}/{name}", name):
            if key in self.arguments:
                self.used.add(key)
                return self.arguments[key]
        return None


def mistakes() -> list[str]:
    """Macros and arguments without a description, and descriptions of what does not exist."""
    docs, found = Documentation(), macros()
    wrong = []
    for macro in found:
        if not macro.comment.strip() and not macro.variant_of:
            wrong.append(f"{macro.name}: no comment above it")
        wrong.extend(
            f"{macro.name}: argument `{name}` is not in {DOCS.name}"
            for name in macro.arguments
            if docs.argument(macro, name) is None
        )
    wrong.extend(f"{DOCS.name}: no macro has the argument `{key}`" for key in sorted(set(docs.arguments) - docs.used))
    names = [macro.name for macro in found]
    wrong.extend(f"{name}: two macros of this name" for name in sorted({n for n in names if names.count(n) > 1}))
    wrong.extend(
        f"{DOCS.name}: no macro is called `{pattern}`"
        for pattern in docs.public
        if not any(fnmatch(name, pattern) for name in names)
    )
    return wrong


def quoted(text: str) -> str:
    """A YAML scalar on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folded(key: str, text: str, indent: int) -> list[str]:
    """A key and its text, on one line if it fits, else wrapped below."""
    margin = " " * indent
    line = f"{margin}{key}: {quoted(text)}"
    if len(line) <= WIDTH and "\n" not in text:
        return [line]
    inner = " " * (indent + 2)
    lines = [f"{margin}{key}: {'|' if chr(10) in text else '>'}"]
    for paragraph in text.splitlines():
        hanging = inner + ("  " if paragraph.startswith("- ") else "")
        lines.extend(
            textwrap.wrap(
                paragraph,
                WIDTH,
                initial_indent=inner,
                subsequent_indent=hanging,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return lines


def entry(macro: Macro, docs: Documentation) -> list[str]:
    """The lines that document one macro."""
    lines = [f"  - name: {macro.name}", *folded("description", macro.description, 4)]
    if not docs.is_public(macro):
        lines.append("    docs: {show: false}")
    if macro.arguments:
        lines.append("    arguments:")
    for name in macro.arguments:
        type_, description = docs.argument(macro, name) or ["any", ""]
        shown = quoted(type_) if "[" in type_ else type_
        line = f"      - {{name: {name}, type: {shown}, description: {quoted(description)}}}"
        if len(line) <= WIDTH:
            lines.append(line)
        else:
            lines.extend([f"      - name: {name}", f"        type: {shown}", *folded("description", description, 8)])
    return lines


def files() -> dict[Path, str]:
    """Path → contents of every documentation file."""
    docs = Documentation()
    by_folder: dict[Path, list[Macro]] = defaultdict(list)
    for macro in macros():
        by_folder[macro.folder].append(macro)
    return {
        folder / "_macros.yml": HEADER
        + "\n".join(["macros:", *(line for macro in found for line in entry(macro, docs))])
        + "\n"
        for folder, found in by_folder.items()
    }


def stale() -> list[Path]:
    """Files that are not what they would be if they were written now."""
    wanted: dict[Path, Any] = dict(files())
    there = set(MACROS.rglob("_*.yml"))
    return sorted(
        [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        + [path for path in there if path not in wanted]
    )


def main() -> int:
    """Write or check; the exit code."""
    wrong = mistakes()
    if "--check" in sys.argv:
        wrong += [f"{path}: run python tools/document_macros.py" for path in stale()]
    else:
        for path in set(MACROS.rglob("_*.yml")) - set(files()):
            path.unlink()
        for path, text in files().items():
            path.write_text(text)
    print("\n".join(wrong) if wrong else "every macro is described")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
