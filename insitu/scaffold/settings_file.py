"""Add to, and take from, a list among the variables of dbt_project.yml; all other text stays as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from insitu.errors import ConfigurationError

# Says of a line that nothing but `insitu new` wrote it, so that it goes with the last use case.
MADE = "# made by `insitu new`"


def read(path: Path) -> str:
    """The text with its own ends of lines, and a byte order mark if it has one."""
    return path.read_bytes().decode()


def write(path: Path, text: str) -> None:
    """Write what `read` gave, edited."""
    path.write_bytes(text.encode())


def with_item(text: str, variable: str, item: str) -> str:
    """The text of dbt_project.yml with an item more in the list `vars: <variable>`; as it is if it has the item.

    Raises:
        ConfigurationError: the list is written in a way that cannot be edited safely.
    """
    listed = _list(text, variable, item)
    if item in listed:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    root, section, value = _nodes(text, variable)
    changed = text
    if isinstance(value, yaml.SequenceNode) and value.flow_style:
        at = value.value[-1].end_mark.index if value.value else value.start_mark.index + 1
        changed = text[:at] + (f", {item}" if value.value else item) + text[at:]
    elif isinstance(value, yaml.SequenceNode):
        changed = _below(text, value.value[-1].end_mark.index, f"{' ' * value.start_mark.column}- {item}", newline)
    elif isinstance(value, yaml.ScalarNode) and not value.value:  # `insitu_use_cases:` and nothing behind it
        at = value.start_mark.index
        changed = f"{text[:at]} [{item}]{text[at:]}"
    elif isinstance(section, yaml.MappingNode) and section.flow_style:
        at = section.start_mark.index + 1
        changed = f"{text[:at]}{variable}: [{item}]{', ' if section.value else ''}{text[at:]}"
    elif isinstance(section, yaml.MappingNode) and section.value:
        first = section.value[0][0].start_mark
        start = first.index - first.column
        changed = text[:start] + f"{' ' * first.column}{variable}: [{item}]  {MADE}{newline}" + text[start:]
    elif section is None and root is not None:
        changed = text + ("" if text.endswith("\n") else newline)
        changed += f"{newline}vars:  {MADE}{newline}  {variable}: [{item}]  {MADE}{newline}"
    return _checked(changed, text, variable, [*listed, item], f"Add `{item}` to it by hand")


def without_item(text: str, variable: str, item: str) -> str:
    """The text with an item less; lines that `with_item` made for a list go when the list is empty.

    Raises:
        ConfigurationError: as `with_item`.
    """
    next_step = f"Take `{item}` from it by hand"
    listed = _list(text, variable, item)
    if item not in listed:
        return text
    place = listed.index(item)
    _, _, value = _nodes(text, variable)
    changed = text
    if isinstance(value, yaml.SequenceNode):
        nodes = value.value
        start, end = nodes[place].start_mark.index, nodes[place].end_mark.index
        if not value.flow_style:
            start, end = _line(text, start)
            if len(nodes) == 1:  # a list without dashes has to say that it is empty
                head = text[:start].rstrip()
                changed = f"{head} []{text[len(head) : start]}{text[end:]}"
            else:
                changed = text[:start] + text[end:]
        else:
            if place > 0:
                start = nodes[place - 1].end_mark.index
            elif len(nodes) > 1:
                end = nodes[1].start_mark.index
            changed = text[:start] + text[end:]
    changed = _without_made_lines(changed, variable)
    return _checked(changed, text, variable, [*listed[:place], *listed[place + 1 :]], next_step)


def _without_made_lines(text: str, variable: str) -> str:
    """Without the empty list, and then without the empty section, if they were made here."""
    made = re.escape(MADE)
    less = re.sub(rf"^[ ]+{variable}: \[\]  {made}\r?\n?", "", text, flags=re.MULTILINE)
    return re.sub(rf"\r?\nvars:  {made}\r?\n(?![ ])", "", less)


def _below(text: str, index: int, line: str, newline: str) -> str:
    end = text.find("\n", index)
    return text[: end + 1] + line + newline + text[end + 1 :] if end >= 0 else text + newline + line


def _line(text: str, index: int) -> tuple[int, int]:
    """The line that holds a position; the last one without an end takes the end of the one before."""
    start, end = text.rfind("\n", 0, index) + 1, text.find("\n", index) + 1
    return (start, end) if end else (start - (2 if text[:start].endswith("\r\n") else 1), len(text))


def _nodes(text: str, variable: str) -> tuple[yaml.Node | None, yaml.Node | None, yaml.Node | None]:
    """The whole, its section `vars`, and the variable there or in the part of the section for this project."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    section = _under(root, "vars")
    name = _under(root, "name")
    own = _under(section, str(name.value)) if name is not None else None
    value = _under(section, variable)
    return (root, own, _under(own, variable)) if value is None and _under(own, variable) else (root, section, value)


def _under(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _list(text: str, variable: str, item: str) -> list[Any]:
    try:
        settings = yaml.safe_load(text) or {}
        sections = settings.get("vars") or {}
        own = sections.get(settings.get("name")) or {}
        found = sections.get(variable) or (own.get(variable) if isinstance(own, dict) else None) or []
    except (yaml.YAMLError, AttributeError):
        found = None
    if not isinstance(found, list):
        raise ConfigurationError(
            f"The variable `{variable}` in dbt_project.yml is {f'`{found}`' if found else 'not readable'}; expected a "
            f"list in brackets or with dashes under `vars:`. Write it so, with `{item}` or without as is to be."
        )
    return found


def _checked(changed: str, before: str, variable: str, wanted: list[Any], next_step: str) -> str:
    """The changed text, if the list is as wanted and nothing else says anything else."""
    try:
        same = _without(yaml.safe_load(changed), variable) == _without(yaml.safe_load(before), variable)
        found = _list(changed, variable, "")
    except (yaml.YAMLError, ConfigurationError):
        same, found = False, []
    if not same or found != wanted:
        raise ConfigurationError(
            f"The variable `{variable}` in dbt_project.yml is written in a way that is not edited here; expected a "
            f"list in brackets or with dashes under `vars:`. {next_step}, then run again."
        )
    return changed


def _without(settings: Any, variable: str) -> dict[str, Any]:
    """The settings but for the variable, and for sections that hold nothing else."""
    kept = dict(settings or {})
    sections = {
        key: {k: v for k, v in value.items() if k != variable} if isinstance(value, dict) else value
        for key, value in (kept.pop("vars", None) or {}).items()
        if key != variable
    }
    return {**kept, "vars": {key: value for key, value in sections.items() if value != {}}}
