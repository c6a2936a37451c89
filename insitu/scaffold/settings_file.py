"""Add to, and take from, a list among the variables of dbt_project.yml; all other text stays as it is."""

from __future__ import annotations

import re
from typing import Any

import yaml

from insitu.errors import ConfigurationError


def with_item(text: str, variable: str, item: str) -> str:
    """The text of dbt_project.yml with an item more in the list `vars: <variable>`.

    Raises:
        ConfigurationError: the list is written in a way that cannot be edited safely.
    """
    wanted = [*_list(text, variable), item]
    inline = re.search(rf"^[ ]+{variable}:[ ]*\[([^\]]*)\]", text, flags=re.MULTILINE)
    block = re.search(rf"^([ ]+){variable}:[ ]*(?:#.*)?\n(?:[ ]*#.*\n)*(([ ]*)- .*\n?)", text, flags=re.MULTILINE)
    section = re.search(r"^vars:[ ]*(?:#.*)?\n((?:[ ]*(?:#.*)?\n)*)([ ]+)", text, flags=re.MULTILINE)
    if inline:
        separator = ", " if inline[1].strip() else ""
        end = inline.start(1) + len(inline[1].rstrip().rstrip(","))
        changed = text[:end] + separator + item + text[end:]
    elif block:
        end = block.start(2)
        for line in text[end:].splitlines(keepends=True):
            if not re.match(rf"{block[3]}- ", line):
                break
            end += len(line)
        newline = "" if text[:end].endswith("\n") else "\n"
        changed = f"{text[:end]}{newline}{block[3]}- {item}\n{text[end:]}"
    elif section:
        line = f"{section[2]}{variable}: [{item}]\n"
        changed = text[: section.start(2)] + line + text[section.start(2) :]
    elif not re.search(r"^vars:", text, flags=re.MULTILINE):
        changed = text + _section(text, variable, item)
    else:
        changed = text
    return _checked(changed, variable, wanted, f"Add `{item}` to it by hand")


def without_item(text: str, variable: str, item: str) -> str:
    """The text with an item less; a list that is then empty goes, and so does the `vars:` that was made for it.

    Raises:
        ConfigurationError: as `with_item`.
    """
    wanted = [other for other in _list(text, variable) if other != item]
    alone = re.search(rf"^[ ]+{variable}:[ ]*\[[ ]*{item}[ ]*\][ ]*\n", text, flags=re.MULTILINE)
    if not wanted and text.endswith(_section(text.removesuffix(_section("x\n", variable, item)), variable, item)):
        changed = text.removesuffix(_section("x\n", variable, item))
    elif alone:
        changed = text[: alone.start()] + text[alone.end() :]
    else:
        changed = re.sub(rf"^[ ]*- {item}[ ]*\n", "", text, count=1, flags=re.MULTILINE)
        inline = re.search(rf"^[ ]+{variable}:[ ]*\[([^\]]*)\]", text, flags=re.MULTILINE)
        if inline:
            kept = re.sub(rf"(,[ \n]*)?\b{item}\b(?(1)|,?[ ]*)", "", inline[1], count=1)
            changed = text[: inline.start(1)] + kept + text[inline.end(1) :]
    return _checked(changed, variable, wanted, f"Take `{item}` from it by hand")


def _section(text: str, variable: str, item: str) -> str:
    newline = "" if text.endswith("\n") or not text else "\n"
    return f"{newline}\nvars:\n  {variable}: [{item}]\n"


def _list(text: str, variable: str) -> list[Any]:
    settings = yaml.safe_load(text) or {}
    return list((settings.get("vars") or {}).get(variable) or [])


def _checked(text: str, variable: str, wanted: list[Any], next_step: str) -> str:
    try:
        found = _list(text, variable)
    except (yaml.YAMLError, AttributeError, TypeError):
        found = None
    if found != wanted:
        raise ConfigurationError(
            f"The variable `{variable}` in dbt_project.yml is written in a way that is not edited here; expected a "
            f"list in brackets or with dashes under `vars:`. {next_step}, then run again."
        )
    return text
